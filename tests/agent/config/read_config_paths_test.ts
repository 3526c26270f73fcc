import { assertEquals, assertThrows } from "@std/assert";
import { defaultConfig } from "../../../lib/agent/config/config.ts";
import { readConfigPaths } from "../../../lib/agent/config/load_config.ts";
import { TemporaryDirectory } from "../../support/temporary_directory.ts";

const directoryFiles = {
  "cd/b.json": '{"node_name":"from-b","log_level":"warn"}',
  "cd/a.json": '{"node_name":"from-a","bind":"127.0.0.20"}',
  "cd/c.txt": "{nope",
  "cd/sub/d.json": "{nope",
  "cd/e.json/x": "",
  "f1.json": '{"node_name":"from-f1"}',
};

Deno.test("the JSON files directly inside a directory are read, in order of their names", () => {
  using directory = new TemporaryDirectory();
  directory.write(directoryFiles);
  const config = readConfigPaths([directory.file("cd")], defaultConfig);
  assertEquals([config.nodeName, config.bind, config.logLevel], ["from-b", "127.0.0.20", "warn"]);
});

Deno.test("files and directories are read in the order in which they are given", () => {
  using directory = new TemporaryDirectory();
  directory.write(directoryFiles);
  const [file, folder] = [directory.file("f1.json"), directory.file("cd/")];
  assertEquals(readConfigPaths([file, folder], defaultConfig).nodeName, "from-b");
  assertEquals(readConfigPaths([folder, file], defaultConfig).nodeName, "from-f1");
});

Deno.test("a directory without JSON files is no error", () => {
  using directory = new TemporaryDirectory();
  directory.write({ readme: "" });
  assertEquals(readConfigPaths([directory.path], defaultConfig), defaultConfig);
});

Deno.test("the error for a missing or malformed file names it", () => {
  using directory = new TemporaryDirectory();
  directory.write({ "cd2/x.json": "{", "c0.json": "" });
  const errorOf = (name: string) =>
    assertThrows(() => readConfigPaths([directory.file(name)], defaultConfig), Error)
      .message.replaceAll(`${directory.path}/`, "");
  assertEquals(
    errorOf("no.json"),
    "Error reading 'no.json': open no.json: no such file or directory",
  );
  assertEquals(errorOf("c0.json"), "Error decoding 'c0.json': EOF");
  assertEquals(errorOf("cd2"), "Error decoding 'cd2/x.json': unexpected EOF");
});
