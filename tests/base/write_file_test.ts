import { assertEquals, assertThrows } from "@std/assert";
import { writeFileAtomically } from "../../lib/base/write_file.ts";
import { RecordedDiskSteps } from "../support/recorded_disk_steps.ts";
import { runInTinyDisk, tinyDiskMissing } from "../support/tiny_disk.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("a file is replaced by a new one that only its owner may read", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("keys");
  directory.write({ keys: "old" });
  Deno.chmodSync(path, 0o644);
  const old = Deno.statSync(path).ino;
  writeFileAtomically(path, bytes("new"));
  const { ino, mode } = Deno.statSync(path);
  assertEquals([Deno.readTextFileSync(path), (mode ?? 0) & 0o777], ["new", 0o600]);
  assertEquals(ino === old, false);
  assertEquals([...Deno.readDirSync(directory.path)].length, 1);
});

Deno.test("a file is on the disk before it gets its name, and its name before this returns", () => {
  using directory = new TemporaryDirectory();
  using disk = new RecordedDiskSteps();
  writeFileAtomically(directory.file("keys"), bytes("new"));
  assertEquals(disk.steps, ["sync file", "rename", "sync folder"]);
});

Deno.test("a link stays, and what it points to is replaced", () => {
  using directory = new TemporaryDirectory();
  directory.write({ keys: "old" });
  Deno.symlinkSync(directory.file("keys"), directory.file("link"));
  writeFileAtomically(directory.file("link"), bytes("new"));
  assertEquals(Deno.lstatSync(directory.file("link")).isSymlink, true);
  assertEquals(Deno.readTextFileSync(directory.file("keys")), "new");
});

Deno.test("the temporary file of a crash does not matter", () => {
  using directory = new TemporaryDirectory();
  directory.write({ "keys.tmp": "half" });
  writeFileAtomically(directory.file("keys"), bytes("new"));
  assertEquals([...Deno.readDirSync(directory.path)].map(({ name }) => name), ["keys"]);
});

Deno.test("a file in a folder that does not exist is the system's error", () => {
  assertThrows(() => writeFileAtomically("/nonexistent/keys", bytes("")), Deno.errors.NotFound);
});

Deno.test("a device is written in place, and a full one is an error", {
  ignore: Deno.build.os !== "linux",
}, () => {
  assertThrows(() => writeFileAtomically("/dev/full", bytes("x")), Error, "No space left");
  assertEquals(Deno.statSync("/dev/full").isCharDevice, true);
});

const suffix = tinyDiskMissing === undefined ? "" : ` (skipped: ${tinyDiskMissing})`;

Deno.test(`a full disk leaves the old file${suffix}`, {
  ignore: tinyDiskMissing !== undefined,
}, async () => {
  const written = await runInTinyDisk(`
    import { writeFileAtomically } from "${import.meta.resolve("../../lib/base/write_file.ts")}";
    const path = Deno.args[0] + "/keys";
    writeFileAtomically(path, new TextEncoder().encode("old"));
    try {
      writeFileAtomically(path, new Uint8Array(1_000_000));
    } catch (error) {
      const files = [...Deno.readDirSync(Deno.args[0])].map(({ name }) => name);
      console.log(error.message, Deno.readTextFileSync(path), files.join());
    }
  `);
  assertEquals(written, "No space left on device (os error 28) old keys\n");
});

Deno.test(`a file that is a mount of its own is written in place${suffix}`, {
  ignore: tinyDiskMissing !== undefined,
}, async () => {
  const written = await runInTinyDisk(
    `
    import { writeFileAtomically } from "${import.meta.resolve("../../lib/base/write_file.ts")}";
    const path = Deno.args[0] + "/keys";
    writeFileAtomically(path, new TextEncoder().encode("new"));
    const files = [...Deno.readDirSync(Deno.args[0])].map(({ name }) => name);
    console.log(Deno.readTextFileSync(path), Deno.readTextFileSync(Deno.args[0] + "/there"), files.sort().join());
  `,
    'echo older > "$DISK/there" && touch "$DISK/keys" && mount --bind "$DISK/there" "$DISK/keys"',
  );
  assertEquals(written, "new new keys,there\n");
});
