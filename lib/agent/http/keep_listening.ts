/**
 * Keeps a server of `node:http` listening. When the process has no descriptor for a connection, Deno's `node:net` stops to
 * accept any for good, and tells nobody (2.9.6; the listeners of `Deno.listen` go on when there are descriptors again).
 *
 * @module
 */

import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { errorText } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import { after, type Timer } from "../../base/timer.ts";

/** Settings of {@link keepListening}. */
interface KeepListeningOptions {
  readonly log: Log;
  /** How long nobody may have connected until we do. Default: 30 s. */
  readonly intervalMs?: number;
  /** How long a connection of ours may take to be accepted. Default: 2 s. */
  readonly acceptMs?: number;
}

const INTERVAL_MS = 30_000;
const ACCEPT_MS = 2_000;

/** Connects to a server that listens when nobody else has for a while, and lets it listen anew if it does not accept that. */
export function keepListening(
  server: Server,
  { log, intervalMs = INTERVAL_MS, acceptMs = ACCEPT_MS }: KeepListeningOptions,
): Disposable {
  const { address, port } = server.address() as AddressInfo;
  const hostname = address === "::" ? "::1" : address === "0.0.0.0" ? "127.0.0.1" : address;
  let accepts = true;
  let timer: Timer;
  const wait = (ms: number, next: () => void) => void (timer = after(ms, next));
  const note = () => accepts = true;
  // What exceeds `maxConnections` is dropped, which is no less a sign of life.
  server.on("connection", note).on("drop", note);
  server.on("error", (error) => log("ERR", `agent.http: Failed to listen: ${errorText(error)}`));
  const check = () => {
    if (accepts) return begin();
    const knock = Deno.connect({ hostname, port });
    knock.then((connection) => connection.close(), note);
    wait(acceptMs, () => {
      if (!accepts) listenAnew();
      begin();
    });
  };
  const begin = () => {
    accepts = false;
    wait(intervalMs, check);
  };
  const listenAnew = () => {
    log("WARN", "agent.http: Connections were not accepted, listening anew");
    server.close();
    server.listen(port, address);
  };
  begin();
  return { [Symbol.dispose]: () => timer.cancel() };
}
