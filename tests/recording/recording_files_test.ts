/** The files of a recording: who may read them, how much they take, and what a bad disk does. */

import { assert, assertEquals, assertLessOrEqual, assertStringIncludes } from "@std/assert";
import { BlockType, encodeBlock } from "../../lib/recording/format.ts";
import { RecordingError } from "../../lib/recording/recording.ts";
import { RecordingFiles } from "../../lib/recording/recording_files.ts";
import { openRecordings, recordingsIn } from "../../lib/recording/recording_folder.ts";
import { replay } from "../../lib/recording/replay.ts";
import { startRecording } from "../../lib/recording/start_recording.ts";
import { SerfCore } from "../../lib/serf/core.ts";
import { type Cluster, simulate } from "../../lib/sim/mod.ts";
import { runInTinyDisk, tinyDiskMissing } from "../support/tiny_disk.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";

/** How many bytes the files in a folder have. */
function bytesIn(folder: string): number {
  return recordingsIn(folder).flatMap(({ segments }) => segments)
    .reduce((sum, path) => sum + Deno.statSync(path).size, 0);
}

interface Recorded {
  readonly folder: string;
  readonly lines: readonly string[];
  readonly cluster: Cluster;
}

/** Records the first node of a cluster for some virtual seconds. */
async function record(folder: string, seconds: number, maxBytes = 1e6): Promise<Recorded> {
  const lines: string[] = [];
  const recording = await startRecording({
    folder,
    maxBytes,
    payloads: true,
    version: "1.2.3",
    log: (level, text) => lines.push(`[${level}] ${text}`),
  });
  const cluster = simulate({
    nodes: 2,
    makeCore: (node) => (...parts) =>
      node.index === 0 ? recording.makeCore(...parts) : new SerfCore(...parts),
  });
  cluster.run({ seconds });
  await recording.close();
  return { folder, lines, cluster };
}

Deno.test("a recording is for the agent's user alone, and replays", async () => {
  using directory = new TemporaryDirectory();
  const folder = directory.file("new/recordings");
  const { lines } = await record(folder, 10);
  const [place] = recordingsIn(folder);
  assertEquals(lines, [`[INFO] agent: Recording to ${place.path}`]);
  for (const path of [folder, place.path]) assertEquals(Deno.statSync(path).mode! & 0o777, 0o700);
  for (const path of place.segments) assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
  const [recording] = openRecordings(folder);
  const { divergence, core } = replay(recording);
  assertEquals(divergence, undefined);
  assertEquals(core.members().length, 2);
  assertEquals(recording.ending, "the agent has ended");
});

Deno.test("the oldest recordings make room for a new one", async () => {
  using directory = new TemporaryDirectory();
  for (let start = 0; start < 5; start++) await record(directory.path, 30, 60_000);
  assertLessOrEqual(bytesIn(directory.path), 60_000);
  const recordings = openRecordings(directory.path);
  assert(recordings.length > 1 && recordings.length < 5, `${recordings.length} are left`);
  for (const recording of recordings) assertEquals(replay(recording).divergence, undefined);
});

Deno.test("a recording that has no more room ends with a mark and a line in the log", async () => {
  using directory = new TemporaryDirectory();
  const { lines } = await record(directory.path, 900, 100_000);
  assertEquals(lines.at(-1), "[WARN] agent: Recording ended: the limit of 100000 bytes is reached");
  assertLessOrEqual(bytesIn(directory.path), 100_100);
  const [recording] = openRecordings(directory.path);
  assertEquals(replay(recording).divergence, undefined);
  assertEquals(recording.ending, "the limit of 100000 bytes is reached");
});

Deno.test("a disk that is too slow ends the recording, and not the agent", async () => {
  using directory = new TemporaryDirectory();
  const lines: string[] = [];
  const files = await RecordingFiles.create(directory.file("recordings"), {
    maxBytes: 1e9,
    log: (_, text) => lines.push(text),
    flush: () => {},
  });
  // Nothing is written before this returns.
  const block = encodeBlock(BlockType.steps, new Uint8Array(1e6));
  let taken = 0;
  for (; files.isOpen && taken < 100; taken++) files.write(block);
  assertEquals(lines, ["agent: Recording ended: the disk is too slow"]);
  assertLessOrEqual(taken, 10);
  await files.close();
});

Deno.test("other folders and files in the folder stay", async () => {
  using directory = new TemporaryDirectory();
  directory.write({ "notes/readme.txt": "mine".repeat(1e5), "000001.txt": "mine" });
  await record(directory.path, 10, 20_000);
  assertEquals(Deno.readTextFileSync(directory.file("000001.txt")), "mine");
  assertEquals(Deno.statSync(directory.file("notes/readme.txt")).size, 4e5);
});

Deno.test("a folder without recordings is an error that names it", () => {
  using directory = new TemporaryDirectory();
  for (
    const [path, problem] of [
      [directory.path, "there are no recordings in it"],
      [directory.file("none"), "no such directory"],
    ]
  ) {
    try {
      openRecordings(path);
      assert(false, "nothing was thrown");
    } catch (error) {
      assert(error instanceof RecordingError);
      assertEquals(error.message, `${path}: ${problem}`);
    }
  }
});

Deno.test({
  name: `a full disk ends the recording, and not the agent${
    tinyDiskMissing ? `: ${tinyDiskMissing}` : ""
  }`,
  ignore: tinyDiskMissing !== undefined,
  fn: async () => {
    const lib = new URL("../../lib/", import.meta.url).href;
    const printed = await runInTinyDisk(`
      import { RecordingFiles } from "${lib}recording/recording_files.ts";
      import { encodeBlock, readBlocks } from "${lib}recording/format.ts";
      import { recordingsIn } from "${lib}recording/recording_folder.ts";
      const folder = Deno.args[0] + "/recordings";
      const files = await RecordingFiles.create(folder, {
        maxBytes: 1e9,
        log: (level, text) => console.log(level, text),
        flush: () => {},
      });
      files.begin({ run: "0123" }, encodeBlock(1, new Uint8Array(100)));
      for (let block = 0; block < 100 && files.isOpen; block++) {
        files.write(encodeBlock(2, new Uint8Array(5_000).fill(block)));
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await files.close();
      const [{ segments: [path] }] = recordingsIn(folder);
      const blocks = [...readBlocks(Deno.readFileSync(path))];
      console.log("open", files.isOpen, "blocks", blocks.length > 5);
      // Or else the timer would be waited for that limits the start.
      Deno.exit();
    `);
    assertStringIncludes(printed, "WARN agent: Recording ended: failed to write ");
    assertStringIncludes(printed, "no space left on device");
    assertStringIncludes(printed, "open false blocks true");
  },
});
