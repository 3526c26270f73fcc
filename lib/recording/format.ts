/**
 * The file format of recordings.
 *
 * A run is recorded in parts, each a folder with numbered segments that can be replayed by itself. Each segment starts with
 * {@link MAGIC} and the version of the format, and holds blocks: the length and the CRC-32 of the contents, a byte that says
 * what they are, and the contents. The first block of each segment says to which run it belongs; that of the first segment has
 * everything that the part started with. In all parts but the first, the state of the core follows.
 *
 * @module
 */

import { encodeText } from "../base/text.ts";
import type { SerfConfig } from "../serf/config.ts";
import type { SnapshotState } from "../serf/snapshot/snapshot.ts";
import { crc32 } from "../wire/framing/crc32.ts";
import { encodeValue } from "./json_value.ts";

/** The version of the format that is written. Every older one can be read. */
export const FORMAT_VERSION = 2;

/** `SERFREC`. */
const MAGIC = Uint8Array.of(0x53, 0x45, 0x52, 0x46, 0x52, 0x45, 0x43);

/** What a segment begins with. */
export const PREAMBLE: Uint8Array<ArrayBuffer> = Uint8Array.of(...MAGIC, FORMAT_VERSION);

/** Length, checksum and type, before the contents of a block. */
const BLOCK_HEADER_SIZE = 9;

/** What is in a block. */
export const BlockType = {
  /** JSON: the run, or only its id in all segments but the first. */
  header: 1,
  /** Inputs; see `StepWriter`. */
  steps: 2,
  /** JSON: why the recording ended. */
  end: 3,
  /** The state of the core at the beginning of the part; see `Checkpoint`. */
  checkpoint: 4,
} as const;

/** Why a part ends that another one follows. */
export const GOES_ON = "it goes on in the next part";

/** What a recorded run, or a part of it, started with. */
export interface RecordingHeader {
  /** Random hex digits that tell the run from others. */
  readonly run: string;
  /** Which part of the run it is; the first if it does not say. */
  readonly part?: number;
  /** The version of Serf for Deno whose core was recorded. */
  readonly version: string;
  /** The reading of the wall clock at the start, milliseconds since 1970. */
  readonly startedAtMs: number;
  /** The reading of the node's own clock at the start, milliseconds. */
  readonly startedAt: number;
  /** The settings, without functions. */
  readonly config: SerfConfig;
  /** The state of the random generator. */
  readonly random: readonly number[];
  /** Bytes that label and encryption add to a datagram. */
  readonly packetOverhead: number;
  /** What was read from the snapshot. */
  readonly snapshot?: SnapshotState;
  /** Stand-ins for the keys, the primary one first; none if nothing is encrypted. */
  readonly keys?: readonly Uint8Array[];
  /**
   * Functions that the core was given. Their results are recorded, but for those of `compileExpression`, and of
   * `refuseExpression` where RE2 could not be loaded.
   */
  readonly callbacks: readonly string[];
  /** Whether payloads are in the recording, and not fillers of their lengths. */
  readonly payloads: boolean;
}

/** The contents of a block. */
export interface Block {
  readonly type: number;
  readonly contents: Uint8Array;
}

/** How the blocks of a segment end. */
export interface SegmentEnd {
  /** `cut` if the last block is incomplete, as when the process was killed; `damaged` if its checksum is wrong. */
  readonly state: "whole" | "cut" | "damaged";
  /** Where the last block that can be read ends, in bytes. */
  readonly offset: number;
}

/** A block as it stands in a segment. */
export function encodeBlock(type: number, contents: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(BLOCK_HEADER_SIZE + contents.length);
  bytes[8] = type;
  bytes.set(contents, BLOCK_HEADER_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, contents.length);
  view.setUint32(4, crc32(bytes.subarray(8)));
  return bytes;
}

/** A block whose contents are JSON. */
export function encodeJsonBlock(type: number, contents: unknown): Uint8Array<ArrayBuffer> {
  return encodeBlock(type, encodeText(encodeValue(contents)));
}

/**
 * The version of the format of a segment. Throws a `RangeError` for bytes that are no segment; `undefined` for too few of
 * them to tell.
 */
export function segmentVersion(bytes: Uint8Array): number | undefined {
  const start = bytes.subarray(0, MAGIC.length);
  if (start.some((byte, i) => byte !== MAGIC[i])) throw new RangeError("it is no recording");
  return bytes[MAGIC.length];
}

/** The blocks of a segment, up to the first that is incomplete or damaged. */
export function* readBlocks(bytes: Uint8Array): Generator<Block, SegmentEnd> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = PREAMBLE.length;
  if (bytes.length < offset) return { state: "cut", offset: 0 };
  while (offset < bytes.length) {
    const start = offset + BLOCK_HEADER_SIZE;
    if (start > bytes.length) return { state: "cut", offset };
    const end = start + view.getUint32(offset);
    if (end > bytes.length) return { state: "cut", offset };
    if (crc32(bytes.subarray(start - 1, end)) !== view.getUint32(offset + 4)) {
      return { state: "damaged", offset };
    }
    yield { type: bytes[start - 1], contents: bytes.subarray(start, end) };
    offset = end;
  }
  return { state: "whole", offset };
}
