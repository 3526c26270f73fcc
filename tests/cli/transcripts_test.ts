import { assertEquals, assertGreater, assertMatch } from "@std/assert";
import { serf } from "./recorded_io.ts";
import { transcript } from "./transcripts.ts";

/** Runs whose output differs on every machine. */
const VOLATILE = ["keygen-ignores-flags", "addr-bad-host"];

for (const file of ["toplevel", "flag-syntax", "missing-args", "no-agent"]) {
  Deno.test(`without an agent, everything reads as recorded in ${file}.json`, async () => {
    const runs = await transcript(file);
    assertGreater(runs.length, 10);
    for (const { name, argv, env, stdout, stderr, exit } of runs) {
      if (VOLATILE.includes(name)) continue;
      assertEquals(await serf(argv, { env }), { stdout, stderr, exit }, name);
    }
  });
}

Deno.test("the recorded runs would notice a different text", async () => {
  const [run] = await transcript("missing-args");
  assertMatch(run.stdout, /^An event name must be specified\.\n\nUsage: serf event /);
});

Deno.test("keygen ignores its arguments and prints 32 bytes in base64, other ones each time", async () => {
  const runs = await Promise.all([serf(["keygen", "-zzz", "q"]), serf(["keygen"])]);
  for (const { stdout, stderr, exit } of runs) {
    assertMatch(stdout, /^[A-Za-z0-9+/]{43}=\n$/);
    assertEquals([stderr, exit], ["", 0]);
  }
  assertEquals(new Set(runs.map(({ stdout }) => stdout)).size, 2);
});

Deno.test("a leading -version is neither a flag before the command nor a request for the version", async () => {
  const { stdout, exit } = await serf(["-version", "members", "-rpc-addr=127.0.0.1"]);
  assertMatch(stdout, /^Error connecting to Serf agent: .*missing port in address\n$/);
  assertEquals(exit, 1);
});

Deno.test("an empty argument before the command is passed over", async () => {
  assertEquals((await serf(["", "version"])).exit, 0);
});
