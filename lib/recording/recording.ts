/**
 * A recording as it is read, one part of a run: what it started with, and its steps, as far as they can be read.
 *
 * @module
 */

import { decodeText } from "../base/text.ts";
import { ByteReader } from "./byte_log.ts";
import {
  type Block,
  BlockType,
  FORMAT_VERSION,
  readBlocks,
  type RecordingHeader,
  segmentVersion,
} from "./format.ts";
import { decodeValue } from "./json_value.ts";
import { type Checkpoint, decodeCheckpoint } from "./parts/checkpoint.ts";
import { type Step, StepReader } from "./steps.ts";

/** A segment that is loaded when it is needed. */
export interface Segment {
  /** What errors call it. */
  readonly name: string;
  /** Its bytes. */
  load(): Uint8Array;
}

/** A step, with what is known only of the whole. */
export interface TimedStep {
  readonly step: Step;
  /** The wall clock, milliseconds since 1970. */
  readonly atMs: number;
  /** At the last step of a block: the digest of all outputs so far, 16 hex digits. */
  readonly digest?: string;
}

/** Why a recording cannot be used. */
export class RecordingError extends Error {
  override readonly name = "RecordingError";
}

/** The recording of a run, or of one part of it. */
export class Recording {
  readonly header: RecordingHeader;
  readonly #segments: readonly Segment[];
  #ending = "it was not read to its end";

  /** Reads the beginning. Throws a {@link RecordingError} if the segments are no recording, or one of a newer format. */
  constructor(segments: readonly Segment[]) {
    this.#segments = segments;
    const [first] = segments;
    if (first === undefined) throw new RecordingError("there are no segments");
    const [block, state] = blocksOf(first);
    if (block?.type !== BlockType.header) {
      throw new RecordingError(`${first.name}: its beginning cannot be read`);
    }
    this.header = headerOf(block);
    if (this.header.config === undefined) {
      throw new RecordingError(`${first.name}: it is not the first segment of the recording`);
    }
    if (this.part > 1 && state?.type !== BlockType.checkpoint) {
      throw new RecordingError(`${first.name}: its beginning cannot be read`);
    }
  }

  /** Which part of its run it is, from 1. */
  get part(): number {
    return this.header.part ?? 1;
  }

  /** A copy of the state with which it begins; `undefined` if that is the start of the core. */
  checkpoint(): Checkpoint | undefined {
    if (this.part === 1) return undefined;
    const [, { contents }] = blocksOf(this.#segments[0]);
    return decodeCheckpoint(contents);
  }

  /** How it ends; known when all steps have been read. */
  get ending(): string {
    return this.#ending;
  }

  /** All steps that can be read, in order. */
  *steps(): Generator<TimedStep> {
    const reader = new StepReader();
    this.#ending = "the process was killed, or has not ended";
    for (const [i, segment] of this.#segments.entries()) {
      const blocks = blocksOf(segment);
      for (let next = blocks.next();; next = blocks.next()) {
        if (next.done) {
          const { state, offset } = next.value;
          const isLast = i === this.#segments.length - 1;
          if (state === "whole" || (state === "cut" && isLast)) break;
          this.#ending = `${segment.name} is damaged after byte ${offset}`;
          return;
        }
        const block = next.value;
        if (block.type === BlockType.steps) yield* this.#block(block, reader);
        else if (block.type === BlockType.end) this.#ending = endOf(block);
        else if (block.type === BlockType.checkpoint) continue;
        else if (headerOf(block).run !== this.header.run) {
          this.#ending = `${segment.name} is of another run`;
          return;
        }
      }
    }
  }

  *#block({ contents }: Block, reader: StepReader): Generator<TimedStep> {
    const block = new ByteReader(contents);
    const blockAtMs = block.float();
    const bytes = new ByteReader(block.blob());
    const digest = decodeText(block.blob());
    let first: number | undefined;
    while (bytes.remaining > 0) {
      const step = reader.read(bytes);
      first ??= step.now;
      const atMs = blockAtMs + step.now - first;
      yield { step, atMs, digest: bytes.remaining === 0 ? digest : undefined };
    }
  }
}

function blocksOf(segment: Segment): ReturnType<typeof readBlocks> {
  const bytes = segment.load();
  let version: number | undefined;
  try {
    version = segmentVersion(bytes);
  } catch (error) {
    throw new RecordingError(`${segment.name}: ${(error as Error).message}`);
  }
  if (version !== undefined && version > FORMAT_VERSION) {
    throw new RecordingError(
      `${segment.name}: got format ${version}, which takes a newer version of Serf for Deno; this one reads 1 to ${FORMAT_VERSION}`,
    );
  }
  return readBlocks(bytes);
}

function headerOf({ contents }: Block): RecordingHeader {
  return decodeValue(decodeText(contents)) as RecordingHeader;
}

function endOf({ contents }: Block): string {
  const { reason } = decodeValue(decodeText(contents)) as { reason: string };
  return reason;
}
