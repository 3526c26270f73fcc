/**
 * Sending figures to a statsd or statsite server.
 *
 * @module
 */

import { encodeText } from "../../base/text.ts";
import type { Log } from "../../base/log.ts";
import { errorText } from "../../base/errors.ts";
import { parsePort, splitHostPort } from "../../go/host_port.ts";
import { delay } from "../../base/timer.ts";
import { writeAll } from "../../base/write_all.ts";
import { availableBindUdp } from "../../host/transport/bind.ts";
import { resolveEndpoint } from "../../host/resolve.ts";
import { type TcpEndpoint, tcpFailureText } from "../../rpc/tcp_endpoint.ts";
import type { FigureType, MetricSink } from "./telemetry.ts";

/** The two servers: statsd takes datagrams, statsite a stream of the same lines. */
export type StatsServer = "statsd" | "statsite";

/** What a sink needs. */
export interface StatsdSinkOptions {
  /** `host:port`. */
  readonly address: string;
  readonly log: Log;
  /** How long to wait before a server that could not be reached is tried again. Milliseconds, by default 5000. */
  readonly retryMs?: number;
}

/** How long lines are gathered. */
const FLUSH_MS = 100;
/** Lines that wait for the server; more are dropped. */
const MAX_WAITING = 4_096;
/** What surely fits into one Ethernet frame. */
const MAX_DATAGRAM_BYTES = 1_400;

interface Connection {
  send(lines: readonly string[]): Promise<void>;
  close(): void;
}

/**
 * Gathers figures and sends them ten times a second. A server that is away is tried again and again, and until then gets
 * what there is room for.
 */
export class StatsdSink implements MetricSink, AsyncDisposable {
  readonly #server: StatsServer;
  readonly #options: StatsdSinkOptions;
  readonly #closing = new AbortController();
  readonly #waiting: string[] = [];
  #connection: Connection | undefined;
  #sending: Promise<void> | undefined;

  /** Connects when there is something to send. Throws a `TypeError` if the address is not `host:port`. */
  constructor(server: StatsServer, options: StatsdSinkOptions) {
    parseEndpoint(options.address);
    this.#server = server;
    this.#options = options;
  }

  record(type: FigureType, name: string, value: number): void {
    if (this.#waiting.length >= MAX_WAITING || this.#closing.signal.aborted) return;
    this.#waiting.push(`${name}:${value.toFixed(6)}|${type}\n`);
    this.#sending ??= this.#send();
  }

  /** Sends no more; resolves when the connection is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#connection?.close();
    await this.#sending;
  }

  /** Sends until nothing waits. */
  async #send(): Promise<void> {
    const { signal } = this.#closing;
    do {
      await delay(FLUSH_MS, signal);
      try {
        this.#connection ??= await this.#connect();
        signal.throwIfAborted();
        await this.#connection.send(this.#waiting.splice(0));
      } catch (error) {
        await this.#fail(error);
      }
    } while (this.#waiting.length > 0 && !signal.aborted);
    this.#sending = undefined;
  }

  async #fail(error: unknown): Promise<void> {
    const { log, retryMs = 5_000 } = this.#options;
    this.#connection?.close();
    this.#connection = undefined;
    if (this.#closing.signal.aborted) return;
    log("ERR", `agent: Error sending metrics to ${this.#server}: ${errorText(error)}`);
    await delay(retryMs, this.#closing.signal);
  }

  #connect(): Promise<Connection> {
    const { address } = this.#options;
    return this.#server === "statsd"
      ? connectUdp(address)
      : connectTcp(address, this.#closing.signal);
  }
}

async function connectUdp(address: string): Promise<Connection> {
  const { port } = parseEndpoint(address);
  const [to] = await resolveEndpoint(address, { defaultPort: port });
  const bind = await availableBindUdp();
  const host = to.ip.length === 4 ? "0.0.0.0" : "::";
  // A datagram that gets lost is nothing to speak of.
  const socket = await bind({ host, port: 0, log: () => {} });
  socket.start(() => {});
  return {
    send(lines) {
      for (const datagram of datagrams(lines)) socket.send(encodeText(datagram), to);
      return Promise.resolve();
    },
    close: () => void socket.close(),
  };
}

/** As many lines at a time as fit. */
function* datagrams(lines: readonly string[]): Generator<string> {
  let datagram = "";
  for (const line of lines) {
    if (datagram.length + line.length > MAX_DATAGRAM_BYTES && datagram !== "") {
      yield datagram;
      datagram = "";
    }
    datagram += line;
  }
  if (datagram !== "") yield datagram;
}

async function connectTcp(address: string, signal: AbortSignal): Promise<Connection> {
  const endpoint = parseEndpoint(address);
  let conn: Deno.TcpConn;
  try {
    conn = await Deno.connect({ ...endpoint, signal });
  } catch (cause) {
    throw new Error(tcpFailureText("dial", endpoint, cause as Error), { cause });
  }
  return {
    async send(lines) {
      await writeAll(conn, encodeText(lines.join("")));
    },
    close() {
      try {
        conn.close();
      } catch {
        // A connection that has failed may be closed already.
      }
    },
  };
}

function parseEndpoint(address: string): TcpEndpoint {
  const { host: hostname, port } = splitHostPort(address);
  if (port === undefined) throw new TypeError(`address ${address}: missing port in address`);
  return { hostname, port: parsePort(port) };
}
