/**
 * The RPC server of an agent: what `serf members`, `serf monitor` and all other commands talk to.
 *
 * @module
 */

import { LOG_INTERVAL_MS, RateLimiter } from "../../base/rate_limiter.ts";
import { after, type Timer } from "../../base/timer.ts";
import { osErrorText } from "../../go/os_error.ts";
import { serveLoop } from "../../host/transport/serve_loop.ts";
import type { Connection } from "../connection.ts";
import type { ClientListener } from "./listener/client_listener.ts";
import type { MonitoredLog, RpcAgent } from "./rpc_agent.ts";
import { Session, type SessionDeadlines } from "./session.ts";

/** What a server needs. */
export interface RpcServerOptions {
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

/** A command line needs milliseconds for its handshake; a monitor in a pager may stand still for a while. */
const DEFAULT_DEADLINES: SessionDeadlines = { handshakeMs: 10_000, writeMs: 60_000 };

/** How often deadlines are checked while there are any. */
const CHECK_INTERVAL_MS = 1_000;

/** Accepts clients, and serves them until it is closed. */
export class RpcServer implements AsyncDisposable {
  /** Where it listens, as clients give it. */
  readonly address: string;
  readonly #listener: ClientListener;
  readonly #options: RpcServerOptions;
  readonly #closing = new AbortController();
  /** The oldest first. */
  readonly #sessions = new Set<Session>();
  readonly #deadlines: SessionDeadlines;
  #check?: Timer;
  readonly #refusalLines = new RateLimiter(LOG_INTERVAL_MS);
  readonly #loop: Promise<void>;

  /** Starts to accept clients. The listener now belongs to the server. */
  constructor(listener: ClientListener, options: RpcServerOptions) {
    this.#listener = listener;
    this.#options = options;
    this.#deadlines = options.deadlines ?? DEFAULT_DEADLINES;
    this.address = listener.address;
    this.#loop = serveLoop(() => this.#accept(), {
      signal: this.#closing.signal,
      onError: (error) => this.#log("ERR", `Failed to accept client: ${osErrorText(error)}`),
    });
  }

  /** How many clients are connected. */
  get clients(): number {
    return this.#sessions.size;
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
    const { connection, address } = await this.#listener.accept();
    if (this.#closing.signal.aborted) return connection.close();
    if (!this.#makeRoom()) return this.#refuse(connection, address);
    this.#log("INFO", `Accepted client: ${address}`);
    const { agent, log, authKey = "" } = this.#options;
    agent.count("agent.ipc.accept");
    const session = new Session(connection, { agent, log, authKey, address, watch: this.#watch });
    this.#sessions.add(session);
    session.run().finally(() => this.#sessions.delete(session));
    this.#watch();
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

  #refuse(connection: Connection, address: string): void {
    connection.close();
    if (!this.#refusalLines.allows("", performance.now())) return;
    this.#log("WARN", `Refused client: ${address}: ${this.#sessions.size} clients are connected`);
  }

  /** Checks deadlines until there are none any more. */
  readonly #watch = () => {
    if (this.#closing.signal.aborted) return;
    const { handshakeMs, writeMs } = this.#deadlines;
    this.#check ??= after(Math.min(CHECK_INTERVAL_MS, handshakeMs, writeMs), () => {
      this.#check = undefined;
      const now = performance.now();
      let isLeft = false;
      for (const session of this.#sessions) {
        if (session.check(now, this.#deadlines)) isLeft = true;
      }
      if (isLeft) this.#watch();
    });
  };

  #log(level: "INFO" | "WARN" | "ERR", text: string): void {
    this.#options.log.write(level, `agent.ipc: ${text}`);
  }
}
