/**
 * Key management: what is asked of the members of an encrypted cluster, and what they answer.
 *
 * @module
 */

/** What a key management query asks of every member: add a key, make it the primary one, drop it, or list all. */
export type KeyOperation = "install-key" | "use-key" | "remove-key" | "list-keys";

/** What the members answered to a key management query. */
export interface KeyResult {
  /** How many members were expected to answer: those alive when the query was sent, ourselves included. */
  readonly nodes: number;
  /** How many answered. */
  readonly responses: number;
  /** How many of the answers report a failure. */
  readonly failures: number;
  /** What members had to say, by member name: those that failed (maybe nothing), and those with a remark. */
  readonly messages: ReadonlyMap<string, string>;
  /** How many members have each key, by base64 key. Empty except for `list-keys`. */
  readonly keys: ReadonlyMap<string, number>;
  /** How many members have each key as their primary one, by base64 key. Empty except for `list-keys`. */
  readonly primaryKeys: ReadonlyMap<string, number>;
  /** `X/Y nodes reported failure` or `X/Y nodes reported success` unless every member answered that all is well. */
  readonly error?: string;
}
