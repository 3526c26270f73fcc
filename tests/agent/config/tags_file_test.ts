import { assertEquals, assertThrows } from "@std/assert";
import { readTagsFile, writeTagsFile } from "../../../lib/agent/config/state_files.ts";
import { TemporaryDirectory } from "../../support/temporary_directory.ts";

Deno.test("tags are written sorted, indented, and for the owner only", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("tags.json");
  writeTagsFile(path, { role: "web", b: "c\n" });
  assertEquals(Deno.readTextFileSync(path), '{\n  "b": "c\\n",\n  "role": "web"\n}');
  assertEquals((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
  assertEquals(readTagsFile(path), { role: "web", b: "c\n" });
  writeTagsFile(path, {});
  assertEquals(Deno.readTextFileSync(path), "{}");
});

Deno.test("a missing tags file has no tags", () => {
  assertEquals(readTagsFile("/nonexistent/tags.json"), undefined);
});

Deno.test("a tags file with null has no tags, and a null value is an empty one", () => {
  using directory = new TemporaryDirectory();
  directory.write({ "a.json": "null", "b.json": '{"a":null}' });
  assertEquals(readTagsFile(directory.file("a.json")), {});
  assertEquals(readTagsFile(directory.file("b.json")), { a: "" });
});

Deno.test("a tags file that is not an object of strings is refused in Go's words", () => {
  const cases: [string, string][] = [
    ["nope", "invalid character 'o' in literal null (expecting 'u')"],
    ["{} x", "invalid character 'x' after top-level value"],
    ["[]", "json: cannot unmarshal array into Go value of type map[string]string"],
    ["true", "json: cannot unmarshal bool into Go value of type map[string]string"],
    ['{"a":1}', "json: cannot unmarshal number into Go value of type string"],
    ['{"a":{}}', "json: cannot unmarshal object into Go value of type string"],
  ];
  using directory = new TemporaryDirectory();
  for (const [text, message] of cases) {
    directory.write({ "tags.json": text });
    const error = assertThrows(() => readTagsFile(directory.file("tags.json")), Error);
    assertEquals(error.message, `Failed to decode tags file: ${message}`);
  }
});

Deno.test("a tags file that cannot be read or written is named in the error", () => {
  using directory = new TemporaryDirectory();
  const path = directory.path;
  assertEquals(
    assertThrows(() => readTagsFile(path), Error).message,
    `Failed to read tags file: open ${path}: is a directory`,
  );
  assertEquals(
    assertThrows(() => writeTagsFile(path, {}), Error).message,
    `Failed to write tags file: open ${path}: is a directory`,
  );
});
