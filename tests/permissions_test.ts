/** `deno test` alone, which has no permissions: the `test` entry of deno.json makes Deno refuse it at once. */

import { assertEquals, assertMatch } from "@std/assert";

Deno.test("deno test without permissions runs nothing and says in one line what to do", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "tests/permissions_test.ts"],
    cwd: new URL("../", import.meta.url),
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  assertEquals([code, decoder.decode(stdout)], [1, ""]);
  assertMatch(decoder.decode(stderr), /^error: .*run with `-P` or a permission flag\?\n/);
});
