/** The manners of all commands, as one table: what each does with arguments that are wrong, and with agents that are gone. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { commandTable } from "../../lib/cli/command_table.ts";
import { type Outcome, serf } from "./recorded_io.ts";
import { ScriptedAgent } from "./scripted_agent.ts";

/** Arguments with which each command that talks to an agent has something to do. */
const rpcCommands: Readonly<Record<string, readonly string[]>> = {
  "event": ["deploy"],
  "force-leave": ["bravo"],
  "info": [],
  "join": ["127.0.0.1"],
  "keys": ["-list"],
  "leave": [],
  "members": [],
  "metrics": [],
  "monitor": [],
  "query": ["load"],
  "reachability": [],
  "rtt": ["alpha"],
  "tags": ["-set=a=b"],
};

/** Those that take no more arguments than they have in the table say so in words of Serf's. */
const OWN_WORDS = ["event", "force-leave", "join", "query", "rtt"];

/** The short usage of a command, and what is wrong. */
function assertUsage({ stdout, stderr, exit }: Outcome, command: string, mistake: string): void {
  assertMatch(
    stdout,
    new RegExp(`^Usage: serf ${command} .*\nFor its options: serf ${command} -help\n\n$`),
  );
  assertEquals([stderr, exit], [mistake, 1], command);
}

Deno.test("the table has every command that talks to an agent", async () => {
  for (const [name, entry] of commandTable) {
    const { usage } = await entry.load();
    const talks = name !== "agent" && usage !== undefined && "rpc-addr" in usage.flags;
    assertEquals(talks, name in rpcCommands, name);
  }
});

Deno.test("a wrong flag is named last, below a short usage", async () => {
  for (const command of [...Object.keys(rpcCommands), "agent"]) {
    const outcome = await serf([command, "-rpc-adr=x"]);
    const mistake = "flag provided but not defined: -rpc-adr\nDid you mean -rpc-addr?\n";
    assertUsage(outcome, command, mistake);
  }
});

Deno.test("an argument that means nothing is refused", async () => {
  for (const [command, args] of Object.entries({ ...rpcCommands, agent: [] })) {
    if (OWN_WORDS.includes(command)) continue;
    const outcome = await serf([command, ...args, "surplus"]);
    assertUsage(outcome, command, "unexpected argument: surplus\n");
  }
});

Deno.test("where nothing listens, a hint names the flag", async () => {
  for (const [command, args] of Object.entries(rpcCommands)) {
    const { stdout, stderr, exit } = await serf([command, "-rpc-addr=127.0.0.1:1", ...args]);
    const reason = "dial tcp 127.0.0.1:1: connect: connection refused";
    assertEquals(stdout, `Error connecting to Serf agent: ${reason}\n`);
    assertStringIncludes(stderr, "Is an agent running there?");
    assertStringIncludes(stderr, "-rpc-addr or SERF_RPC_ADDR");
    assertEquals(exit, 1);
  }
});

Deno.test("without the token that the agent wants, a hint names the flag", async () => {
  await using agent = new ScriptedAgent({ authKey: "s3cret" });
  for (const [command, args] of Object.entries(rpcCommands)) {
    const { stdout, stderr, exit } = await agent.run([command, ...args]);
    assertMatch(stdout, /: Authentication required\n$/, command);
    assertMatch(stderr, /-rpc-auth, .* SERF_RPC_AUTH /);
    assertEquals(exit, 1);
  }
});

Deno.test("an agent that does not answer is not waited for without end", async () => {
  using stopped = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${stopped.addr.port}`;
  await Promise.all(
    Object.entries(rpcCommands).map(async ([command, args]) => {
      const flags = [`-rpc-addr=${address}`, "-rpc-timeout=50ms"];
      const { stdout, stderr, exit } = await serf([command, ...flags, ...args]);
      assertEquals(stdout, "Error connecting to Serf agent: no answer within 0.05 s\n");
      assertStringIncludes(stderr, "-rpc-timeout or SERF_RPC_TIMEOUT");
      assertEquals(exit, 1);
    }),
  );
  const env = { SERF_RPC_ADDR: address, SERF_RPC_TIMEOUT: "20ms" };
  assertMatch((await serf(["info"], { env })).stdout, /: no answer within 0\.02 s\n$/);
});

Deno.test("an agent that stops answering is not waited for longer than -rpc-timeout", async () => {
  await using agent = new ScriptedAgent();
  const { promise, resolve } = Promise.withResolvers<void>();
  agent.fake.forceLeaving = () => promise;
  const { stdout } = await agent.run(["force-leave", "-rpc-timeout=50ms", "bravo"]);
  assertEquals(stdout, "Error force leaving: no answer within 0.05 s\n");
  resolve();
});

Deno.test("a timeout that makes no sense is refused", async () => {
  const flag = await serf(["info", "-rpc-timeout=-1s"]);
  assertMatch(flag.stdout, /: -rpc-timeout and SERF_RPC_TIMEOUT cannot be negative\n$/);
  const variable = await serf(["info"], { env: { SERF_RPC_TIMEOUT: "soon" } });
  assertMatch(variable.stdout, /: SERF_RPC_TIMEOUT is no duration, such as 10s: soon\n$/);
});

Deno.test("a wrong token is told as such", async () => {
  await using agent = new ScriptedAgent({ authKey: "s3cret" });
  const { stdout, stderr } = await agent.run(["members", "-rpc-auth=nope"]);
  assertMatch(stdout, /: Invalid authentication token\n$/);
  assertMatch(stderr, /another token than that of -rpc-auth, .* SERF_RPC_AUTH /);
});

Deno.test("an unknown command is named below the help, with the nearest one", async () => {
  const { stdout, stderr, exit } = await serf(["member"]);
  assert(stderr.startsWith("Usage: serf [--version]"));
  assert(stderr.endsWith("\n\nUnknown command: member\nDid you mean members?\n"));
  assertEquals([stdout, exit], ["", 127]);
  assert((await serf(["xyzzy"])).stderr.endsWith("\n\nUnknown command: xyzzy\n"));
});
