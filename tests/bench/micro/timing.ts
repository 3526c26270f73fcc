/** How long synchronous code takes. */

const SAMPLES = 7;
/** Long enough for the clock, short enough to find a quiet moment on a busy machine. */
const SAMPLE_MS = 10;

/** Takes results, so that the compiler cannot leave out what computes them. */
const kept: { result?: unknown } = {};

/** Nanoseconds that one call takes, as several samples. Warms up before. */
export function nanosecondsPerCall(call: () => unknown): number[] {
  const batch = batchOf(call);
  return Array.from({ length: SAMPLES }, () => timeMs(call, batch) * 1e6 / batch);
}

/** Calls per second, as several samples. Warms up before. */
export function callsPerSecond(call: () => unknown): number[] {
  return nanosecondsPerCall(call).map((nanoseconds) => 1e9 / nanoseconds);
}

/** How many calls make a sample. Finding out warms up the code. */
function batchOf(call: () => unknown): number {
  let batch = 1;
  while (timeMs(call, batch) < SAMPLE_MS) batch *= 2;
  return batch;
}

function timeMs(call: () => unknown, batch: number): number {
  const start = performance.now();
  for (let i = 0; i < batch; i++) kept.result = call();
  return performance.now() - start;
}
