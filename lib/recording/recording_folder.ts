/**
 * Finding recordings in a folder.
 *
 * @module
 */

import { Recording, RecordingError } from "./recording.ts";

/** Where a recording is. */
export interface RecordingPlace {
  readonly path: string;
  /** The paths of its segments, in order. */
  readonly segments: readonly string[];
}

/** The name of a segment by its number, from 1. */
export function segmentName(number: number): string {
  return `${String(number).padStart(6, "0")}.rec`;
}

/** The recordings in a folder, the oldest first: itself, if it holds segments, or the folders in it that do. */
export function recordingsIn(folder: string): RecordingPlace[] {
  const own = segmentsOf(folder);
  if (own.length > 0) return [{ path: folder, segments: own }];
  return [...Deno.readDirSync(folder)]
    .filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => `${folder}/${name}`)
    .sort()
    .map((path) => ({ path, segments: segmentsOf(path) }))
    .filter(({ segments }) => segments.length > 0);
}

/** Opens the recordings in a folder. Throws a {@link RecordingError} if there are none, or one cannot be used. */
export function openRecordings(folder: string): Recording[] {
  let places: RecordingPlace[];
  try {
    places = recordingsIn(folder);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new RecordingError(`${folder}: no such directory`);
    }
    throw error;
  }
  if (places.length === 0) throw new RecordingError(`${folder}: there are no recordings in it`);
  return places.map(({ segments }) =>
    new Recording(segments.map((name) => ({ name, load: () => Deno.readFileSync(name) })))
  );
}

function segmentsOf(folder: string): string[] {
  return [...Deno.readDirSync(folder)]
    .filter(({ name, isFile }) => isFile && /^\d{6}\.rec$/.test(name))
    .map(({ name }) => `${folder}/${name}`)
    .sort();
}
