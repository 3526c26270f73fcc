/** The files of a recording: who may read them, how much they take, and what a bad disk does. */

import {
  assert,
  assertEquals,
  assertGreater,
  assertLessOrEqual,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { BlockType, encodeBlock } from "../../lib/recording/format.ts";
import { replayRun, runsOf } from "../../lib/recording/parts/run.ts";
import { RecordedCore } from "../../lib/recording/recorded_core.ts";
import { Recorder } from "../../lib/recording/recorder.ts";
import { RecordingError } from "../../lib/recording/recording.ts";
import { RecordingFiles } from "../../lib/recording/recording_files.ts";
import { openRecordings, recordingsIn } from "../../lib/recording/recording_folder.ts";
import { replay } from "../../lib/recording/replay.ts";
import { startRecording } from "../../lib/recording/start_recording.ts";
import { SerfCore } from "../../lib/serf/core.ts";
import { type Cluster, simulate } from "../../lib/sim/mod.ts";
import { runInTinyDisk, tinyDiskMissing } from "../support/tiny_disk.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";
import { until } from "../support/until.ts";

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

/**
 * Records the first of three nodes in small blocks until it has been told all that there is to do, which is done every ten virtual
 * seconds. The files are checked meanwhile.
 */
async function recordInParts(
  folder: string,
  { maxBytes, act, count }: {
    readonly maxBytes: number;
    readonly act: (cluster: Cluster, index: number) => void;
    readonly count: number;
  },
): Promise<readonly string[]> {
  const lines: string[] = [];
  const files = await RecordingFiles.create(folder, {
    maxBytes,
    log: (level, text) => lines.push(`[${level}] ${text}`),
    flush: () => {},
  });
  let recorder: Recorder | undefined;
  const cluster = simulate({
    nodes: 3,
    wire: true,
    loss: 0.02,
    makeCore: (node) => (config, world, options) => {
      if (node.index > 0) return new SerfCore(config, world, options);
      const wallClock = () => node.simulatedMs;
      const random = node.generator;
      recorder = new Recorder({ sink: files, version: "1", random, wallClock, blockBytes: 2_000 });
      return new RecordedCore(config, world, { ...options, recorder });
    },
  });
  cluster.answerQueries(() => new Uint8Array(10));
  let part = 1;
  for (let index = 0; index < count && files.isOpen; index++) {
    act(cluster, index);
    cluster.run({ seconds: 10 });
    await until(() => files.isWritten, { what: "what waits is written" });
    assertLessOrEqual(bytesIn(folder), maxBytes);
    const last = openRecordings(folder).at(-1)!;
    if (last.part > part) assertEquals(replay(last).divergence, undefined);
    part = last.part;
  }
  recorder!.end("the agent has ended");
  await files.close();
  return lines;
}

function sendSomething(cluster: Cluster, index: number): void {
  cluster.node(index % 3).userEvent(`e${index % 10}`, "payload");
  cluster.node(0).query("q");
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

Deno.test("a segment that is gone when a replay needs it is an error that names it", async () => {
  using directory = new TemporaryDirectory();
  const { path } = directory;
  await record(path, 10);
  const [recording] = openRecordings(path);
  const [{ segments: [segment] }] = recordingsIn(path);
  Deno.removeSync(segment);
  assertThrows(
    () => replay(recording),
    RecordingError,
    `${segment}: no such file or directory`,
  );
});

Deno.test("the oldest recordings make room for a new one", async () => {
  using directory = new TemporaryDirectory();
  const maxBytes = 40_000;
  for (let start = 0; start < 5; start++) await record(directory.path, 30, maxBytes);
  assertLessOrEqual(bytesIn(directory.path), maxBytes);
  const recordings = openRecordings(directory.path);
  assert(recordings.length > 1 && recordings.length < 5, `${recordings.length} are left`);
  for (const recording of recordings) assertEquals(replay(recording).divergence, undefined);
});

Deno.test("the oldest parts of a recording make room for new ones, and what is left is one run", async () => {
  using directory = new TemporaryDirectory();
  const folder = directory.file("recordings");
  const maxBytes = 100_000;
  await recordInParts(folder, { maxBytes, act: sendSomething, count: 150 });
  assertGreater(bytesIn(folder), maxBytes / 2);
  const [run, ...others] = runsOf(openRecordings(folder));
  assertEquals(others, []);
  assertGreater(run[0].part, 5);
  assertGreater(run.length, 1);
  const { divergence, parts, ending } = replayRun(run);
  assertEquals([divergence, parts, ending], [undefined, run.length, "the agent has ended"]);
});

Deno.test("a part whose beginning was cut off is named, and those before it are told", async () => {
  using directory = new TemporaryDirectory();
  const folder = directory.file("recordings");
  await recordInParts(folder, { maxBytes: 100_000, act: sendSomething, count: 30 });
  const places = recordingsIn(folder);
  assertGreater(places.length, 2);
  const [last] = places.at(-1)!.segments;
  for (const length of [1_500, 20, 5, 0]) {
    Deno.truncateSync(last, length);
    const problems: string[] = [];
    const [run] = runsOf(openRecordings(folder, problems));
    assertEquals(problems, [`${last}: its beginning cannot be read`]);
    const { divergence, parts, ending } = replayRun(run);
    assertEquals(
      [divergence, parts, ending],
      [undefined, places.length - 1, "the process was killed, or has not ended"],
    );
  }
});

Deno.test("a recording of which no part can end has no more room in the end, and says so", async () => {
  using directory = new TemporaryDirectory();
  const folder = directory.file("recordings");
  const maxBytes = 100_000;
  // A stream to a process that stands still is always under way.
  const act = (cluster: Cluster, index: number) => {
    if (index === 0) cluster.node(2).pause();
    cluster.node(0).join(cluster.node(2));
    cluster.after({ seconds: 5 }, () => cluster.node(0).join(cluster.node(2)));
    sendSomething(cluster, index % 2);
  };
  const lines = await recordInParts(folder, { maxBytes, act, count: 360 });
  assertEquals(lines, ["[WARN] agent: Recording ended: the limit of 100000 bytes is reached"]);
  const [recording] = openRecordings(folder);
  assertEquals(replay(recording).divergence, undefined);
  assertEquals(recording.ending, "the limit of 100000 bytes is reached");
});

Deno.test("a state that takes more than half of the limit does not push out what was recorded", async () => {
  using directory = new TemporaryDirectory();
  const folder = directory.file("recordings");
  const act = (cluster: Cluster, index: number) => {
    for (let i = 0; i < 20; i++) cluster.node(1).userEvent(`e${index} ${i}`, "x".repeat(400));
  };
  // States grow to some 50,000 bytes.
  const maxBytes = 80_000;
  const lines = await recordInParts(folder, { maxBytes, act, count: 100 });
  const [warning, ...others] = lines.filter((line) => line.startsWith("[WARN]"));
  assertMatch(
    warning,
    /^\[WARN\] agent: Recording cannot go on in parts: a state takes \d+ bytes$/,
  );
  assertEquals(others, [
    `[WARN] agent: Recording ended: the limit of ${maxBytes} bytes is reached`,
  ]);
  const [run] = runsOf(openRecordings(folder));
  assertEquals(replayRun(run).divergence, undefined);
  assertGreater(bytesIn(folder), maxBytes / 2);
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
  directory.write({ "file": "" });
  for (
    const [path, problem] of [
      [directory.path, "there are no recordings in it"],
      [directory.file("none"), "no such directory"],
      [directory.file("file"), "not a directory"],
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
      files.begin({ run: "0123" }, [encodeBlock(1, new Uint8Array(100))]);
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
