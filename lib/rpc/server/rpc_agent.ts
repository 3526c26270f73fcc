/**
 * What the RPC server needs of the agent that it serves.
 *
 * @module
 */

import type { MetricName } from "../../base/metrics.ts";
import type { LogLevel } from "../../base/log.ts";
import type { Subscription } from "../../base/subscription.ts";
import type { SerfEvent } from "../../api/event.ts";
import type { KeyOperation, KeyResult } from "../../api/keys.ts";
import type { Member } from "../../api/member.ts";
import type { QueryOptions, QueryRecord } from "../../api/query.ts";
import type { Coordinate } from "../../api/coordinate.ts";

/** One line of the agent's log. */
export interface LogLine {
  readonly level: LogLevel;
  /** The whole line, as in `2026/11/22 07:51:02 [INFO] agent: Serf agent starting`; it may contain newlines. */
  readonly text: string;
}

/** The agent's log, as its monitors and the server itself use it. */
export interface MonitoredLog {
  /** The lines of the recent past, the oldest first. */
  readonly lines: readonly LogLine[];
  /** Writes a line. `text` starts with its source, as in `agent.ipc: `. */
  write(level: LogLevel, text: string): void;
  /** Calls `listener` with every line from now on, until the result is disposed of. */
  subscribe(listener: (line: LogLine) => void): Disposable;
}

/** The metrics that the server counts. */
export type RpcCounter = Extract<MetricName<"counter">, `agent.ipc.${string}`>;

/**
 * An agent as RPC sees it. Where an operation fails, the message of its error is what the client is told, so it must be
 * in Serf's words. The agent writes its own log lines; the server writes only those of `agent.ipc`.
 */
export interface RpcAgent {
  /** This node's tags. */
  readonly tags: Readonly<Record<string, string>>;

  /**
   * All known members. The array is the same until a member changes, and so is a member; neither is then encoded again.
   * Must not be changed afterwards.
   */
  members(): readonly Member[];

  /**
   * Joins through any of the addresses and returns how many were reached; none at all is fine if none was given.
   * Rejects with a `JoinError` whose reasons are whole lines, such as `Failed to resolve x: lookup x: no such host`.
   */
  join(addresses: readonly string[], options: { readonly replay: boolean }): Promise<number>;

  /**
   * Leaves gracefully. Rejects with a `ClosedError` if the agent is already on its way out; {@link shutdown} follows
   * in every other case.
   */
  leave(): Promise<void>;

  /** Begins to end the agent after a leave, which closes this server too. Must not throw. */
  shutdown(): void;

  /** Declares a member gone, and forgets it at once with `prune`. */
  forceLeave(name: string, options: { readonly prune: boolean }): Promise<void>;

  /** Replaces this node's tags; resolves when the change has been sent. */
  setTags(tags: Readonly<Record<string, string>>): Promise<void>;

  /** Sends a user event; resolves when it was taken, which is later while too many wait. Rejects if it is too large. */
  userEvent(
    name: string,
    payload: Uint8Array | null,
    options: { readonly coalesce: boolean },
  ): Promise<void>;

  /**
   * Asks a query. Throws if it is too large, or has one of Serf's internal names (but a ping without payload, which is
   * how reachability is tested). The subscription closes when the query is over.
   */
  query(
    name: string,
    payload: Uint8Array | null,
    options: QueryOptions,
  ): Subscription<QueryRecord>;

  /**
   * Manages the keys of all members. `key` is in base64, and empty for `list-keys`. Rejects with a `KeyError` unless
   * all members have done it, and with an error of another kind if they could not be asked.
   */
  manageKeys(operation: KeyOperation, key: string): Promise<KeyResult>;

  /** Statistics by section and name. */
  stats(): Readonly<Record<string, Readonly<Record<string, string>>>>;

  /** The coordinate of a member, if it is known. */
  coordinate(name: string): Coordinate | undefined;

  /** Calls `listener` with every event from now on, until the result is disposed of. Internal queries are not events. */
  subscribe(listener: (event: SerfEvent) => void): Disposable;

  /** Increments a counter. */
  count(counter: RpcCounter): void;
}
