/**
 * The RPC server of an agent: what `serf members`, `serf monitor` and all other commands talk to.
 *
 * @module
 */

import { Address, formatHostPort } from "../../base/address.ts";
import { LOG_INTERVAL_MS, RateLimiter } from "../../base/rate_limiter.ts";
import { after, type Timer } from "../../base/timer.ts";
import { osErrorText } from "../../go/os_error.ts";
import { serveLoop } from "../../host/transport/serve_loop.ts";
import type { MonitoredLog, RpcAgent } from "./rpc_agent.ts";
import { Session, type SessionDeadlines } from "./session.ts";
import { parseTcpEndpoint, tcpFailureText } from "../tcp_endpoint.ts";

/** What a server needs. */
export interface RpcServerOptions {
  /** Where to listen, as `host:port`; an empty host means all addresses, port 0 a free one. */
  readonly address: string;
  /** The token that clients must send first. Default: none is needed. */
  readonly authKey?: string;
  readonly agent: RpcAgent;
  /** Where the server's lines go, and what monitors show. */
  readonly log: MonitoredLog;
  /**
   * How many clients may be connected. For a further one, the oldest that has not authenticated is closed; if all have, the
   * new one is. Default: no limit.
   */
  readonly maxClients?: number;
  /** Default: {@link DEFAULT_DEADLINES}. */
  readonly deadlines?: SessionDeadlines;
}

/**
 * How many clients may wait to be accepted. A client that finds no room tries again only after a second, and a thousand
 * clients at once overflow Deno's default of 511. The system lowers this number to its own limit.
 */
const MAX_BACKLOG = 4_096;

/** A command line needs milliseconds for its handshake; a monitor in a pager may stand still for a while. */
const DEFAULT_DEADLINES: SessionDeadlines = { handshakeMs: 10_000, writeMs: 60_000 };

/** How often the deadlines are checked while there are clients. */
const CHECK_INTERVAL_MS = 1_000;

/** Listens for clients, and serves them until it is closed. */
export class RpcServer implements AsyncDisposable {
  /** Where it listens. */
  readonly address: Address;
  readonly #listener: Deno.TcpListener;
  readonly #options: RpcServerOptions;
  readonly #closing = new AbortController();
  /** The oldest first. */
  readonly #sessions = new Set<Session>();
  readonly #deadlines: SessionDeadlines;
  #check?: Timer;
  readonly #refusalLines = new RateLimiter(LOG_INTERVAL_MS);
  readonly #loop: Promise<void>;

  /**
   * Starts listening. Throws an `Error` in the words of Go's net package, such as `listen tcp 127.0.0.1:7373: bind:
   * address already in use`.
   */
  static listen(options: RpcServerOptions): RpcServer {
    return new RpcServer(listen(options.address), options);
  }

  private constructor(listener: Deno.TcpListener, options: RpcServerOptions) {
    this.#listener = listener;
    this.#options = options;
    this.#deadlines = options.deadlines ?? DEFAULT_DEADLINES;
    this.address = Address.parse(listener.addr.hostname, listener.addr.port);
    this.#loop = serveLoop(() => this.#accept(), {
      signal: this.#closing.signal,
      onError: (error) => this.#log("ERR", `Failed to accept client: ${osErrorText(error)}`),
    });
  }

  /** Stops listening and closes all connections. Closing again has no further effect. */
  async close(): Promise<void> {
    if (!this.#closing.signal.aborted) {
      this.#closing.abort();
      this.#listener.close();
      this.#check?.cancel();
      for (const session of this.#sessions) session.close();
    }
    await this.#loop;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #accept(): Promise<void> {
    const conn = await this.#listener.accept();
    conn.setNoDelay(true);
    const address = formatHostPort(conn.remoteAddr.hostname, conn.remoteAddr.port);
    if (!this.#makeRoom()) return this.#refuse(conn, address);
    this.#log("INFO", `Accepted client: ${address}`);
    const { agent, log, authKey = "" } = this.#options;
    agent.count("agent.ipc.accept");
    const session = new Session(conn, { agent, log, authKey, address });
    this.#sessions.add(session);
    session.run().finally(() => this.#sessions.delete(session));
    this.#check ??= this.#scheduleCheck();
  }

  /** Makes room for one more client; returns whether there is room. */
  #makeRoom(): boolean {
    const { maxClients = Infinity } = this.#options;
    if (this.#sessions.size < maxClients) return true;
    const stranger = this.#sessions.values().find(({ admitted }) => !admitted);
    if (stranger === undefined) return false;
    stranger.dismiss("not authenticated, and another client needs the place");
    return this.#sessions.delete(stranger);
  }

  #refuse(conn: Deno.Conn, address: string): void {
    conn.close();
    if (!this.#refusalLines.allows("", performance.now())) return;
    this.#log("WARN", `Refused client: ${address}: ${this.#sessions.size} clients are connected`);
  }

  #scheduleCheck(): Timer {
    const { handshakeMs, writeMs } = this.#deadlines;
    return after(Math.min(CHECK_INTERVAL_MS, handshakeMs, writeMs), () => {
      const now = performance.now();
      for (const session of this.#sessions) session.check(now, this.#deadlines);
      this.#check = this.#sessions.size > 0 ? this.#scheduleCheck() : undefined;
    });
  }

  #log(level: "INFO" | "WARN" | "ERR", text: string): void {
    this.#options.log.write(level, `agent.ipc: ${text}`);
  }
}

function listen(address: string): Deno.TcpListener {
  const endpoint = parseTcpEndpoint(address, "listen");
  const { hostname, port } = endpoint;
  try {
    return Deno.listen({ hostname: hostname || "0.0.0.0", port, tcpBacklog: MAX_BACKLOG });
  } catch (cause) {
    throw new Error(tcpFailureText("listen", endpoint, cause as Error), { cause });
  }
}
