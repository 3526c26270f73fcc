import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { member } from "../rpc/client/fake_agent.ts";
import { ScriptedAgent } from "./scripted_agent.ts";

/** An agent with two members, and what happens to the second. */
function changing(): { agent: ScriptedAgent; fail: () => void } {
  const agent = new ScriptedAgent();
  agent.fake.list = [member("bravo"), member("alpha")];
  const fail = () => {
    const bravo = member("bravo", { status: "failed" });
    agent.fake.list = [bravo, member("alpha")];
    agent.fake.emit({ type: "member-failed", members: [bravo] });
  };
  return { agent, fail };
}

Deno.test("members -watch prints the table anew at every change, until interrupted", async () => {
  const { agent, fail } = changing();
  await using _agent = agent;
  const { stdout, stderr, exit } = await agent.run(["members", "-watch"], {
    onLine(line, interrupt) {
      if (line.includes("2 alive")) fail();
      if (line.includes("1 failed")) interrupt();
    },
  });
  const table = (bravo: string, counts: string) =>
    `bravo  127.0.0.20:7946  ${bravo}  \n` +
    `alpha  127.0.0.20:7946  ${"alive".padEnd(bravo.length)}  \n\n2 members, ${counts}, at TIME\n`;
  assertEquals(
    stdout.replaceAll(/\d\d:\d\d:\d\d/g, "TIME"),
    `${table("alive", "2 alive")}\n${table("failed", "1 failed, 1 alive")}`,
  );
  assertEquals([stderr, exit], ["", 0]);
});

Deno.test("members -watch prints in JSON which members were added, changed and removed", async () => {
  const { agent, fail } = changing();
  await using _agent = agent;
  const { stdout, exit } = await agent.run(["members", "-watch", "-format=ndjson"], {
    onLine(line, interrupt) {
      const { change, member: { name, status } } = JSON.parse(line);
      if (change === "added" && name === "alpha") fail();
      if (status !== "failed") return;
      if (change === "changed") {
        agent.fake.list = [member("alpha")];
        agent.fake.emit({ type: "member-reap", members: [] });
      } else interrupt();
    },
  });
  const changes = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(changes.map(({ change, member: { name, status } }) => [change, name, status]), [
    ["added", "bravo", "alive"],
    ["added", "alpha", "alive"],
    ["changed", "bravo", "failed"],
    ["removed", "bravo", "failed"],
  ]);
  assertEquals(exit, 0);
});

Deno.test("members -watch says when the agent is gone", async () => {
  const { agent } = changing();
  await using _agent = agent;
  const { stdout, exit } = await agent.run(["members", "-watch"], {
    onLine: () => void agent[Symbol.asyncDispose](),
  });
  assertMatch(stdout, /\nError retrieving members: client closed\n$/);
  assertEquals(exit, 1);
});

Deno.test("on a terminal, members has a header, is sorted and has colors unless told otherwise", async () => {
  const { agent, fail } = changing();
  await using _agent = agent;
  fail();
  const table = "NAME   ADDRESS          STATUS  TAGS\n" +
    "alpha  127.0.0.20:7946  alive\nbravo  127.0.0.20:7946  failed\n";
  const run = async (flags: string[], env = {}) =>
    (await agent.run(["members", ...flags], { isTerminal: true, env })).stdout;
  const colored = table.replace(/^NAME.*$/m, "\x1b[1m$&\x1b[0m")
    .replace(/^bravo.*$/m, "\x1b[31m$&\x1b[0m");
  assertEquals(await run([]), colored);
  assertEquals(await run(["-no-color"]), table);
  assertEquals(await run([], { NO_COLOR: "1" }), table);
  assertEquals(await run([], { TERM: "dumb" }), table);
});

Deno.test("on a terminal, members -watch draws over the last table, and no further than the screen", async () => {
  const { agent } = changing();
  await using _agent = agent;
  agent.fake.list = Array.from({ length: 50 }, (_, i) => member(`n${i + 10}`));
  const { stdout } = await agent.run(["members", "-watch", "-no-color"], {
    isTerminal: true,
    terminalRows: 10,
    onLine: (line, interrupt) => line.includes("50 members") && interrupt(),
  });
  const [first] = stdout.split("\x1b[J");
  assertStringIncludes(first, "\x1b[HNAME");
  assertEquals(first.split("\n").length, 9);
  assertStringIncludes(first, "n14   127.0.0.20:7946  alive\x1b[K\n…\x1b[K\n\x1b[K\n50 members");
});
