import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Address } from "../../lib/base/address.ts";
import { parseSnapshot } from "../../lib/serf/snapshot/snapshot.ts";
import { SnapshotFile } from "../../lib/host/snapshot_file.ts";
import { RecordedDiskSteps } from "../support/recorded_disk_steps.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";
import { runInTinyDisk, tinyDiskMissing } from "../support/tiny_disk.ts";
import { sleep } from "../support/sleep.ts";
import { until } from "../support/until.ts";

const address = Address.parse("10.0.0.1", 7946);

/** Opens a snapshot and collects its log. */
async function open(path: string, options: { rejoinAfterLeave?: boolean } = {}) {
  const log: string[] = [];
  const file = await SnapshotFile.open(path, {
    ...options,
    log: (level, text) => void log.push(`${level} ${text}`),
  });
  return { file, log };
}

/** Whether this process has a file below a directory open. */
function hasOpenFile(directory: string): boolean {
  return [...Deno.readDirSync("/proc/self/fd")].some(({ name }) => {
    try {
      return Deno.readLinkSync(`/proc/self/fd/${name}`).startsWith(directory);
    } catch {
      return false; // Closed meanwhile.
    }
  });
}

/** Closes a file and waits until it is written: a busy disk may take longer than a shutdown waits. */
async function close(file: SnapshotFile, path: string): Promise<void> {
  await file.close();
  if (Deno.build.os === "linux") await until(() => !hasOpenFile(path));
}

Deno.test("entries are in the file after closing, and are recovered when it is opened again", async () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("snapshot");
  const { file } = await open(path);
  assertEquals(file.recovered.alive.size, 0);
  file.add({ type: "alive", name: "a b", address });
  file.add({ type: "alive", name: "c", address });
  file.add({ type: "not-alive", name: "c" });
  file.add({ type: "clock", lTime: 4 });
  file.add({ type: "event-clock", lTime: 5 });
  file.add({ type: "query-clock", lTime: 6 });
  await close(file, path);
  assertEquals(
    Deno.readTextFileSync(path),
    "alive: a b 10.0.0.1:7946\nalive: c 10.0.0.1:7946\nnot-alive: c\n" +
      "clock: 4\nevent-clock: 5\nquery-clock: 6\n",
  );
  assertEquals(Deno.statSync(path).mode! & 0o777, 0o644);
  const { file: again } = await open(path);
  const { alive, clock, eventClock, queryClock } = again.recovered;
  assertEquals([...alive.keys()], ["a b"]);
  assertEquals([clock, eventClock, queryClock], [4, 5, 6]);
  await close(again, path);
});

Deno.test("lines are written within a second without a leave or a close", async () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("snapshot");
  const { file } = await open(path);
  // A stall of this process would hold up both timers.
  const second = sleep(1_000).then(() => Deno.readTextFileSync(path));
  file.add({ type: "clock", lTime: 1 });
  assertEquals(Deno.readTextFileSync(path), "");
  assertEquals(await second, "clock: 1\n");
  await close(file, path);
});

Deno.test("a leave is written at once, together with the entries before it", async () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("snapshot");
  const { file } = await open(path);
  file.add({ type: "alive", name: "a", address });
  file.add({ type: "leave" });
  await until(() => Deno.readTextFileSync(path).endsWith("leave\n"), { timeoutMs: 400 });
  file.add({ type: "clock", lTime: 9 });
  await close(file, path);
  const { file: forgetful } = await open(path);
  assertEquals([forgetful.recovered.alive.size, forgetful.recovered.clock], [0, 9]);
  await forgetful.close();
  const { file: faithful, log } = await open(path, { rejoinAfterLeave: true });
  assertEquals([...faithful.recovered.alive.keys()], ["a"]);
  assertEquals(log, ["INFO serf: Ignoring previous leave in snapshot"]);
  await faithful.close();
});

Deno.test("an incomplete line at the end is removed when the file is opened", async () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("snapshot");
  Deno.writeTextFileSync(path, "clock: 3\nwhat?\nalive: a 10.0.0");
  const { file, log } = await open(path);
  assertEquals(log, ["WARN serf: Unrecognized snapshot line: what?"]);
  file.add({ type: "event-clock", lTime: 8 });
  await close(file, path);
  assertEquals(Deno.readTextFileSync(path), "clock: 3\nwhat?\nevent-clock: 8\n");
});

Deno.test("a file that was cut off at any byte is opened with the state of its complete lines, and can be appended to", async () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("snapshot");
  const bytes = new TextEncoder().encode(
    "alive: alpha 127.0.0.1:7946\nclock: 1\nalive: web 1 [fd00::1]:7946\nnot-alive: alpha\n" +
      "event-clock: 12\nquery-clock: 345\ncoordinate: {}\n#\nleave\nclock: 67\nalive: ä 10.0.0.1:1\n",
  );
  for (let length = 0; length <= bytes.length; length++) {
    Deno.writeFileSync(path, bytes.subarray(0, length));
    const { state } = parseSnapshot(bytes.subarray(0, length));
    const { file, log } = await open(path);
    assertEquals([[...file.recovered.alive], log], [[...state.alive], []], `${length} bytes`);
    file.add({ type: "alive", name: "next", address });
    file.add({ type: "event-clock", lTime: 400 });
    await close(file, path);
    const { file: again } = await open(path);
    const { alive, clock, eventClock, queryClock } = again.recovered;
    await close(again, path);
    assertEquals([...alive.keys()], [...state.alive.keys(), "next"], `${length} bytes`);
    assertEquals([clock, eventClock, queryClock], [state.clock, 400, state.queryClock]);
  }
});

Deno.test("a file that has grown too long is compacted", async () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("snapshot");
  const { file } = await open(path);
  file.add({ type: "alive", name: "keeper", address });
  for (let lTime = 1; lTime <= 20_000; lTime++) file.add({ type: "clock", lTime });
  await until(() => Deno.readTextFileSync(path).includes("query-clock: 0\n"));
  file.add({ type: "query-clock", lTime: 7 });
  await close(file, path);
  assertEquals(
    Deno.readTextFileSync(path),
    "alive: keeper 10.0.0.1:7946\nclock: 20000\nevent-clock: 0\nquery-clock: 0\nquery-clock: 7\n",
  );
  assertEquals(Array.from(Deno.readDirSync(directory.path), ({ name }) => name), ["snapshot"]);
  assertEquals(Deno.statSync(path).mode! & 0o777, 0o644);
});

Deno.test("a compacted file is on the disk before it replaces the old one, and its name right after", async () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("snapshot");
  const { file } = await open(path);
  using disk = new RecordedDiskSteps();
  for (let i = 0; i < 40_000; i++) file.add({ type: "clock", lTime: i });
  await until(() => disk.steps.includes("sync folder"));
  assertEquals(disk.steps.slice(0, 3), ["sync file", "rename", "sync folder"]);
  await close(file, path);
});

Deno.test("a compaction that fails is logged, and no entry is lost", async () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("snapshot");
  Deno.mkdirSync(`${path}.compact`);
  const { file, log } = await open(path);
  file.add({ type: "alive", name: "keeper", address });
  for (let lTime = 1; lTime <= 20_000; lTime++) file.add({ type: "clock", lTime });
  await until(() => log.length >= 3);
  assertEquals(log, [
    "ERR serf: Failed to update snapshot: is a directory",
    "INFO serf: Attempting compaction to recover from error...",
    "ERR serf: Compaction failed, will reattempt after 30s: is a directory",
  ]);
  Deno.removeSync(`${path}.compact`);
  file.add({ type: "event-clock", lTime: 3 });
  await close(file, path);
  assertEquals(
    log.at(-1),
    "INFO serf: Finished compaction, successfully recovered from error state",
  );
  assertEquals(
    Deno.readTextFileSync(path),
    "alive: keeper 10.0.0.1:7946\nclock: 20000\nevent-clock: 3\nquery-clock: 0\n",
  );
});

Deno.test("a snapshot that cannot be compacted is appended to", async () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("snapshot");
  Deno.mkdirSync(`${path}.compact`);
  const { file, log } = await open(path);
  for (let lTime = 1; lTime <= 20_000; lTime++) file.add({ type: "clock", lTime });
  await until(() => log.length >= 3);
  file.add({ type: "alive", name: "late", address });
  await until(() => Deno.readTextFileSync(path).endsWith("alive: late 10.0.0.1:7946\n"));
  file.add({ type: "alive", name: "last", address });
  await close(file, path);
  Deno.removeSync(`${path}.compact`);
  const { file: again } = await open(path);
  assertEquals([...again.recovered.alive.keys()], ["late", "last"]);
  assertEquals(again.recovered.clock, 20_000);
  await close(again, path);
});

Deno.test("while a compaction takes long, entries go into the old file", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("snapshot");
  // Opening this file for writing takes as long as nobody reads from it.
  await new Deno.Command("mkfifo", { args: [`${path}.compact`] }).output();
  const { file, log } = await open(path);
  for (let lTime = 1; lTime <= 20_000; lTime++) file.add({ type: "clock", lTime });
  await until(() => Deno.statSync(path).size > 100_000);
  for (const name of ["one", "two"]) {
    file.add({ type: "alive", name, address });
    await until(() => Deno.readTextFileSync(path).includes(`alive: ${name} 10.0.0.1:7946\n`));
  }
  const reader = await Deno.open(`${path}.compact`);
  // A pipe cannot be synced: the compaction fails, and so does a second one.
  await until(() => log.at(-1)?.includes("Compaction failed") === true);
  file.add({ type: "not-alive", name: "one" });
  await until(() => Deno.readTextFileSync(path).endsWith("not-alive: one\n"));
  await file.close();
  reader.close();
  await until(() => !hasOpenFile(path));
  const { state } = parseSnapshot(Deno.readTextFileSync(path));
  assertEquals([[...state.alive.keys()], state.clock], [["two"], 20_000]);
});

Deno.test("a disk that does not respond holds up closing for 250 ms", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("snapshot");
  // Opening this file for writing takes as long as nobody reads from it.
  await new Deno.Command("mkfifo", { args: [`${path}.compact`] }).output();
  const { file, log } = await open(path);
  for (let lTime = 1; lTime <= 20_000; lTime++) file.add({ type: "clock", lTime });
  await until(() => Deno.statSync(path).size > 100_000);
  const begun = performance.now();
  await file.close();
  const tookMs = performance.now() - begun;
  assert(tookMs > 240, `${tookMs} ms`);
  assertEquals(log, ["WARN serf: Snapshot was not written: the disk does not respond"]);
  const reader = await Deno.open(`${path}.compact`);
  // A pipe cannot be synced, and is given up after a second try. As long as somebody reads from it, nothing waits.
  await until(() => log.at(-1)?.includes("Compaction failed") === true);
  reader.close();
  await until(() => !hasOpenFile(path));
});

Deno.test("a disk that does not respond ends opening with an error, and the file is let go later", async () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("snapshot");
  const disk = Promise.withResolvers<void>();
  const { open: openNow } = Deno;
  let late: Deno.FsFile | undefined;
  Deno.open = async (path, options) => {
    await disk.promise;
    return late = await openNow(path, options);
  };
  try {
    const opening = SnapshotFile.open(path, { log: () => {}, openTimeoutMs: 50 });
    const message = `failed to open snapshot: open ${path}: the disk does not respond`;
    await assertRejects(() => opening, Error, message);
    disk.resolve();
    await until(() => late !== undefined);
    // Writing to a file that is closed throws.
    await until(() => late!.write(new Uint8Array()).then(() => false, () => true));
  } finally {
    Deno.open = openNow;
  }
});

const noDisk = tinyDiskMissing === undefined ? "" : ` (skipped: ${tinyDiskMissing})`;

Deno.test(`a snapshot goes on when a full disk has room again${noDisk}`, {
  ignore: tinyDiskMissing !== undefined,
}, async () => {
  const printed = await runInTinyDisk(`
    import { SnapshotFile } from "${import.meta.resolve("../../lib/host/snapshot_file.ts")}";
    import { until } from "${import.meta.resolve("../support/until.ts")}";
    const path = Deno.args[0] + "/snapshot";
    let last = "";
    const log = (level, text) => console.log(level, last = text);
    const file = await SnapshotFile.open(path, { log });
    file.add({ type: "clock", lTime: 1 });
    await until(() => Deno.statSync(path).size > 0);
    try {
      Deno.writeFileSync(Deno.args[0] + "/ballast", new Uint8Array(1_000_000));
    } catch { /* It is full now. */ }
    for (let lTime = 2; lTime < 1000; lTime++) file.add({ type: "clock", lTime });
    await until(() => last.includes("Compaction failed"));
    Deno.removeSync(Deno.args[0] + "/ballast");
    file.add({ type: "event-clock", lTime: 3 });
    await file.close();
    console.log(Deno.readTextFileSync(path));
  `);
  assertEquals(printed.trim().split("\n"), [
    "ERR serf: Failed to update snapshot: no space left on device",
    "INFO serf: Attempting compaction to recover from error...",
    "ERR serf: Compaction failed, will reattempt after 30s: no space left on device",
    "INFO serf: Attempting compaction to recover from error...",
    "INFO serf: Finished compaction, successfully recovered from error state",
    "clock: 999",
    "event-clock: 3",
    "query-clock: 0",
  ]);
});

Deno.test(`a snapshot that is a mount of its own is compacted in place${noDisk}`, {
  ignore: tinyDiskMissing !== undefined,
}, async () => {
  const printed = await runInTinyDisk(
    `
    import { SnapshotFile } from "${import.meta.resolve("../../lib/host/snapshot_file.ts")}";
    const path = Deno.args[0] + "/snapshot";
    const log = (level, text) => console.log(level, text);
    const file = await SnapshotFile.open(path, { log });
    for (let lTime = 1; lTime < 20_000; lTime++) file.add({ type: "clock", lTime });
    await file.close();
    console.log(Deno.readTextFileSync(path));
  `,
    'mkdir "$DISK/big" && mount -t tmpfs none "$DISK/big" && touch "$DISK/big/s" "$DISK/snapshot" && ' +
      'mount --bind "$DISK/big/s" "$DISK/snapshot"',
  );
  assertEquals(printed.trim().split("\n"), ["clock: 19999", "event-clock: 0", "query-clock: 0"]);
});

Deno.test("a file that cannot be opened is reported with its path", async () => {
  const error = await assertRejects(() => open("/nonexistent/snapshot"), Error);
  assertStringIncludes(
    error.message,
    "failed to open snapshot: open /nonexistent/snapshot: no such file or directory",
  );
});
