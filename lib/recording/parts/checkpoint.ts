/**
 * Where a part of a run begins: the state of the core, and of what its host keeps for it.
 *
 * @module
 */

import type { SavedCore } from "../../serf/config.ts";
import type { SerfTimer } from "../../serf/context.ts";
import { OutputDigest } from "../output_digest.ts";
import { decodeState, encodeState, type StateRedaction } from "./state_codec.ts";

/** All that decides how a core goes on, beside its settings and the state of its random generator. */
export interface Checkpoint {
  readonly core: SavedCore;
  /** The timers that are set, by their numbers. */
  readonly timers: ReadonlyMap<number, SerfTimer>;
  /** How many timers have been set so far. */
  readonly lastTimer: number;
}

/** Encodes a checkpoint without what must not be written. */
export function encodeCheckpoint(
  checkpoint: Checkpoint,
  redaction?: StateRedaction,
): Uint8Array<ArrayBuffer> {
  return encodeState(checkpoint, redaction);
}

/** Decodes what {@link encodeCheckpoint} returned. A core that goes on from it uses its objects, so each needs its own. */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  return decodeState(bytes) as Checkpoint;
}

/** A hash by which two checkpoints can be compared, with the states of their generators. */
export function checkpointDigest(
  { core, timers, lastTimer }: Checkpoint,
  random: readonly number[],
): string {
  const digest = new OutputDigest();
  for (const value of [core, timers, lastTimer, random]) digest.add(value);
  return digest.toString();
}
