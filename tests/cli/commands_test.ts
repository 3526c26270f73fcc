/** Commands against an agent with scripted answers. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { KeyError, type KeyResult } from "../../lib/api/keys.ts";
import { QueryResponse } from "../../lib/api/query.ts";
import { member } from "../rpc/client/fake_agent.ts";
import { applicable } from "../interop/transcripts/comparison.ts";
import { helpTextsOf, withHelp } from "../interop/transcripts/help_texts.ts";
import { mannerDifferences } from "../interop/transcripts/manners.ts";
import { entriesOf, entryOf, type Observation } from "../interop/transcripts/recording.ts";
import { RecordedIo } from "./recorded_io.ts";
import { explain } from "../../lib/api/why/story.ts";
import { ScriptedAgent } from "./scripted_agent.ts";
import { runSerf } from "../../lib/cli/main.ts";

const helpTexts = await helpTextsOf("ours");

/** Reruns recorded command lines against the agent and compares; `same` sorts output that comes in no fixed order. */
async function replay(
  agent: ScriptedAgent,
  file: string,
  names: readonly string[],
  same: (stdout: string) => string = (stdout) => stdout,
): Promise<void> {
  for (const name of names) {
    const { argv = [], env, recorded } = entryOf(file, name);
    const { stdout = "", stderr, exit } = expected(
      `${file}/${name}`,
      withHelp(recorded, helpTexts),
    );
    const args = argv.filter((arg) => !arg.startsWith("-rpc-addr="));
    const outcome = await agent.run(args, { env });
    assertEquals([same(outcome.stdout), outcome.stderr], [same(stdout), stderr], name);
    assertEquals(outcome.exit, exit, name);
  }
}

/** What was recorded, with our manners. */
function expected(key: string, recorded: Observation): Observation {
  return applicable(mannerDifferences, key, recorded)
    .reduce((observation, { adapt }) => adapt(observation), recorded);
}

/** The names of all recorded runs in a file. */
function runsOf(file: string): string[] {
  return entriesOf(file).filter(({ argv }) => argv !== undefined).map(({ name }) => name);
}

/** Sorts the tags in a members table, which Serf prints in random order. */
function sortTags(text: string): string {
  return text.replace(/\S+=\S+/g, (tags) => tags.split(",").sort().join(","));
}

Deno.test("members prints one node as Serf was recorded to print it", async () => {
  await using agent = new ScriptedAgent();
  agent.fake.list = [member("alpha", { tags: { role: "web", dc: "east" } })];
  await replay(agent, "members", runsOf("members").slice(0, 18), sortTags);
});

Deno.test("members aligns several nodes, and leaves empty cells blank", async () => {
  await using agent = new ScriptedAgent();
  agent.fake.list = [
    member("charlie", { host: "127.0.0.22", status: "failed" }),
    member("a|b", { host: "::1", tags: { "10": "x", "9": "<y>" } }),
  ];
  const table =
    "charlie  127.0.0.22:7946  failed      \na        b                [::1]:7946  alive  9=<y>,10=x\n";
  assertEquals((await agent.run(["members"])).stdout, table);
  const { stdout } = await agent.run(["members", "-format=json", "-status=alive"]);
  assertStringIncludes(stdout, '"addr": "[::1]:7946"');
  assertStringIncludes(stdout, '"10": "x",\n        "9": "\\u003cy\\u003e"');
});

Deno.test("members escapes control characters in its table, and leaves JSON alone", async () => {
  await using agent = new ScriptedAgent();
  agent.fake.list = [member("a\n\x1b[1A", { tags: { role: "\x1b[2Jx" } })];
  const { stdout } = await agent.run(["members"]);
  assertEquals(stdout, "a\\n\\x1b[1A  127.0.0.20:7946  alive  role=\\x1b[2Jx\n");
  const json = JSON.parse((await agent.run(["members", "-format=json"])).stdout);
  assertEquals(json.members[0].name, "a\n\x1b[1A");
});

Deno.test("info prints the statistics that Serf was recorded to print, as text and as JSON", async () => {
  await using agent = new ScriptedAgent();
  const { stdout = "" } = entryOf("info", "json").recorded;
  agent.fake.statistics = JSON.parse(stdout);
  await replay(agent, "info", ["text", "json", "bad-format"]);
});

Deno.test("an empty section of info is only its heading", async () => {
  await using agent = new ScriptedAgent();
  agent.fake.statistics = { tags: {}, agent: { name: "a" } };
  assertEquals((await agent.run(["info"])).stdout, "agent:\n\tname = a\ntags:\n");
  const { stdout } = await agent.run(["info", "-format=json"]);
  assertEquals(stdout, '{\n  "agent": {\n    "name": "a"\n  },\n  "tags": {}\n}\n');
});

Deno.test("with and without a token, every command says what was recorded", async () => {
  await using open = new ScriptedAgent();
  await using guarded = new ScriptedAgent({ authKey: "s3cret" });
  guarded.fake.list = [member("alpha")];
  const names = runsOf("auth").filter((name) => name !== "token-to-open-agent");
  await replay(guarded, "auth", names);
  await replay(open, "auth", ["token-to-open-agent"]);
});

Deno.test("event sends name, payload and coalescing to the agent", async () => {
  await using agent = new ScriptedAgent();
  await replay(agent, "event", runsOf("event"));
  const events = agent.fake.calls.map(([, name, payload, coalesce]) => [name, payload, coalesce]);
  const bytes = (text: string) => new TextEncoder().encode(text);
  assertEquals(events.slice(0, 4), [
    ["deploy", bytes("v1.2.3"), true],
    ["deploy", null, true],
    ["deploy", bytes("x"), false],
    ["deploy", bytes(""), true],
  ]);
});

Deno.test("join prints how many addresses were reached, and lists those that were not", async () => {
  await using agent = new ScriptedAgent();
  agent.fake.joinFailure = // in the words of the Serf that was recorded
    "Failed to join 127.0.0.29: dial tcp 127.0.0.29:7999: connect: connection refused";
  await replay(agent, "join", ["unreachable", "self", "ok-again-replay", "partial"]);
  assertEquals(agent.fake.calls[2], ["join", ["127.0.0.20:7946"], true]);
});

Deno.test("force-leave prints nothing on success", async () => {
  await using agent = new ScriptedAgent();
  agent.fake.list = [member("alpha"), member("bravo", { status: "left" })];
  await replay(agent, "force-leave", ["unknown-node", "prune-left"]);
  assertEquals(agent.fake.calls, [["force-leave", "nobody", false], [
    "force-leave",
    "bravo",
    true,
  ]]);
  agent.fake.forceLeaving = () => Promise.reject(new Error("timed out broadcasting node removal"));
  assertEquals(await agent.run(["force-leave", "bravo"]), {
    stdout: "Error force leaving: timed out broadcasting node removal\n",
    stderr: "",
    exit: 1,
  });
});

Deno.test("leave prints that the agent has left", async () => {
  await using agent = new ScriptedAgent();
  await replay(agent, "leave", ["ok"]);
});

Deno.test("tags sets and deletes tags, and refuses a pair without a value or key", async () => {
  await using agent = new ScriptedAgent();
  const names = [
    "set",
    "delete",
    "set-and-delete-same",
    "bad-set",
    "bad-set-emptykey",
    "empty-value",
  ];
  await replay(agent, "tags", [...names, "too-large", "positional-ignored"]);
  assertEquals(agent.fake.tags, { role: "web", b: "x=y", q: "1", e: "" });
});

const good: KeyResult = {
  nodes: 2,
  responses: 2,
  failures: 0,
  messages: new Map(),
  keys: new Map(),
  primaryKeys: new Map(),
};

Deno.test("keys lists the keys of the cluster", async () => {
  await using agent = new ScriptedAgent();
  agent.fake.keyResult = {
    ...good,
    keys: new Map([
      ["T9jncgl9mbLus+baTTa7q7nPSUrXwbDi2dhbtqir37s=", 2],
      ["AAAAAAAAAAAAAAAAAAAAAA==", 2],
    ]),
  };
  await replay(agent, "keys", ["list-two-nodes"]);
});

Deno.test("keys changes the keys of the cluster", async () => {
  await using agent = new ScriptedAgent();
  agent.fake.keyResult = good;
  await replay(agent, "keys", ["install", "use", "remove"]);
  assertEquals(agent.fake.calls.map(([operation]) => operation), [
    "install-key",
    "use-key",
    "remove-key",
  ]);
});

Deno.test("keys shows which members failed, or that some did not answer", async () => {
  await using agent = new ScriptedAgent();
  const refusal = "Removing the primary key is not allowed";
  agent.fake.keyResult = new KeyError({
    ...good,
    error: "2/2 nodes reported failure",
    failures: 2,
    messages: new Map([["alpha", refusal], ["bravo", refusal]]),
  });
  await replay(agent, "keys", ["remove-primary"]);
  agent.fake.keyResult = new KeyError({
    ...good,
    responses: 1,
    error: "1/2 nodes reported success",
  });
  await replay(agent, "keys", ["list-one-dead", "install-one-dead"]);
  agent.fake.keyResult = new Error("illegal base64 data at input byte 3");
  await replay(agent, "keys", ["install-bad-base64"]);
});

Deno.test("rtt measures to the agent's own node without a second name", async () => {
  await using agent = new ScriptedAgent();
  const vec = [0, 0, 0, 0, 0, 0, 0, 0];
  agent.fake.coordinates = {
    alpha: { vec, error: 1.5, adjustment: 0, height: 1e-5 },
    bravo: { vec: [0.003, 0.004, ...vec.slice(2)], error: 1, adjustment: -1e-3, height: 1e-5 },
  };
  await replay(agent, "rtt", ["self-self", "one-arg", "unknown-node", "unknown-second"]);
  await replay(agent, "rtt", ["none", "three"]);
  const { stdout } = await agent.run(["rtt", "bravo"]);
  assertEquals(stdout, "Estimated bravo <-> alpha rtt: 4.020 ms\n");
});

Deno.test("query prints acks and responses as they arrive, and the totals", async () => {
  await using agent = new ScriptedAgent();
  agent.fake.queryScript = (records) => {
    records.push({ type: "ack", from: "alpha" });
    records.push(new QueryResponse("alpha", new TextEncoder().encode("1.23\n")));
    records.close();
  };
  const names = ["with-response", "with-response-json", "bad-format", "internal-prefix"];
  await replay(agent, "query", [
    ...names,
    "internal-ping-payload",
    "too-large",
  ]);
});

Deno.test("query refuses a negative timeout and an empty name before it connects", async () => {
  await using agent = new ScriptedAgent();
  await replay(agent, "query", ["negative-timeout", "empty-name"]);
  assertEquals(agent.fake.calls, []);
});

Deno.test("query sends what its flags say", async () => {
  await using agent = new ScriptedAgent();
  const flags = ["-node=a", "-node=b", "-tag=x=y=z", "-timeout=1.5ms", "-relay-factor=0xff"];
  const { stdout } = await agent.run(["query", ...flags, "-no-ack", "ask", ""]);
  assertEquals(stdout, "Query 'ask' dispatched\nTotal Responses: 0\n");
  const [, name, payload, options] = agent.fake.calls[0];
  assertEquals([name, payload], ["ask", new Uint8Array()]);
  const { nodes, tags, timeoutMs, relayFactor, requestAck } = options as Record<string, unknown>;
  assertEquals([nodes, tags, timeoutMs], [["a", "b"], { x: "y=z" }, 1.5]);
  assertEquals([relayFactor, requestAck], [255, false]);
});

Deno.test("query accepts the longest duration", async () => {
  await using agent = new ScriptedAgent();
  assertEquals((await agent.run(["query", "-timeout=2562047h47m", "ask"])).exit, 0);
});

Deno.test("query writes no control characters of others to a terminal", async () => {
  await using agent = new ScriptedAgent();
  agent.fake.queryScript = (records) => {
    records.push(new QueryResponse("b\x1b[1A", new TextEncoder().encode("1\n2\t\x1b[2J\n")));
    records.close();
  };
  const { stdout } = await agent.run(["query", "-no-ack", "x"], { isTerminal: true });
  assertStringIncludes(stdout, "Response from 'b\\x1b[1A': 1\n2\t\\x1b[2J\nTotal Responses: 1\n");
});

Deno.test("query prints the bytes of a response unchanged", async () => {
  await using agent = new ScriptedAgent();
  const payload = Uint8Array.of(0xff, 0x00, 0x0a, 0xc3, 0x0a, 0x0a);
  agent.fake.queryScript = (records) => {
    records.push(new QueryResponse("é", payload));
    records.push(new QueryResponse("b", null));
    records.close();
  };
  const io = new RecordedIo({});
  await runSerf(["query", `-rpc-addr=${agent.address}`, "-no-ack", "x"], io);
  const text = (line: string) => [...new TextEncoder().encode(line)];
  assertEquals(
    io.stdoutBytes,
    Uint8Array.from([
      ...text("Query 'x' dispatched\nResponse from 'é': "),
      ...payload.subarray(0, 5),
      ...text("\nResponse from 'b': \nTotal Responses: 2\n"),
    ]),
  );
});

Deno.test("query prints all of a thousand responses that arrive at once", async () => {
  await using agent = new ScriptedAgent();
  agent.fake.queryScript = (records) => {
    for (let i = 0; i < 500; i++) {
      records.push({ type: "ack", from: `n${i}` });
      records.push(new QueryResponse(`n${i}`, new Uint8Array(1000)));
    }
    records.close();
  };
  const { stdout } = await agent.run(["query", "x"]);
  assertMatch(stdout, /Total Acks: 500\nTotal Responses: 500\n$/);
});

Deno.test("an interrupted query prints nothing more and fails", async () => {
  await using agent = new ScriptedAgent();
  agent.fake.queryScript = (records) => {
    records.push({ type: "ack", from: "alpha" });
    records.push({ type: "ack", from: "bravo" });
  };
  const outcome = await agent.run(["query", "x"], {
    onLine: (line, interrupt) => line.startsWith("Ack") && interrupt(),
  });
  assertEquals(outcome, {
    stdout: "Query 'x' dispatched\nAck from 'alpha'\n",
    stderr: "",
    exit: 1,
  });
});

Deno.test("a query whose agent is gone ends as if it were over", async () => {
  await using agent = new ScriptedAgent();
  agent.fake.queryScript = (records) => {
    records.push({ type: "ack", from: "alpha" });
  };
  const outcome = await agent.run(["query", "x"], {
    onLine: (line) => line.startsWith("Ack") && void agent[Symbol.asyncDispose](),
  });
  assertEquals(
    outcome.stdout,
    "Query 'x' dispatched\nAck from 'alpha'\nTotal Acks: 1\nTotal Responses: 0\n",
  );
  assertEquals(outcome.exit, 0);
});

Deno.test("metrics prints the agent's report, with control characters escaped", async () => {
  await using agent = new ScriptedAgent();
  assertEquals(await agent.run(["metrics"]), {
    stdout: "",
    stderr: "Nothing yet: the first interval of ten seconds is not over\n",
    exit: 0,
  });
  agent.fake.metrics = ["one", "two\x1b[2J"];
  assertEquals(await agent.run(["metrics"]), {
    stdout: "one\ntwo\\x1b[2J\n",
    stderr: "",
    exit: 0,
  });
});

Deno.test("why tells the story of a member, in JSON all that the agent knows", async () => {
  await using agent = new ScriptedAgent();
  const { fake } = agent;
  fake.explanation = explain({ ...fake.explanation, node: "b\x1b[2J" });
  assertEquals(await agent.run(["why", "b\x1b[2J"]), {
    stdout: "b\\x1b[2J is alive at 127.0.0.21:7946, incarnation 1, as seen by alpha\n" +
      "It has never answered a ping of ours\n\n" +
      "Conclusion: alive. There is nothing wrong.\n",
    stderr: "",
    exit: 0,
  });
  fake.explanation = explain({ ...fake.explanation, node: "bravo" });
  const { stdout } = await agent.run(["why", "-format=json", "bravo"]);
  assertEquals(JSON.parse(stdout), fake.explanation);
});

Deno.test("why -all shows a row for every member, and who told nothing", async () => {
  await using agent = new ScriptedAgent();
  const { stdout } = await agent.run(["why", "-all", "bravo"]);
  assertEquals(stdout.split("\n").slice(5), [
    "As all members see it:",
    "",
    "Seen by  State  Last answer  Unanswered  Cause",
    "alpha    alive  never        0           healthy",
    "",
    "- got the question but keep no evidence: serf-1",
    "",
    "Conclusion of all: There is nothing wrong.",
    "",
  ]);
});

Deno.test("why fails for a name that nobody has heard of", async () => {
  await using agent = new ScriptedAgent();
  const { stdout, stderr, exit } = await agent.run(["why", "nobody"]);
  assertEquals([stdout, stderr, exit], [
    "Error asking why: Cannot find member nobody\n",
    "",
    1,
  ]);
  const usage = await agent.run(["why"]);
  assertStringIncludes(usage.stderr, "a node name must be specified");
});
