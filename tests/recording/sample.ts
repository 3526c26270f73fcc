/**
 * Recordings of simulated nodes, for tests.
 *
 * @module
 */

import { SimulationRecording } from "./simulation_recording.ts";
import { Recording } from "../../lib/recording/recording.ts";
import type { Redaction } from "../../lib/recording/redaction.ts";
import { type Cluster, simulate, type SimulateOptions } from "../../lib/sim/mod.ts";

/** Runs a cluster for some seconds, and returns the recording of its first node, with a block for each second. */
export function sampleRecording(
  options: Partial<SimulateOptions> & {
    readonly redaction?: () => Redaction;
    readonly seconds?: number;
    /** What happens after each second. */
    readonly act?: (cluster: Cluster, second: number) => void;
  } = {},
): Uint8Array {
  const { redaction, seconds = 3, act, ...cluster } = options;
  const recording = new SimulationRecording({ version: "1.2.3", redaction });
  const sample = simulate({ nodes: 2, seed: 7, ...cluster, makeCore: recording.makeCore });
  for (let second = 0; second < seconds; second++) {
    sample.run({ seconds: 1 });
    act?.(sample, second);
    recording.recordings();
  }
  return recording.recordings()[0].bytes;
}

/** Reads a recording of one segment. */
export function readSample(bytes: Uint8Array): Recording {
  return new Recording([{ name: "sample.rec", load: () => bytes }]);
}
