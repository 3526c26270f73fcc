import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  isReadableByAll,
  readKeyringFile,
  writeKeyringFile,
} from "../../../lib/agent/config/state_files.ts";
import { TemporaryDirectory } from "../../support/temporary_directory.ts";

const keys = ["HvY8ubRZMgafUOWvrOadwOckVa1wN3QWAo46FVKbVN8=", "AAAAAAAAAAAAAAAAAAAAAA=="];

Deno.test("a keyring is read and written with the primary key first", async () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("keys.json");
  directory.write({ "keys.json": JSON.stringify(keys) });
  const keyring = await readKeyringFile(path);
  assertEquals(keyring.keys.map((key) => key.toBase64()), keys);
  keyring.use(keyring.keys[1]);
  const changed = directory.file("changed.json");
  writeKeyringFile(changed, keyring);
  assertEquals(Deno.readTextFileSync(changed), `[\n  "${keys[1]}",\n  "${keys[0]}"\n]`);
  assertEquals((Deno.statSync(changed).mode ?? 0) & 0o777, 0o600);
  assertThrows(
    () => writeKeyringFile(directory.path, keyring),
    Error,
    "Failed to write keyring file",
  );
});

Deno.test("a file that is not a keyring is refused in Serf's words", async () => {
  const cases: [string, string][] = [
    [
      "nope",
      "Failed to decode keyring file: invalid character 'o' in literal null (expecting 'u')",
    ],
    [
      "{}",
      "Failed to decode keyring file: json: cannot unmarshal object into Go value of type []string",
    ],
    [
      "[1]",
      "Failed to decode keyring file: json: cannot unmarshal number into Go value of type string",
    ],
    ["[]", "Keyring file contains no keys"],
    ["null", "Keyring file contains no keys"],
    ['["!!"]', "Failed to decode key from keyring: illegal base64 data at input byte 0"],
    ['["AAAA"]', "Failed to restore keyring: key size must be 16, 24 or 32 bytes"],
  ];
  using directory = new TemporaryDirectory();
  for (const [text, message] of cases) {
    directory.write({ "keys.json": text });
    const error = await assertRejects(() => readKeyringFile(directory.file("keys.json")), Error);
    assertEquals(error.message, message);
  }
});

Deno.test("a keyring file must exist and be readable", async () => {
  const missing = await assertRejects(() => readKeyringFile("/nonexistent/k"), Error);
  assertEquals(missing.message, "stat /nonexistent/k: no such file or directory");
  const directory = await assertRejects(() => readKeyringFile("/"), Error);
  assertEquals(directory.message, "Failed to read keyring file: open /: is a directory");
});

Deno.test("a keyring that everybody can read is noticed, until it is written again", async () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("keys.json");
  directory.write({ "keys.json": JSON.stringify(keys) });
  Deno.chmodSync(path, 0o644);
  assertEquals(isReadableByAll(path), true);
  writeKeyringFile(path, await readKeyringFile(path));
  assertEquals(isReadableByAll(path), false);
});
