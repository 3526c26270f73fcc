/**
 * Recordings of simulated nodes, for tests.
 *
 * @module
 */

import { type RecordSimulationOptions, SimulationRecording } from "./simulation_recording.ts";
import { Recording } from "../../lib/recording/recording.ts";
import { type Cluster, simulate, type SimulateOptions } from "../../lib/sim/mod.ts";

/** A cluster, what happens to it, and how its first node is recorded. */
export interface SampleOptions
  extends Partial<SimulateOptions>, Omit<RecordSimulationOptions, "version"> {
  readonly seconds?: number;
  /** What happens after each second. */
  readonly act?: (cluster: Cluster, second: number) => void;
}

/** Runs a cluster for some seconds, and returns the recording of its first node, with a block for each second. */
export function sampleRecording(options: SampleOptions = {}): Uint8Array {
  return sampleParts(options)[0];
}

/** Returns all parts of the recording of the first node. */
export function sampleParts(options: SampleOptions): readonly Uint8Array[] {
  const { redaction, partBytes, blockBytes, seconds = 3, act, ...cluster } = options;
  const recording = new SimulationRecording({ version: "1.2.3", redaction, partBytes, blockBytes });
  const sample = simulate({ nodes: 2, seed: 7, ...cluster, makeCore: recording.makeCore });
  for (let second = 0; second < seconds; second++) {
    sample.run({ seconds: 1 });
    act?.(sample, second);
    recording.recordings();
  }
  return recording.recordings()[0].parts;
}

/** Options for many small parts: in each second there is enough to record. */
export const MANY_PARTS: SampleOptions = {
  seconds: 6,
  partBytes: () => 1_000,
  blockBytes: 500,
  act({ nodes }, second) {
    for (let i = 0; i < 4; i++) nodes[i % 2].userEvent(`e${second}-${i}`, "payload");
  },
};

/** Reads a recording of one segment. */
export function readSample(bytes: Uint8Array): Recording {
  return new Recording([{ name: "sample.rec", load: () => bytes }]);
}
