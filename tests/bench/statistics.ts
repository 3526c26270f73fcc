/** What is said about a handful of samples. */

/** The middle sample, or the mean of the middle two; `NaN` without samples. */
export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The smallest sample that `percent` of all samples do not exceed; `NaN` without samples. */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * percent / 100) - 1)] ?? NaN;
}

/** The sum of the samples. */
export function sum(samples: readonly number[]): number {
  return samples.reduce((total, sample) => total + sample, 0);
}
