/**
 * How queries are asked, and what comes back.
 *
 * @module
 */

/** How a query is asked. */
export interface QueryOptions {
  /** Names of the members that are asked; all when absent or empty. */
  readonly nodes?: readonly string[];
  /**
   * RE2 expressions by tag name; a member is asked only if every one of them is found somewhere in the tag's value
   * (a missing tag counts as the empty text).
   */
  readonly tags?: Readonly<Record<string, string>>;
  /** Whether every member that is asked acknowledges the query at once. */
  readonly requestAck?: boolean;
  /** Through how many other members each ack and answer is sent once more, 0 (the default) to 255. */
  readonly relayFactor?: number;
  /** How long answers are taken; absent or 0 means the default, which grows with the size of the cluster. */
  readonly timeoutMs?: number;
  /**
   * Whether the query always stays open until its timeout, as in the reference. Otherwise it is over as soon as
   * every member that passes the filters and was alive or leaving when it was sent has answered and, if acks were
   * requested, acknowledged; one that fails or leaves meanwhile is no longer waited for. A reachability query
   * (`_serf_ping`), which has no answers, is over with the last ack. If we know of no such member the query waits for
   * its timeout, because only members that we have yet to hear of can answer it.
   */
  readonly waitForTimeout?: boolean;
}

/** One ack or answer to a query of ours. */
export type QueryRecord =
  | { readonly type: "ack"; readonly from: string }
  | { readonly type: "response"; readonly from: string; readonly payload: Uint8Array | null };
