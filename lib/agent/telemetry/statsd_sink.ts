/**
 * Sending metrics to a statsd or statsite server, in the format of go-metrics: `NAME:VALUE|TYPE`, six decimals.
 *
 * `hot-shots` was tried instead; `lib/README.md` says why it does not serve.
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
import type { MetricSink, MetricType } from "./telemetry.ts";

/** The two kinds of servers: statsd takes datagrams, statsite a TCP stream of the same lines. */
export type StatsServer = "statsd" | "statsite";

/** Where to send, and where to report failures. */
interface StatsdSinkOptions {
  /** `host:port`. */
  readonly address: string;
  readonly log: Log;
  /** How long to wait after a failure before the next attempt, milliseconds. Default 5,000, as in go-metrics. */
  readonly retryMs?: number;
}

/** How long lines are collected before they are sent; go-metrics has the same interval. */
const FLUSH_MS = 100;
/** The most lines that wait for the server; further ones are dropped, as in go-metrics. */
const MAX_WAITING = 4_096;
/** The size up to which lines share a datagram: it fits into one Ethernet frame. go-metrics has the same. */
const MAX_DATAGRAM_BYTES = 1_400;

interface Connection {
  send(lines: readonly string[]): Promise<void>;
  close(): void;
}

/**
 * Collects values and sends them ten times a second. While a server cannot be reached, connecting is tried again and
 * again, and as many lines as there is room for wait.
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

  record(type: MetricType, name: string, value: number): void {
    if (this.#waiting.length >= MAX_WAITING || this.#closing.signal.aborted) return;
    this.#waiting.push(`${name}:${value.toFixed(6)}|${type}\n`);
    this.#sending ??= this.#send();
  }

  /** Drops the lines that wait; resolves when the connection is closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#connection?.close();
    await this.#sending;
  }

  /** Sends until no line waits. */
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
  // Failures to send a datagram are ignored, as its loss would be.
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

/** Splits lines into datagrams. */
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
