/**
 * Lamport times (Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System", 1978), by which Serf orders
 * user events, queries, and the intents of members.
 *
 * @module
 */

/**
 * A Lamport time, which Serf keeps in 64 bits: a `number` up to 2^53 - 1, all that a cluster ever counts to, and a `bigint`
 * beyond, where a `number` is not exact. Times compare with `===`, `<` and `>` whichever they are.
 */
export type LamportTime = number | bigint;
