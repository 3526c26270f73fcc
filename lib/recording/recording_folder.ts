/**
 * Finding recordings in a folder.
 *
 * @module
 */

import { osErrorText } from "../go/os_error.ts";
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

/** The folder of a later part of a run, by that of the first: it comes after it, and before those of later starts. */
export function partPath(first: string, part: number): string {
  return `${first}-${String(part).padStart(6, "0")}`;
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

/** The recordings of single starts in a folder, the oldest first, and how many bytes each has. */
export async function recordingSizes(
  folder: string,
): Promise<{ readonly path: string; readonly bytes: number }[]> {
  const sizes: { path: string; bytes: number }[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory) continue;
    const path = `${folder}/${name}`;
    let bytes = 0;
    for await (const entry of Deno.readDir(path)) {
      if (isSegment(entry)) bytes += (await Deno.stat(`${path}/${entry.name}`)).size;
    }
    if (bytes > 0) sizes.push({ path, bytes });
  }
  return sizes.sort((a, b) => a.path < b.path ? -1 : 1);
}

/**
 * Opens the recordings in a folder. Throws a {@link RecordingError} if there are none, or none of them can be used; if only some
 * cannot, the reasons are added to `problems`: a part whose beginning was cut off or damaged does not spoil the others.
 */
export function openRecordings(folder: string, problems: string[] = []): Recording[] {
  let places: RecordingPlace[];
  try {
    places = recordingsIn(folder);
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound;
    throw new RecordingError(`${folder}: ${isMissing ? "no such directory" : osErrorText(error)}`);
  }
  if (places.length === 0) throw new RecordingError(`${folder}: there are no recordings in it`);
  const recordings: Recording[] = [];
  const unusable: RecordingError[] = [];
  for (const { segments } of places) {
    try {
      recordings.push(
        new Recording(segments.map((name) => ({ name, load: () => readSegment(name) }))),
      );
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error;
      unusable.push(error);
    }
  }
  if (recordings.length === 0) throw unusable[0];
  problems.push(...unusable.map(({ message }) => message));
  return recordings;
}

function segmentsOf(folder: string): string[] {
  return [...Deno.readDirSync(folder)]
    .filter(isSegment)
    .map(({ name }) => `${folder}/${name}`)
    .sort();
}

/** A segment is read when a replay needs it: it may be gone by then, as the agent removes its oldest parts. */
function readSegment(path: string): Uint8Array {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    throw new RecordingError(`${path}: ${osErrorText(error)}`);
  }
}

function isSegment({ name, isFile }: Deno.DirEntry): boolean {
  return isFile && /^\d{6}\.rec$/.test(name);
}
