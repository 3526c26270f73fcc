/** The manners of all commands, as one table: what each does with arguments that are wrong, and with agents that are gone. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { commandTable } from "../../lib/cli/command_table.ts";
import { KeyError } from "../../lib/api/keys.ts";
import { QueryResponse } from "../../lib/api/query.ts";
import { VERSION } from "../../lib/cli/version.ts";
import { member } from "../rpc/client/fake_agent.ts";
import { type Outcome, serf } from "./recorded_io.ts";
import { ScriptedAgent } from "./scripted_agent.ts";

/** Arguments with which each command that talks to an agent has something to do. */
const rpcCommands: Readonly<Record<string, readonly string[]>> = {
  "doctor": [],
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
  "why": ["bravo"],
};

/** The agent that the table of JSON results is about. */
function scripted(): ScriptedAgent {
  const agent = new ScriptedAgent();
  const { fake } = agent;
  fake.list = [member("alpha"), member("bravo", { status: "failed" })];
  fake.coordinates = { alpha: { vec: [0, 0], error: 1, adjustment: 0, height: 0.001 } };
  fake.metrics = ["one", "two"];
  fake.keyResult = {
    ...{ nodes: 2, responses: 2, failures: 0, messages: new Map() },
    ...{ keys: new Map([["k", 2]]), primaryKeys: new Map() },
  };
  fake.queryScript = (records) => {
    records.push({ type: "ack", from: "alpha" });
    records.push(new QueryResponse("alpha", Uint8Array.of(0xff)));
    records.close();
  };
  return agent;
}

/** What each command says in JSON of that agent. */
const jsonResults: Readonly<Record<string, unknown>> = {
  "event": { event: "deploy", coalesce: true },
  "force-leave": { name: "bravo", known: true, prune: false },
  "info": { agent: { name: "alpha" } },
  "join": { joined: 1 },
  "keys": { nodes: 2, responses: 2, failures: 0, messages: {}, keys: { k: 2 } },
  "leave": { left: true },
  "metrics": { lines: ["one", "two"] },
  "query": { Acks: ["alpha"], Responses: { alpha: "\ufffd" } },
  "reachability": {
    ...{ members: 2, alive: 1, acks: 2, missing: [], not_alive: [], repeated: true },
  },
  "rtt": { from: "alpha", to: "alpha", rtt_ms: 2 },
  "tags": { set: { a: "b" }, deleted: [] },
};

/** To the doctor an agent that cannot be asked is a finding. */
const askingCommands = Object.entries(rpcCommands).filter(([name]) => name !== "doctor");

/** Those that take no more arguments than they have in the table say so in words of Serf's. */
const OWN_WORDS = ["event", "force-leave", "join", "query", "rtt"];

/** The short usage of a command, and what is wrong. Only `version` has no help to point to. */
function assertUsage({ stdout, stderr, exit }: Outcome, command: string, mistake: string): void {
  const [usage, pointer, ...rest] = stdout.split("\n");
  assert(`${usage} `.startsWith(`Usage: serf ${command} `), command);
  assertEquals(pointer, command === "version" ? "" : `For its options: serf ${command} -help`);
  assertEquals(rest.join(""), "");
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
  for (const [command, entry] of commandTable) {
    const outcome = await serf([command, "-rpc-adr=x"]);
    const { usage } = await entry.load();
    const known = usage !== undefined && "rpc-addr" in usage.flags;
    const hint = known ? "Did you mean -rpc-addr?\n" : "";
    const mistake = `flag provided but not defined: -rpc-adr\n${hint}`;
    // It has no flags at all.
    assertUsage(
      outcome,
      command,
      command === "man" ? "unexpected argument: -rpc-adr=x\n" : mistake,
    );
  }
});

Deno.test("an argument that means nothing is refused", async () => {
  for (
    const [command, args] of Object.entries({ ...rpcCommands, agent: [], keygen: [], version: [] })
  ) {
    if (OWN_WORDS.includes(command)) continue;
    const outcome = await serf([command, ...args, "surplus"]);
    assertUsage(outcome, command, "unexpected argument: surplus\n");
  }
});

Deno.test("every command prints its result as JSON", async () => {
  await using agent = scripted();
  for (const [command, result] of Object.entries(jsonResults)) {
    const { stdout, stderr } = await agent.run([command, "-format=json", ...rpcCommands[command]]);
    assertEquals([JSON.parse(stdout), stderr], [result, ""], command);
  }
  const nobody = await agent.run(["members", "-format=json", "-name=nobody"]);
  assertEquals(nobody.stdout, '{\n  "members": []\n}\n');
  const { stdout } = await agent.run(["force-leave", "-format=json", "nobody"]);
  assertEquals(JSON.parse(stdout), { name: "nobody", known: false, prune: false });
  const local = async (...args: string[]) => JSON.parse((await serf(args)).stdout);
  assertMatch((await local("keygen", "-format=json")).key, /^.{43}=$/);
  const protocol = { current: 5, oldest: 2 };
  assertEquals(await local("version", "-format=json"), {
    version: VERSION,
    agent_protocol: protocol,
  });
});

Deno.test("what comes bit by bit is an object a line in ndjson", async () => {
  await using agent = scripted();
  const lines = async (...args: string[]) => {
    const { stdout } = await agent.run(args);
    return stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  };
  assertEquals(await lines("query", "-format=ndjson", "load"), [
    { Type: "ack", From: "alpha" },
    { Type: "response", From: "alpha", Payload: "/w==" },
    { Type: "done", Acks: 1, Responses: 1 },
  ]);
  const found = await lines("members", "-format=ndjson");
  assertEquals(found.map(({ name, status }) => [name, status]), [
    ["alpha", "alive"],
    ["bravo", "failed"],
  ]);
});

Deno.test("with JSON, errors are one object on standard error, and standard output stays empty", async () => {
  await using agent = new ScriptedAgent({ authKey: "s3cret" });
  const error = ({ stdout, stderr }: Outcome) => {
    assertEquals(stdout, "");
    assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
    return JSON.parse(stderr);
  };
  for (const [command, args] of askingCommands) {
    const json = [command, "-format=json"];
    const refused = error(await serf([...json, "-rpc-addr=127.0.0.1:1", ...args]));
    assertMatch(refused.error, /connection refused$/);
    assertStringIncludes(refused.hint, "-rpc-addr");
    assertMatch(error(await agent.run([...json, ...args])).error, /: Authentication required$/);
    assertEquals(error(await serf([...json, "-bogus"])), {
      error: "flag provided but not defined: -bogus",
    });
    if (!OWN_WORDS.includes(command)) {
      const surplus = error(await serf([...json, ...args, "surplus"]));
      assertEquals(surplus, { error: "unexpected argument: surplus" });
    }
  }
  for (const command of ["version", "keygen"]) {
    assertMatch(error(await serf([command, "-format=json", "-x"])).error, /not defined: -x$/);
  }
  for (const args of [["-x"], ["surplus"], ["/no recording"]]) {
    error(await serf(["replay", "-format=json", ...args]));
  }
  assertMatch(error(await serf(["tags", "-format=json"])).error, /^Nothing to do: give -set/);
  assertEquals(error(await serf(["member", "-format", "json"])), {
    error: "Unknown command: member",
    hint: "Did you mean members?",
  });
});

Deno.test("keys tells in JSON which members failed", async () => {
  await using agent = scripted();
  agent.fake.keyResult = new KeyError({
    ...{ nodes: 2, responses: 2, failures: 1, messages: new Map([["bravo", "no key"]]) },
    ...{ keys: new Map(), primaryKeys: new Map(), error: "1/2 nodes reported failure" },
  });
  const { stdout, stderr, exit } = await agent.run(["keys", "-format=json", "-install=x"]);
  assertEquals([stdout, exit], ["", 1]);
  assertEquals(JSON.parse(stderr), {
    error: "Error installing key: 1/2 nodes reported failure",
    ...{ nodes: 2, responses: 2, failures: 1, messages: { bravo: "no key" }, keys: {} },
  });
});

Deno.test("a format that there is not is refused before connecting", async () => {
  for (const [command, args] of Object.entries(rpcCommands)) {
    const { stdout, stderr, exit } = await serf([command, "-format=xml", ...args]);
    assertMatch(stdout, /^(Encoding error: Invalid output format "xml"|Invalid format: xml)\n$/);
    assertMatch(stderr, /^-format is one of text, json/);
    assertEquals(exit, 1);
  }
});

Deno.test("ndjson is refused where there is only one result", async () => {
  const { stdout, stderr, exit } = await serf(["info", "-format=ndjson"]);
  assertEquals([stdout, exit], ["", 1]);
  assertEquals(JSON.parse(stderr), {
    error: 'Encoding error: Invalid output format "ndjson"',
    hint: "-format is one of text, json.",
  });
});

Deno.test("help goes to standard error, with success", async () => {
  for (const [command, entry] of commandTable) {
    const { usage } = await entry.load();
    const { stdout, stderr, exit } = await serf([command, "-help"]);
    assert(stderr.startsWith(usage === undefined ? "\n" : `Usage: serf ${command}`), command);
    assertEquals([stdout, exit], ["", 0]);
  }
});

Deno.test("a wrong expression of members is named, whichever flag has it", async () => {
  await using agent = scripted();
  for (
    const [flag, name] of [["-name=[", "-name"], ["-status=[z-a]", "-status"], [
      "-tag=a=(",
      "-tag a",
    ]]
  ) {
    const { stdout, exit } = await agent.run(["members", flag]);
    assertStringIncludes(stdout, `Error retrieving members: the expression of ${name} is wrong: `);
    assertEquals(exit, 1);
  }
});

Deno.test("where nothing listens, a hint names the flag", async () => {
  for (const [command, args] of askingCommands) {
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
  for (const [command, args] of askingCommands) {
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
    askingCommands.map(async ([command, args]) => {
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
