/**
 * Recording a replay: the inputs of an old recording, with the outputs of the core as it is now.
 *
 * @module
 */

import { RecordedCore } from "../../lib/recording/recorded_core.ts";
import { Recorder } from "../../lib/recording/recorder.ts";
import type { Recording } from "../../lib/recording/recording.ts";
import { ReplayWorld } from "../../lib/recording/replay.ts";
import { MemorySink } from "./simulation_recording.ts";

/** Returns a recording of the same inputs, as one segment. Inputs that the core does not wait for any more are left out. */
export function rerecord(recording: Recording): Uint8Array {
  const { header, part } = recording;
  const sink = new MemorySink();
  const world = new ReplayWorld(recording);
  const { checkpoint } = world;
  let atMs = header.startedAtMs;
  const recorder = new Recorder({
    sink,
    version: header.version,
    random: world.generator,
    wallClock: () => atMs,
    from: checkpoint && { checkpoint, part },
  });
  const core = world.makeCore((config, options) =>
    new RecordedCore(config, world, { ...options, recorder })
  );
  for (const timed of recording.steps()) {
    atMs = timed.atMs;
    world.run(core, timed.step, atMs);
  }
  recorder.end(recording.ending);
  return sink.bytes;
}
