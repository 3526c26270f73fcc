/**
 * Network coordinates: points in a space in which the distance of two nodes is the round trip time between them.
 *
 * The model is Vivaldi (Dabek and others, SIGCOMM 2004) with height vectors, plus the adjustment term of Lee and others
 * ("On Suitability of Euclidean Embedding for Host-Based Network Coordinate Systems", 2010).
 *
 * @module
 */

/** A position. Immutable. */
export interface Coordinate {
  /** Euclidean part, seconds; Serf uses eight dimensions. */
  readonly vec: readonly number[];
  /** Confidence, 0 (sure) to 1.5 (knows nothing); no unit. */
  readonly error: number;
  /** Correction of what the Euclidean model cannot show, seconds; may be negative. */
  readonly adjustment: number;
  /** Height above the plane: the access link that every packet crosses, seconds. */
  readonly height: number;
}

/**
 * The estimated round trip time between two positions in seconds, cut to whole nanoseconds as Go's durations are. Throws
 * a `RangeError` if the positions have different dimensions.
 */
export function distance(a: Coordinate, b: Coordinate): number {
  const raw = rawDistance(a, b);
  const adjusted = raw + a.adjustment + b.adjustment;
  const nanoseconds = Math.trunc((adjusted > 0 ? adjusted : raw) * 1e9);
  // Whole seconds apart from the rest, which is how Go turns a duration into a float: the last bit counts.
  return Math.trunc(nanoseconds / 1e9) + (nanoseconds % 1e9) / 1e9;
}

/** The distance by vector and height alone, seconds. Throws like {@link distance}. */
export function rawDistance(a: Coordinate, b: Coordinate): number {
  if (a.vec.length !== b.vec.length) {
    throw new RangeError(
      `Cannot compare coordinates: got ${a.vec.length} and ${b.vec.length} dimensions`,
    );
  }
  let sum = 0;
  for (let i = 0; i < a.vec.length; i++) sum += (a.vec[i] - b.vec[i]) ** 2;
  return Math.sqrt(sum) + a.height + b.height;
}
