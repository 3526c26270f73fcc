/**
 * This node's own network coordinate, and how each measured round trip moves it.
 *
 * Vivaldi (Dabek and others, SIGCOMM 2004) with a median filter over the last samples of each node, an adjustment term,
 * and the gravity of Ledlie and others ("Network Coordinates in the Wild", NSDI 2007). All nodes of a cluster must use
 * the same constants; these are Serf's.
 *
 * @module
 */

import { type Coordinate, distance, rawDistance } from "../../api/coordinate.ts";

const DIMENSIONS = 8;
/** The error of a node that has no samples yet, and the highest possible one. */
const ERROR_MAX = 1.5;
/** The largest share by which one sample changes the error, and the position. */
const ERROR_GAIN = 0.25;
const POSITION_GAIN = 0.25;
/** How many samples the adjustment term is computed from. */
const ADJUSTMENT_WINDOW = 20;
/** In seconds. */
const HEIGHT_MIN = 1e-5;
/** How many samples of one node the median is taken from. */
const LATENCY_WINDOW = 3;
/**
 * The distance from the origin, in seconds, at which gravity is one second. It grows with the square of the distance.
 */
const GRAVITY_RHO = 150;
/** Times and distances (in seconds) and errors below this count as zero. */
const ZERO_THRESHOLD = 1e-6;
/** A longer round trip, in seconds, is taken for an error of measurement. */
const RTT_MAX = 10;

const ORIGIN: Coordinate = {
  vec: new Array<number>(DIMENSIONS).fill(0),
  error: ERROR_MAX,
  adjustment: 0,
  height: HEIGHT_MIN,
};

/** This node's coordinate. */
export class CoordinateClient {
  readonly #random: () => number;
  #latencies = new Map<string, number[]>();
  #adjustments = new Array<number>(ADJUSTMENT_WINDOW).fill(0);
  #adjustmentIndex = 0;
  #coordinate: Coordinate;
  #resets = 0;

  /** `random` gives numbers in [0, 1). It is used only when two nodes have the same position. */
  constructor(random: () => number, start: Coordinate = ORIGIN) {
    this.#random = random;
    this.#coordinate = start;
  }

  /** The coordinate as it is now. */
  get coordinate(): Coordinate {
    return this.#coordinate;
  }

  /** How often the coordinate was not finite and started again from the origin. */
  get resets(): number {
    return this.#resets;
  }

  /**
   * Takes a sample: a round trip to `node`, whose coordinate is `other`. Returns false and ignores the sample if that
   * coordinate has another number of dimensions or is not finite, or the time is not between 0 and 10 seconds.
   */
  update(node: string, other: Coordinate, rttSeconds: number): boolean {
    if (other.vec.length !== this.#coordinate.vec.length || !finite(other)) return false;
    if (!(rttSeconds >= 0 && rttSeconds <= RTT_MAX)) return false;
    const rtt = this.#median(node, rttSeconds);
    const moved = this.#follow(other, rtt);
    const adjustment = this.#adjustment(rtt - rawDistance(moved, other));
    this.#coordinate = this.#sink({ ...moved, adjustment });
    if (!finite(this.#coordinate)) {
      this.#coordinate = ORIGIN;
      this.#resets++;
    }
    return true;
  }

  /** Forgets the samples of a node. */
  forget(node: string): void {
    this.#latencies.delete(node);
  }

  #median(node: string, sample: number): number {
    const samples = [...this.#latencies.get(node) ?? [], sample].slice(-LATENCY_WINDOW);
    this.#latencies.set(node, samples);
    return samples.toSorted((a, b) => a - b)[samples.length >> 1];
  }

  /** Vivaldi's step: towards the other node or away from it, and further if our error is large compared to its error. */
  #follow(other: Coordinate, rtt: number): Coordinate {
    const own = this.#coordinate;
    const expected = distance(own, other);
    const measured = Math.max(rtt, ZERO_THRESHOLD);
    const wrong = Math.abs(expected - measured) / measured;
    const weight = own.error / Math.max(own.error + other.error, ZERO_THRESHOLD);
    const error = ERROR_GAIN * weight * wrong + own.error * (1 - ERROR_GAIN * weight);
    const force = POSITION_GAIN * weight * (measured - expected);
    return push({ ...own, error: Math.min(error, ERROR_MAX) }, force, other, this.#random);
  }

  /** Half the mean error of the model over the last samples. Slots that were never filled count as zero. */
  #adjustment(miss: number): number {
    this.#adjustments[this.#adjustmentIndex] = miss;
    this.#adjustmentIndex = (this.#adjustmentIndex + 1) % ADJUSTMENT_WINDOW;
    const sum = this.#adjustments.reduce((total, sample) => total + sample, 0);
    return sum / (2 * ADJUSTMENT_WINDOW);
  }

  /** Gravity. Without it the whole cluster would drift away from the origin. */
  #sink(own: Coordinate): Coordinate {
    const force = -((distance(ORIGIN, own) / GRAVITY_RHO) ** 2);
    return push(own, force, ORIGIN, this.#random);
  }

  /** See {@link SerfCore.save}. */
  save() {
    return {
      latencies: this.#latencies,
      adjustments: this.#adjustments,
      adjustmentIndex: this.#adjustmentIndex,
      coordinate: this.#coordinate,
      resets: this.#resets,
    };
  }

  load(saved: ReturnType<CoordinateClient["save"]>): void {
    this.#latencies = saved.latencies;
    this.#adjustments = saved.adjustments;
    this.#adjustmentIndex = saved.adjustmentIndex;
    this.#coordinate = saved.coordinate;
    this.#resets = saved.resets;
  }
}

/** Moves `own` away from `other` by a force in seconds, or towards it if the force is negative. */
function push(own: Coordinate, force: number, other: Coordinate, random: () => number): Coordinate {
  const apart = own.vec.map((component, i) => component - other.vec[i]);
  const length = magnitude(apart);
  const unit = length > ZERO_THRESHOLD
    ? apart.map((component) => component * (1 / length))
    : randomUnit(apart.length, random);
  const vec = own.vec.map((component, i) => component + unit[i] * force);
  if (!(length > ZERO_THRESHOLD)) return { ...own, vec };
  const height = (own.height + other.height) * force / length + own.height;
  return { ...own, vec, height: Math.max(height, HEIGHT_MIN) };
}

function randomUnit(dimensions: number, random: () => number): number[] {
  const vec = Array.from({ length: dimensions }, () => random() - 0.5);
  const length = magnitude(vec);
  if (length > ZERO_THRESHOLD) return vec.map((component) => component * (1 / length));
  return vec.map((_, i) => i === 0 ? 1 : 0);
}

function magnitude(vec: readonly number[]): number {
  return Math.sqrt(vec.reduce((sum, component) => sum + component * component, 0));
}

function finite({ vec, error, adjustment, height }: Coordinate): boolean {
  return vec.every(Number.isFinite) && [error, adjustment, height].every(Number.isFinite);
}
