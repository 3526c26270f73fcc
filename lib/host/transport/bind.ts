/**
 * Binding a node's sockets: memberlist uses the same port number for UDP packets and for TCP streams.
 *
 * @module
 */

import { type Address, formatHostPort } from "../../base/address.ts";
import { errorCode } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import { isDeno, loadPlatform } from "../../base/platform/load_platform.ts";
import type { Platform, TcpListener } from "../../base/platform/platform.ts";
import { osErrorText } from "../../go/os_error.ts";
import { bindDenoUdp, type BindUdp, type UdpSocket } from "./udp.ts";

/** The two sockets of a node. */
export interface BoundPair {
  readonly listener: TcpListener;
  readonly udp: UdpSocket;
  /** The port of both. */
  readonly port: number;
}

/** Where to bind, and how. */
export interface BindOptions {
  /** Port 0 takes a free one. `0.0.0.0` listens on IPv6 too, if the machine has it. */
  readonly bind: Address;
  readonly log: Log;
  /** Makes the datagram socket. Default: with Deno's interface if it is enabled, or else with Node's. */
  readonly bindUdp?: BindUdp;
}

/** How many times port 0 is tried: the port that the system chooses for TCP may be taken for UDP. */
const FREE_PORT_TRIES = 10;

/**
 * Binds both sockets. Rejects with an `Error` with memberlist's message, such as `could not set up network transport:
 * failed to obtain an address: failed to start TCP listener on "127.0.0.1" port 7946: listen tcp 127.0.0.1:7946: bind:
 * address already in use`; its `cause` is the system's error, whose `code` is `EADDRINUSE`.
 */
export async function bindPair(options: BindOptions): Promise<BoundPair> {
  const tries = options.bind.port === 0 ? FREE_PORT_TRIES : 1;
  for (let attempt = 1;; attempt++) {
    try {
      return await tryBindPair(options);
    } catch (error) {
      if (!(error instanceof BindError)) throw error;
      if (attempt < tries && error.inUse) continue;
      throw new Error(
        `could not set up network transport: failed to obtain an address: ${error.message}`,
        { cause: error.cause },
      );
    }
  }
}

/** One socket could not be bound. */
class BindError extends Error {
  constructor(network: "tcp" | "udp", { host, port }: Endpoint, cause: unknown) {
    const listener = `failed to start ${network.toUpperCase()} listener on "${host}" port ${port}`;
    const reason = `listen ${network} ${formatHostPort(host, port)}: bind: ${osErrorText(cause)}`;
    super(`${listener}: ${reason}`, { cause });
  }

  get inUse(): boolean {
    return osErrorText(this.cause) === "address already in use";
  }
}

interface Endpoint {
  readonly host: string;
  readonly port: number;
}

async function tryBindPair({ bind, log, bindUdp }: BindOptions): Promise<BoundPair> {
  const listener = await listen(bind);
  const { hostname: host, port } = listener.addr;
  try {
    const makeSocket = bindUdp ?? await availableBindUdp();
    return { listener, port, udp: await makeSocket({ host, port, log }) };
  } catch (error) {
    listener.close();
    throw new BindError("udp", { host: bind.host, port }, error);
  }
}

async function listen({ host, port }: Address): Promise<TcpListener> {
  const { listenTcp } = await loadPlatform();
  try {
    return await (host === "0.0.0.0"
      ? listenEverywhere(port, listenTcp)
      : listenTcp({ hostname: host, port }));
  } catch (error) {
    throw new BindError("tcp", { host, port }, error);
  }
}

/**
 * Listens on all addresses of both families, as Go does for `0.0.0.0`: a peer may announce an IPv6 address, which an
 * IPv4 socket could not send to. A machine without IPv6 gets an IPv4 socket.
 */
async function listenEverywhere(
  port: number,
  listenTcp: Platform["listenTcp"],
): Promise<TcpListener> {
  try {
    return await listenTcp({ hostname: "::", port });
  } catch (error) {
    if (errorCode(error) === "EADDRINUSE") throw error;
    return await listenTcp({ hostname: "0.0.0.0", port });
  }
}

/** `Deno.listenDatagram` exists only on Deno with the unstable net API, which programs that import the library may not enable. */
export async function availableBindUdp(): Promise<BindUdp> {
  if (isDeno() && typeof Deno.listenDatagram === "function") return bindDenoUdp;
  const { bindNodeUdp } = await import("./node_udp.ts");
  return bindNodeUdp;
}
