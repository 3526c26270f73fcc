/**
 * How limits and times scale with the size of the cluster.
 *
 * @module
 */

/** Clusters up to this many nodes exchange state at the base interval. */
const PUSH_PULL_THRESHOLD = 32;

/** How often each broadcast is sent by each node: grows with the logarithm of the cluster (SWIM, section 4.1). */
export function retransmitLimit(mult: number, nodes: number): number {
  return mult * Math.ceil(Math.log10(nodes + 1));
}

/**
 * When a ping without an answer is doubted, milliseconds after it was sent: a quarter of the time it has is many usual
 * round trips, and enough for a node that is a little slow.
 */
export function earlyFallbackDelay(probeTimeoutMs: number): number {
  return probeTimeoutMs / 4;
}

/** The shortest time a node stays suspect before it is declared dead, milliseconds. */
export function suspicionMinTimeout(mult: number, nodes: number, probeIntervalMs: number): number {
  const scale = Math.max(1, Math.log10(Math.max(1, nodes)));
  return (mult * Math.trunc(scale * 1000) * probeIntervalMs) / 1000;
}

/** The range of a suspicion's duration, and how far along it confirmations have brought it. */
export interface SuspicionRange {
  /** Confirmations that bring the timeout down to the minimum. */
  readonly expected: number;
  readonly minMs: number;
  readonly maxMs: number;
}

/**
 * How long a suspicion lasts in all, from its start, after so many of the expected confirmations (at least one must be
 * expected): from the maximum down to the minimum along a logarithm (Lifeguard, "LHA-Suspicion"), in whole milliseconds.
 */
export function suspicionTimeout(confirmations: number, range: SuspicionRange): number {
  // In seconds, as the reference computes, so that rounding down gives the same millisecond.
  const min = range.minMs / 1000;
  const max = range.maxMs / 1000;
  const fraction = Math.log(confirmations + 1) / Math.log(range.expected + 1);
  return Math.max(range.minMs, Math.floor(1000 * (max - fraction * (max - min))));
}

/** The time between two state exchanges that a node starts: bigger clusters exchange less often. */
export function pushPullInterval(intervalMs: number, nodes: number): number {
  if (nodes <= PUSH_PULL_THRESHOLD) return intervalMs;
  return intervalMs * (Math.ceil(Math.log2(nodes) - Math.log2(PUSH_PULL_THRESHOLD)) + 1);
}
