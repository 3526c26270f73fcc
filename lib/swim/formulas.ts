/**
 * How limits and times scale with the size of the cluster. All but {@link earlyFallbackDelay} give what memberlist
 * computes.
 *
 * @module
 */

/** Clusters of up to this many nodes exchange state at the base interval: memberlist's `pushPullScaleThreshold`. */
const PUSH_PULL_SCALE_THRESHOLD = 32;

/** How many times a node sends each broadcast: it grows with the logarithm of the cluster (SWIM, section 4.1). */
export function retransmitLimit(mult: number, nodes: number): number {
  return mult * Math.ceil(Math.log10(nodes + 1));
}

/**
 * When an eager probe tries a stream besides its datagram, milliseconds after the ping: after a quarter of the time that
 * the ping has. That is 125 ms on a local network, long for a round trip, yet early enough to leave the stream most of
 * the time. `deno task bench --only false-suspicions` shows what it brings.
 */
export function earlyFallbackDelay(probeTimeoutMs: number): number {
  return probeTimeoutMs / 4;
}

/** The shortest time that a node stays suspect before it is declared dead, milliseconds. */
export function suspicionMinTimeout(mult: number, nodes: number, probeIntervalMs: number): number {
  const scale = Math.max(1, Math.log10(Math.max(1, nodes)));
  return (mult * Math.trunc(scale * 1000) * probeIntervalMs) / 1000;
}

/** How long a suspicion may last. */
export interface SuspicionRange {
  /** How many confirmations bring the timeout down to the minimum: memberlist's `k`. */
  readonly expected: number;
  readonly minMs: number;
  readonly maxMs: number;
}

/**
 * How long a suspicion lasts, in whole milliseconds from its start: the maximum without confirmations, the minimum with
 * all that are expected, and in between along a logarithm (Lifeguard, "LHA-Suspicion"). At least one confirmation must be
 * expected.
 */
export function suspicionTimeout(confirmations: number, range: SuspicionRange): number {
  // memberlist computes in seconds; doing the same makes rounding down give the same millisecond.
  const min = range.minMs / 1000;
  const max = range.maxMs / 1000;
  const fraction = Math.log(confirmations + 1) / Math.log(range.expected + 1);
  return Math.max(range.minMs, Math.floor(1000 * (max - fraction * (max - min))));
}

/** The time between two state exchanges that a node starts, milliseconds: larger clusters exchange less often. */
export function pushPullInterval(intervalMs: number, nodes: number): number {
  if (nodes <= PUSH_PULL_SCALE_THRESHOLD) return intervalMs;
  return intervalMs * (Math.ceil(Math.log2(nodes) - Math.log2(PUSH_PULL_SCALE_THRESHOLD)) + 1);
}
