/**
 * The flight recorder of an agent.
 *
 * @module
 */

import type { Log } from "../base/log.ts";
import type { MakeCore } from "../serf/core.ts";
import { Random } from "../sim/random.ts";
import { RecordedCore } from "./recorded_core.ts";
import { Recorder } from "./recorder.ts";
import { RecordingFiles } from "./recording_files.ts";
import { Redaction } from "./redaction.ts";

/** What is recorded, and where. */
export interface RecordingSettings {
  readonly folder: string;
  /** How many bytes all recordings in the folder may take together. */
  readonly maxBytes: number;
  /** Whether the payloads of events, queries and responses are recorded. */
  readonly payloads: boolean;
  /** The version of Serf for Deno. */
  readonly version: string;
  readonly log: Log;
}

/** A recording under way. */
export interface RunningRecording {
  /** Makes the core that is recorded. */
  readonly makeCore: MakeCore;
  /** Ends the recording. Resolves after a moment, also if the disk does not respond. */
  close(): Promise<void>;
}

/** Starts a recording. Throws the system's error if there is no place for it. */
export async function startRecording(
  { folder, maxBytes, payloads, version, log }: RecordingSettings,
): Promise<RunningRecording> {
  const redaction = new Redaction({ keyedHash: payloads ? undefined : await secretHash() });
  const sink = await RecordingFiles.create(folder, {
    maxBytes,
    log,
    flush: () => recorder.flush(),
  });
  const recorder = new Recorder({
    sink,
    version,
    redaction,
    random: Random.restore([...crypto.getRandomValues(new Int32Array(4))]),
    wallClock: Date.now,
    roundTime: true,
  });
  log("INFO", `agent: Recording to ${sink.path}`);
  return {
    makeCore: (config, world, options) => new RecordedCore(config, world, { ...options, recorder }),
    async close() {
      recorder.end("the agent has ended");
      await sink.close();
    },
  };
}

/** A hash with a key that nobody gets to know. */
async function secretHash(): Promise<(bytes: Uint8Array) => Uint8Array> {
  const { createHmac } = await import("node:crypto");
  const secret = crypto.getRandomValues(new Uint8Array(32));
  return (bytes) => createHmac("sha256", secret).update(bytes).digest();
}
