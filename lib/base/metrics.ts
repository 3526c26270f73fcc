/**
 * How every layer can count what it does.
 *
 * @module
 */

/**
 * Takes figures for operators, under dotted names such as `memberlist.udp.sent`. Where nobody wants any there is no such
 * object: all callers write `metrics?.count(…)`, so that nothing is done, and no name is put together, for nothing.
 * Nothing here throws.
 */
export interface Metrics {
  /** Adds `value`, 1 by default, to a counter. */
  count(name: string, value?: number): void;
  /** Takes one of many values: a duration in milliseconds, or a size. */
  sample(name: string, value: number): void;
  /** Sets the present value of something that always has one. */
  gauge(name: string, value: number): void;
}
