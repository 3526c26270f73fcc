/**
 * Watching the nodes of a cluster from outside.
 *
 * @module
 */

import type { SerfOutput } from "../serf/output.ts";
import type { SimNode } from "./sim_node.ts";

/**
 * Is told what the nodes of a cluster do, to check an invariant or to measure. It is called while a machine runs: it may
 * look at nodes, and must not tell them to do anything.
 */
export interface ClusterObserver {
  /** A node's process was started. */
  started?(node: SimNode): void;
  /** A node emitted something to its host: an event, a log line, the end of an operation. */
  emitted?(node: SimNode, output: SerfOutput): void;
  /** A node has handled a packet, a stream message, a reply or a timer. */
  handled?(node: SimNode): void;
}
