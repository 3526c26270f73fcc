import { assertEquals, assertThrows } from "@std/assert";
import { RotatingFile } from "../../../lib/agent/log/rotating_file.ts";
import { writeAll } from "../../../lib/base/write_all.ts";
import { TemporaryDirectory } from "../../support/temporary_directory.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** The files of a folder that were put aside, the oldest first, and the one that is written. */
function contents(directory: TemporaryDirectory, name = "serf.log"): string[] {
  const aside = [...Deno.readDirSync(directory.path)].map((entry) => entry.name)
    .filter((found) => found !== name).sort();
  for (const file of aside) assertEquals(/^serf-\d{19}\.log$/.test(file), true, file);
  return [...aside, name].map((file) => Deno.readTextFileSync(directory.file(file)));
}

Deno.test("without a bound a file is appended to", async () => {
  using directory = new TemporaryDirectory();
  directory.write({ "serf.log": "before\n" });
  {
    using file = new RotatingFile(directory.file("serf.log"), { maxBytes: 0, maxFiles: 0 });
    await writeAll(file, bytes("a\nb\n"));
  }
  assertEquals(contents(directory), ["before\na\nb\n"]);
});

Deno.test("a file that is full is put aside, between two lines", async () => {
  using directory = new TemporaryDirectory();
  using file = new RotatingFile(directory.file("serf.log"), { maxBytes: 10, maxFiles: 0 });
  await writeAll(file, bytes("one\ntwo\nthree\nmuch longer than a file\nx\n"));
  await writeAll(file, bytes("four\n"));
  assertEquals(contents(directory), [
    "one\ntwo\n",
    "three\n",
    "much longer than a file\n",
    "x\nfour\n",
  ]);
});

Deno.test("what was there before counts", async () => {
  using directory = new TemporaryDirectory();
  directory.write({ "serf.log": "12345678\n" });
  using file = new RotatingFile(directory.file("serf.log"), { maxBytes: 10, maxFiles: 0 });
  await writeAll(file, bytes("ab\n"));
  assertEquals(contents(directory), ["12345678\n", "ab\n"]);
});

Deno.test("only so many files are kept, and files of others are left alone", async () => {
  using directory = new TemporaryDirectory();
  directory.write({ "serf-1.log.gz": "", "serf-x.log": "", "other-1795893824581000000.log": "" });
  const options = { maxBytes: 2, maxFiles: 2 };
  using file = new RotatingFile(directory.file("serf.log"), options);
  for (let i = 0; i < 6; i++) await writeAll(file, bytes(`${i}\n`));
  for (const other of ["serf-1.log.gz", "serf-x.log", "other-1795893824581000000.log"]) {
    Deno.removeSync(directory.file(other));
  }
  assertEquals(contents(directory), ["3\n", "4\n", "5\n"]);
});

Deno.test("a file that cannot be put aside is written further", async () => {
  using directory = new TemporaryDirectory();
  const folder = directory.file("logs");
  Deno.mkdirSync(folder);
  using file = new RotatingFile(`${folder}/serf.log`, { maxBytes: 4, maxFiles: 0 });
  await writeAll(file, bytes("a\nb\n"));
  Deno.removeSync(folder, { recursive: true });
  await writeAll(file, bytes("c\n"));
  assertEquals([...Deno.readDirSync(directory.path)].length, 0);
});

Deno.test("a file that somebody else has moved is made anew when it would be full", async () => {
  using directory = new TemporaryDirectory();
  using file = new RotatingFile(directory.file("serf.log"), { maxBytes: 5, maxFiles: 0 });
  await writeAll(file, bytes("one\n"));
  Deno.renameSync(directory.file("serf.log"), directory.file("moved"));
  await writeAll(file, bytes("two\nthree\n"));
  assertEquals(Deno.readTextFileSync(directory.file("moved")), "one\n");
  Deno.removeSync(directory.file("moved"));
  assertEquals(contents(directory), ["two\n", "three\n"]);
});

Deno.test("a file that cannot be opened is an error", () => {
  using directory = new TemporaryDirectory();
  const open = () => new RotatingFile(directory.path, { maxBytes: 0, maxFiles: 0 });
  assertThrows(open, Error);
});
