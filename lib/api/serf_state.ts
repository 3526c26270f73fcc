/**
 * The life of a node.
 *
 * @module
 */

/** Where a node stands in its life. */
export type SerfState = "alive" | "leaving" | "left" | "shutdown";

/** How a node ended. */
export interface SerfClosed {
  /**
   * `left` after a leave, `shutdown` without one, `conflict` because another node has the same name and the other members
   * voted for that one.
   */
  readonly reason: "left" | "shutdown" | "conflict";
}
