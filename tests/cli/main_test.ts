import { assertEquals, assertMatch } from "@std/assert";
import { serf } from "./recorded_io.ts";

Deno.test("keygen prints 32 random bytes in base64", async () => {
  const runs = await Promise.all([serf(["keygen"]), serf(["keygen", "-format=text"])]);
  for (const { stdout, stderr, exit } of runs) {
    assertMatch(stdout, /^[A-Za-z0-9+/]{43}=\n$/);
    assertEquals([stderr, exit], ["", 0]);
  }
  assertEquals(new Set(runs.map(({ stdout }) => stdout)).size, 2);
});

Deno.test("-version before the command is ignored, and does not print the version", async () => {
  const { stdout, exit } = await serf(["-version", "members", "-rpc-addr=127.0.0.1"]);
  assertMatch(stdout, /^Error connecting to Serf agent: .*missing port in address\n$/);
  assertEquals(exit, 1);
});

Deno.test("an empty argument before the command is ignored", async () => {
  assertEquals((await serf(["", "version"])).exit, 0);
});
