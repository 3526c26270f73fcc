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
import type { ClusterExplanation } from "../../api/why/compare.ts";
import type { Explanation } from "../../api/why/story.ts";

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
   * All known members. Neither the array nor what is in it may be changed afterwards: as long as the array or the tags of a
   * member are the same object, their encoding is used again.
   */
  members(): readonly Member[];

  /**
   * Joins the members at these addresses and returns how many were reached; 0 only if the list is empty. Rejects with a
   * `JoinError` if none was reached. Its reasons are whole lines, such as `failed to resolve x: lookup x: no such host`.
   */
  join(addresses: readonly string[], options: { readonly replay: boolean }): Promise<number>;

  /**
   * Leaves the cluster gracefully. Rejects with a `ClosedError` if the agent is already leaving or shutting down; in
   * every other case the server calls {@link shutdown} next.
   */
  leave(): Promise<void>;

  /** Begins to shut the agent down, which closes this server too. Must not throw. */
  shutdown(): void;

  /** Makes a failed member count as left; with `prune` it is removed from the list of members at once. */
  forceLeave(name: string, options: { readonly prune: boolean }): Promise<void>;

  /** Replaces this node's tags; resolves when the change has been broadcast. */
  setTags(tags: Readonly<Record<string, string>>): Promise<void>;

  /** Sends a user event, at once or, while too many wait, later. Throws or rejects if it is too large. */
  userEvent(
    name: string,
    payload: Uint8Array | null,
    options: { readonly coalesce: boolean },
  ): void | Promise<void>;

  /**
   * Asks a query; resolves when it is sent. Rejects if it is too large, or if its name is one of Serf's internal ones; only
   * a ping, which tests reachability, and a checkup are allowed, without a payload. The subscription closes when the query is over.
   */
  query(
    name: string,
    payload: Uint8Array | null,
    options: QueryOptions,
  ): Promise<Subscription<QueryRecord>>;

  /**
   * Carries out a key operation on all members. `key` is in base64, and empty for `list-keys`. Rejects with a `KeyError`
   * unless all members have succeeded, and with another error if they could not be asked.
   */
  manageKeys(operation: KeyOperation, key: string): Promise<KeyResult>;

  /** Statistics by section and name. */
  stats(): Readonly<Record<string, Readonly<Record<string, string>>>>;

  /** The metrics of the last minute, oldest first: the lines that SIGUSR1 makes the agent print. */
  metricsReport(): readonly string[];

  /** Why a member is in its state. Rejects with a `RangeError` if nothing is known about that name. */
  why(name: string): Promise<Explanation>;

  /** The same as all members see it. Rejects as {@link why} does. */
  whyAll(name: string): Promise<ClusterExplanation>;

  /** The coordinate of a member, if it is known. */
  coordinate(name: string): Coordinate | undefined;

  /** Calls `listener` with every event from now on, until the result is disposed of. Internal queries are not events. */
  subscribe(listener: (event: SerfEvent) => void): Disposable;

  /** Increments a counter. */
  count(counter: RpcCounter): void;
}
