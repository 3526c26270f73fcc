/** What can be read of recordings that are cut off, damaged, mixed up or too new. */

import {
  assert,
  assertEquals,
  assertGreater,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { BlockType, encodeBlock, PREAMBLE, readBlocks } from "../../lib/recording/format.ts";
import { replayRun, runsOf } from "../../lib/recording/parts/run.ts";
import { Recording, RecordingError } from "../../lib/recording/recording.ts";
import { replay } from "../../lib/recording/replay.ts";
import { MANY_PARTS, readSample, sampleParts, sampleRecording } from "./sample.ts";

const sample = sampleRecording();

/** Where each block of the sample ends. */
const blockEnds = (() => {
  const ends: number[] = [];
  let offset = PREAMBLE.length;
  for (const { contents } of readBlocks(sample)) ends.push(offset += 9 + contents.length);
  return ends;
})();

/** The steps in a recording, as text. */
function inputs(recording: Recording): string[] {
  return [...recording.steps()].map(({ step: { now, input, check } }) =>
    `${now} ${input.type} ${check}`
  );
}

Deno.test("a recording that is cut off at any byte reads up to its last whole block", () => {
  const all = inputs(readSample(sample));
  assertGreater(blockEnds.length, 3);
  const counts = new Set<number>();
  for (let length = 0; length < sample.length; length++) {
    const cut = sample.subarray(0, length);
    if (length < blockEnds[0]) {
      assertThrows(() => readSample(cut), RecordingError);
      continue;
    }
    const recording = readSample(cut);
    const read = inputs(recording);
    assertEquals(read, all.slice(0, read.length));
    assertEquals(recording.ending, "the process was killed, or has not ended");
    counts.add(read.length);
  }
  // Every block but the last, which is never whole here, and none at all.
  assertEquals(counts.size, blockEnds.length - 1);
});

Deno.test("a later part that is cut off at any byte reads up to its last whole block", () => {
  const parts = sampleParts(MANY_PARTS);
  assertGreater(parts.length, 3);
  const [part] = parts.slice(-2);
  const all = inputs(readSample(part));
  const [header, checkpoint] = [...readBlocks(part)].map(({ contents }) => 9 + contents.length);
  const counts = new Set<number>();
  for (let length = 0; length < part.length; length++) {
    const cut = part.subarray(0, length);
    if (length < PREAMBLE.length + header + checkpoint) {
      assertThrows(() => readSample(cut), RecordingError, "its beginning cannot be read");
      continue;
    }
    const read = inputs(readSample(cut));
    assertEquals(read, all.slice(0, read.length));
    counts.add(read.length);
  }
  assertEquals(counts.size, [...readBlocks(part)].length - 2);
});

Deno.test("a state that is not the one to which the part before leads is found out", () => {
  const parts = sampleParts(MANY_PARTS);
  const [first, second, third] = parts.map(readSample);
  assertEquals(replayRun([first, second, third]).divergence, undefined);
  const checkpoint = second.checkpoint()!;
  const other = { ...checkpoint, lastTimer: checkpoint.lastTimer + 1 };
  Object.defineProperty(second, "checkpoint", { value: () => other });
  const { divergence, steps, parts: replayed } = replayRun([first, second]);
  assertEquals([divergence?.input, divergence?.step, replayed], [
    "the beginning of part 2",
    steps,
    1,
  ]);
});

Deno.test("parts without the one between them are two runs, and one that was damaged is named", () => {
  const parts = sampleParts(MANY_PARTS);
  const [first, second, third, ...others] = parts.map(readSample);
  assertEquals(runsOf([first, third, ...others]), [[first], [third, ...others]]);
  const damaged = parts[1].slice();
  damaged[damaged.length - 100] ^= 1;
  const { divergence, ending } = replayRun([first, readSample(damaged), third]);
  assertEquals(divergence, undefined);
  assertMatch(ending, /^sample\.rec is damaged after byte \d+, and it goes on in the next part; /);
  assertEquals(replay(second).divergence, undefined);
});

Deno.test("a replay of what was cut off is the same run so far", () => {
  for (const end of blockEnds) {
    const { divergence } = replay(readSample(sample.subarray(0, end)));
    assertEquals(divergence, undefined);
  }
});

Deno.test("a byte that was changed is noticed, wherever it is", () => {
  const all = inputs(readSample(sample));
  for (let i = 0; i < sample.length; i++) {
    const damaged = sample.slice();
    damaged[i] ^= 1 << i % 8;
    let recording: Recording;
    try {
      recording = readSample(damaged);
    } catch (error) {
      // In the preamble, or in the first block.
      assert(error instanceof RecordingError && i < blockEnds[0], `byte ${i}: ${error}`);
      continue;
    }
    // An older version of the format is none that there ever was.
    if (i === PREAMBLE.length - 1) continue;
    const read = inputs(recording);
    assert(read.length < all.length, `byte ${i} was changed, and nobody notices`);
    assertEquals(read, all.slice(0, read.length));
  }
});

Deno.test("damage before the last segment is named", () => {
  const damaged = sample.slice();
  damaged[blockEnds[1] + 20] ^= 1;
  const recording = readSample(damaged);
  inputs(recording);
  assertEquals(recording.ending, `sample.rec is damaged after byte ${blockEnds[1]}`);
});

Deno.test("segments are read in order, and those of another run are refused", () => {
  const segment = (name: string, bytes: Uint8Array) => ({ name, load: () => bytes });
  const { run } = readSample(sample).header;
  const next = (of: string) => {
    const header = encodeBlock(
      BlockType.header,
      new TextEncoder().encode(JSON.stringify({ run: of })),
    );
    return new Uint8Array([...PREAMBLE, ...header, ...sample.subarray(blockEnds[1])]);
  };
  const first = segment("1.rec", sample.subarray(0, blockEnds[1]));
  const whole = new Recording([first, segment("2.rec", next(run))]);
  assertEquals(replay(whole).divergence, undefined);
  assertEquals(inputs(whole), inputs(readSample(sample)));
  const mixed = new Recording([first, segment("2.rec", next("0123"))]);
  inputs(mixed);
  assertEquals(mixed.ending, "2.rec is of another run");
  assertThrows(
    () => new Recording([segment("2.rec", next(run))]),
    RecordingError,
    "2.rec: it is not the first segment",
  );
});

Deno.test("a newer format says which version it takes, and other files are none", () => {
  const newer = sample.slice();
  newer[PREAMBLE.length - 1] = 9;
  assertThrows(
    () => readSample(newer),
    RecordingError,
    "sample.rec: got format 9, which takes a newer version of Serf for Deno; this one reads 1 to 2",
  );
  assertThrows(
    () => readSample(new TextEncoder().encode("# a snapshot")),
    RecordingError,
    "sample.rec: it is no recording",
  );
  assertThrows(() => new Recording([]), RecordingError, "there are no segments");
});

Deno.test("a core that does something else is found out at the step where it does", () => {
  const recording = readSample(sample);
  const { config } = recording.header;
  const other = { ...config, profile: { ...config.profile, gossipNodes: 1, probeIntervalMs: 900 } };
  Object.defineProperty(recording, "header", { value: { ...recording.header, config: other } });
  const { divergence, steps } = replay(recording);
  assertEquals(divergence?.step, steps);
  assertStringIncludes(divergence!.input, "a start");
});
