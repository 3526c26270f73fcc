/**
 * Recordings on disk. A folder holds the recordings of an agent, each part of each start in a folder of its own, in numbered
 * segments.
 *
 * @module
 */

import type { Log } from "../base/log.ts";
import { after, endsWithin, type Timer } from "../base/timer.ts";
import { joinBytes } from "../base/bytes.ts";
import { errorText } from "../base/errors.ts";
import { writeAll } from "../base/write_all.ts";
import { osErrorText } from "../go/os_error.ts";
import { BlockType, encodeJsonBlock, PREAMBLE, type RecordingHeader } from "./format.ts";
import { partPath, recordingSizes, segmentName } from "./recording_folder.ts";
import type { RecordingSink } from "./recorder.ts";

/** A segment is closed when it has so many bytes, so that it can be copied and sent while more is recorded. */
const SEGMENT_BYTES = 8 * 2 ** 20;
/** How much may wait for a slow disk beside the states with which parts begin, bytes: minutes at rest, and a second of the busiest agents. */
const MAX_WAITING = 8 * 2 ** 20;
/** How often what was recorded is written, as with the snapshot. A kill loses at most this much. */
const FLUSH_INTERVAL_MS = 500;
/** How long a start waits for a disk that does not respond, as with the snapshot. */
const OPEN_TIMEOUT_MS = 10_000;
/** How long a shutdown waits for a disk that does not respond, as with the snapshot. */
const CLOSE_TIMEOUT_MS = 250;
/** Recordings have what went over the network: only the agent's user may read them. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** Settings of {@link RecordingFiles}. */
export interface RecordingFilesOptions {
  /** How many bytes all recordings in the folder may take together. */
  readonly maxBytes: number;
  readonly log: Log;
  /** Called twice a second, to pass on what has been recorded. */
  readonly flush: () => void;
}

/** A part is full when it has this share of the limit beside the state with which it begins. */
const PART_SHARE = 1 / 8;

/** Where states are large, parts have so many times as many bytes beside it, if they take no more than half of the limit so. */
const STEPS_PER_STATE = 4;

/** A state that takes more than this share would push out nearly all that was recorded before. */
const MAX_STATE_SHARE = 1 / 2;

/** What the mark at the end and the beginning of a segment take, at most. */
const RESERVED_BYTES = 256;

/** What waits to be written: a block, or the first blocks of a part. */
interface Waiting {
  readonly bytes: Uint8Array;
  /** The number of the part that begins with it. */
  readonly part?: number;
}

/**
 * Writes one recording. When the folder has reached its limit, the oldest parts are removed; when the one that is written is all
 * that is left, this recording ends, because what has lost its beginning cannot be replayed. Only the start and {@link close}
 * wait for the disk, for a moment.
 */
export class RecordingFiles implements RecordingSink {
  readonly #path: string;
  readonly #options: RecordingFilesOptions;
  /** Earlier parts, and those of earlier starts, the oldest first. */
  readonly #earlier: { readonly path: string; readonly bytes: number }[];
  #earlierBytes: number;
  #run = "";
  /** Where the part is that is being written. */
  #partPath: string;
  /** How many bytes the part that is being recorded may have, beside its first blocks, and how many it has. */
  #partLimit = Infinity;
  #partBytes = 0;
  #queue: Waiting[] = [];
  #waiting = 0;
  #writing: Promise<void> | undefined;
  #written = 0;
  #segment: { readonly file: Deno.FsFile; bytes: number } | undefined;
  #segments = 0;
  #flushTimer: Timer | undefined;
  #hasEnded = false;
  #isClosed = false;

  private constructor(
    path: string,
    earlier: { readonly path: string; readonly bytes: number }[],
    options: RecordingFilesOptions,
  ) {
    this.#path = path;
    this.#partPath = path;
    this.#options = options;
    this.#earlier = earlier;
    this.#earlierBytes = earlier.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#flushSoon();
  }

  /** Makes the folder of a new recording. Rejects with the system's error, or after 10 s if the disk does not respond. */
  static async create(folder: string, options: RecordingFilesOptions): Promise<RecordingFiles> {
    const making = makeFolder(folder);
    if (!await endsWithin(making, OPEN_TIMEOUT_MS)) throw new Error("the disk does not respond");
    const { path, earlier } = await making;
    return new RecordingFiles(path, earlier, options);
  }

  /** Where this recording is. */
  get path(): string {
    return this.#path;
  }

  get isOpen(): boolean {
    return !this.#hasEnded && !this.#isClosed;
  }

  /** Whether nothing waits to be written. */
  get isWritten(): boolean {
    return this.#writing === undefined;
  }

  get isPartFull(): boolean {
    return this.#partBytes >= this.#partLimit;
  }

  hasRoomFor(stateBytes: number): boolean {
    const { maxBytes, log } = this.#options;
    if (stateBytes <= MAX_STATE_SHARE * maxBytes) return true;
    // It is not asked for again.
    this.#partLimit = Infinity;
    log("WARN", `agent: Recording cannot go on in parts: a state takes ${stateBytes} bytes`);
    return false;
  }

  begin({ run, part }: RecordingHeader, blocks: readonly Uint8Array[]): void {
    this.#run = run;
    const bytes = joinBytes(...blocks);
    this.#enqueue({ bytes, part });
    const { maxBytes } = this.#options;
    const { length: stateBytes } = bytes;
    this.#partLimit = Math.max(
      PART_SHARE * maxBytes,
      Math.min(STEPS_PER_STATE * stateBytes, maxBytes / 2 - stateBytes),
    );
    this.#partBytes = 0;
  }

  write(block: Uint8Array): void {
    if (!this.isOpen) return;
    if (this.#waiting + block.length > MAX_WAITING) return this.end("the disk is too slow");
    this.#waiting += block.length;
    this.#partBytes += block.length;
    this.#enqueue({ bytes: block });
  }

  #enqueue(waiting: Waiting): void {
    if (!this.isOpen) return;
    this.#queue.push(waiting);
    this.#writing ??= this.#writeQueue();
  }

  /** Writes what waits, and closes the file. Resolves after 250 ms at the latest. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#flushTimer?.cancel();
    const closing = Promise.resolve(this.#writing).then(() => this.#closeSegment());
    if (!await endsWithin(closing, CLOSE_TIMEOUT_MS)) {
      this.#options.log("WARN", "agent: Recording was not finished: the disk does not respond");
    }
  }

  #flushSoon(): void {
    this.#flushTimer = after(FLUSH_INTERVAL_MS, () => {
      if (!this.isOpen) return;
      this.#options.flush();
      this.#flushSoon();
    });
  }

  end(reason: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#flushTimer?.cancel();
    this.#options.log("WARN", `agent: Recording ended: ${reason}`);
  }

  async #writeQueue(): Promise<void> {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      try {
        if (next.part !== undefined && next.part > 1) await this.#nextPart(next.part);
        if (!await this.#append(next.bytes)) break;
      } catch (error) {
        this.end(`failed to write ${this.#partPath}: ${osErrorText(error)}`);
        break;
      }
      if (next.part === undefined) this.#waiting -= next.bytes.length;
    }
    this.#queue = [];
    this.#waiting = 0;
    this.#writing = undefined;
    if (!this.isOpen) this.#closeSegment();
  }

  /** Writes a block; resolves to `false` if that would exceed the limit. */
  async #append(block: Uint8Array): Promise<boolean> {
    const { maxBytes } = this.#options;
    const exceeds = () => this.#total + block.length + RESERVED_BYTES > maxBytes;
    while (exceeds() && this.#earlier.length > 0) await this.#removeOldest();
    if (exceeds()) {
      const reason = `the limit of ${maxBytes} bytes is reached`;
      this.end(reason);
      if (this.#segment !== undefined) {
        await writeAll(this.#segment.file, encodeJsonBlock(BlockType.end, { reason }));
      }
      return false;
    }
    if (this.#segment === undefined || this.#segment.bytes >= SEGMENT_BYTES) {
      await this.#nextSegment();
    }
    const segment = this.#segment!;
    await writeAll(segment.file, block);
    segment.bytes += block.length;
    this.#written += block.length;
    return true;
  }

  get #total(): number {
    return this.#earlierBytes + this.#written;
  }

  async #nextSegment(): Promise<void> {
    this.#closeSegment();
    const name = `${this.#partPath}/${segmentName(++this.#segments)}`;
    const file = await Deno.open(name, { write: true, createNew: true, mode: FILE_MODE });
    this.#segment = { file, bytes: 0 };
    // The first block of the first segment is the header of the part.
    const first = this.#segments === 1
      ? []
      : [encodeJsonBlock(BlockType.header, { run: this.#run })];
    for (const bytes of [PREAMBLE, ...first]) {
      await writeAll(file, bytes);
      this.#written += bytes.length;
    }
  }

  async #nextPart(part: number): Promise<void> {
    this.#closeSegment();
    this.#earlier.push({ path: this.#partPath, bytes: this.#written });
    this.#earlierBytes += this.#written;
    this.#written = 0;
    this.#segments = 0;
    this.#partPath = partPath(this.#path, part);
    await Deno.mkdir(this.#partPath, { mode: FOLDER_MODE });
    this.#options.log("DEBUG", `agent: Recording to ${this.#partPath}`);
  }

  #closeSegment(): void {
    this.#segment?.file.close();
    this.#segment = undefined;
  }

  async #removeOldest(): Promise<void> {
    const { path, bytes } = this.#earlier.shift()!;
    this.#earlierBytes -= bytes;
    try {
      await Deno.remove(path, { recursive: true });
      this.#options.log("DEBUG", `agent: Removed the recording ${path}`);
    } catch (error) {
      const reason = errorText(error);
      this.#options.log("WARN", `agent: Failed to remove an old recording: ${reason}`);
    }
  }
}

/** Makes the folder of a new recording, and finds the earlier ones. */
async function makeFolder(folder: string) {
  await Deno.mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  const earlier = await recordingSizes(folder);
  const stamp = new Date().toISOString().replace(/[-:]/g, "");
  const path = `${folder}/${stamp}`;
  await Deno.mkdir(path, { mode: FOLDER_MODE });
  return { path, earlier };
}
