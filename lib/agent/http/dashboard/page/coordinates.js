/**
 * Network coordinates (Vivaldi): estimated round trips, and a projection on a plane.
 *
 * @module
 */

/** The estimated round trip between two coordinates in milliseconds, as Serf's `rtt` computes it. */
export function roundTripMs(a, b) {
  if (a === undefined || b === undefined) return undefined;
  let squares = 0;
  for (let i = 0; i < a.Vec.length; i++) squares += (a.Vec[i] - b.Vec[i]) ** 2;
  const distance = Math.sqrt(squares) + a.Height + b.Height;
  const adjusted = distance + a.Adjustment + b.Adjustment;
  return (adjusted > 0 ? adjusted : distance) * 1_000;
}

/** Enough for axes that begin anywhere; they begin where they were the last time. */
const ITERATIONS = 30;

/**
 * The plane in which the points spread the most (the first two principal components), found by power iteration.
 */
export class Projection {
  /** @type {number[][]} */
  #axes = [];

  /**
   * Each point in the plane, in milliseconds around the centre. The axes follow from the last ones, so that the picture
   * does not flip over when points move.
   *
   * @param {readonly (readonly number[])[]} points
   * @returns {[number, number][]}
   */
  project(points) {
    if (points.length === 0) return [];
    const size = points[0].length;
    const centre = Array.from(
      { length: size },
      (_, i) => points.reduce((sum, point) => sum + point[i], 0) / points.length,
    );
    const centred = points.map((point) => point.map((value, i) => value - centre[i]));
    const covariance = centre.map((_, i) =>
      centre.map((_, j) => centred.reduce((sum, point) => sum + point[i] * point[j], 0))
    );
    const axes = [];
    for (const n of [0, 1]) {
      let axis = this.#axes[n] ?? centre.map((_, i) => Math.cos(i * (n + 1) + n));
      for (let i = 0; i < ITERATIONS; i++) {
        const next = orthogonal(covariance.map((row) => dot(row, axis)), axes);
        const length = Math.sqrt(dot(next, next));
        if (length < 1e-18) break;
        axis = next.map((value) => value / length);
      }
      axes.push(axis);
    }
    this.#axes = axes;
    return centred.map((point) => [dot(point, axes[0]) * 1_000, dot(point, axes[1]) * 1_000]);
  }
}

function dot(a, b) {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

function orthogonal(vector, axes) {
  return axes.reduce((rest, axis) => {
    const along = dot(rest, axis);
    return rest.map((value, i) => value - along * axis[i]);
  }, vector);
}
