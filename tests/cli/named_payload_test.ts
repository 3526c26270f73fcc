import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { TemporaryDirectory } from "../support/temporary_directory.ts";
import { serf } from "./recorded_io.ts";
import { ScriptedAgent } from "./scripted_agent.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("a payload comes from the arguments, standard input or a file", async () => {
  await using agent = new ScriptedAgent();
  using directory = new TemporaryDirectory();
  directory.write({ payload: "from a file\n" });
  const input = Uint8Array.of(0xff, 0x00, 0x0a);
  for (
    const [argument, expected] of [
      ["plain", bytes("plain")],
      ["-", input],
      [`@${directory.file("payload")}`, bytes("from a file\n")],
      ["@@here", bytes("@here")],
      ["", bytes("")],
      ["-x", bytes("-x")],
    ] as const
  ) {
    for (const command of ["event", "query"]) {
      agent.fake.calls.length = 0;
      assertEquals((await agent.run([command, "x", argument], { input })).exit, 0);
      assertEquals(agent.fake.calls[0].slice(0, 3), [command, "x", expected], argument);
    }
  }
});

Deno.test("a payload that cannot be read is refused before connecting", async () => {
  const missing = await serf(["event", "x", "@/nowhere/at all"]);
  assertEquals(
    missing.stdout,
    "Cannot read the payload: open /nowhere/at all: no such file or directory\n",
  );
  assertStringIncludes(missing.stderr, "@@");
  const input = new Uint8Array(65_537);
  const large = await serf(["query", "x", "-"], { input });
  assertMatch(
    large.stdout,
    /^Cannot read the payload: standard input has more than 65536 bytes\n$/,
  );
  assertEquals([missing.exit, large.exit], [1, 1]);
});

Deno.test("an empty name is refused before connecting", async () => {
  assertMatch((await serf(["event", ""])).stdout, /^An event name must be specified\.\n\nUsage: /);
  assertMatch((await serf(["query", ""])).stdout, /^A query name must be specified\.\n\nUsage: /);
});
