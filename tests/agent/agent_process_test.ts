/** Agents as processes: signals, reloads, exit codes, and what they print. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { RpcClient } from "../../lib/rpc/client/client.ts";
import { localAddress } from "../support/local_addresses.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";
import { Agent, GOSSIP_PORT } from "../support/agent.ts";
import { eachBuildTest } from "../support/our_builds.ts";
import { commandLine } from "../support/program.ts";
import { until } from "../support/until.ts";

/** What an agent printed after its log was opened, without times and RPC clients. */
function logOf({ output }: Agent): string[] {
  const [, log] = output.split("Log data will now stream in as it occurs:\n\n");
  return (log ?? "").trimEnd().split("\n")
    .map((line) => line.replace(/^ {4}\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /, ""))
    .filter((line) => !line.includes("Accepted client"));
}

const started = (name: string, ip: string) => [
  "[INFO] agent: Serf agent starting",
  `[INFO] serf: EventMemberJoin: ${name} ${ip}`,
  "[INFO] agent: Received event: member-join",
];

const stopped = [
  "[INFO] agent: requesting serf shutdown",
  "[WARN] serf: Shutdown without a Leave",
  "[INFO] agent: shutdown complete",
];

const left = (name: string, ip: string) => [
  "==> Gracefully shutting down agent...",
  "[INFO] agent: requesting graceful leave from Serf",
  `[INFO] serf: EventMemberLeave: ${name} ${ip}`,
  "[INFO] agent: Received event: member-leave",
  "[INFO] agent: requesting serf shutdown",
  "[INFO] agent: shutdown complete",
];

eachBuildTest("an interrupted agent leaves and ends with 0", async (ours) => {
  await using agent = await Agent.start(ours, { name: "alpha" });
  const { ip, address, rpcAddress } = agent;
  await agent.printed("Received event: member-join");
  agent.signal("SIGINT");
  assertEquals(await agent.exit, 0);
  assertEquals(logOf(agent), [
    ...started("alpha", ip),
    "==> Caught signal: interrupt",
    ...left("alpha", ip),
  ]);
  assertEquals(agent.output.split("\n").slice(0, 12), [
    "==> Starting Serf agent...",
    "==> Starting Serf agent RPC...",
    "==> Serf agent running!",
    "                      Node name: 'alpha'",
    `                      Bind addr: '${address}'`,
    `                       RPC addr: '${rpcAddress}'`,
    "                      Encrypted: false",
    "                       Snapshot: false",
    "                        Profile: lan",
    "    Message Compression Enabled: true",
    "",
    "==> Log data will now stream in as it occurs:",
  ]);
});

eachBuildTest("a terminated agent ends at once with 1", async (ours) => {
  await using agent = await Agent.start(ours, { name: "alpha" });
  const { ip } = agent;
  await agent.printed("Received event: member-join");
  agent.signal("SIGTERM");
  assertEquals(await agent.exit, 1);
  assertEquals(logOf(agent), [
    ...started("alpha", ip),
    "==> Caught signal: terminated",
    ...stopped,
  ]);
});

eachBuildTest("a second signal ends a leave early", async (ours) => {
  for (const second of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    await using agent = await Agent.start(ours, { name: "alpha" });
    agent.signal("SIGINT");
    await agent.printed("Gracefully shutting down");
    agent.signal(second);
    assertEquals(await agent.exit, 1);
    const ending = logOf(agent).filter((line) => !line.includes("Received event"));
    assertEquals(ending.slice(-3), stopped);
  }
});

eachBuildTest("two settings decide which signals make an agent leave", async (ours) => {
  using directory = new TemporaryDirectory();
  directory.write({
    "a.json": '{"leave_on_terminate": true, "skip_leave_on_interrupt": true}',
  });
  const args = [`-config-file=${directory.file("a.json")}`];
  for (const [signal, code] of [["SIGTERM", 0], ["SIGINT", 1]] as const) {
    await using agent = await Agent.start(ours, { name: "a", args });
    agent.signal(signal);
    assertEquals(await agent.exit, code);
    assertEquals(agent.output.includes("Gracefully shutting down"), code === 0);
  }
});

eachBuildTest("a leave over RPC ends the agent with 0", async (ours) => {
  await using agent = await Agent.start(ours, { name: "alpha" });
  await using client = await agent.rpc();
  await client.leave();
  assertEquals(await agent.exit, 0);
  assertStringIncludes(agent.output, "agent.ipc: Graceful leave triggered");
  assertEquals(logOf(agent).slice(-2), [
    "[INFO] agent: requesting serf shutdown",
    "[INFO] agent: shutdown complete",
  ]);
});

eachBuildTest(
  "SIGHUP reloads the log level, handlers, tags and switches",
  async (ours) => {
    using directory = new TemporaryDirectory();
    const config = (settings: unknown) => directory.write({ "a.json": JSON.stringify(settings) });
    config({ tags: { a: "1" }, event_handlers: ["echo old"] });
    const args = [`-config-file=${directory.file("a.json")}`];
    await using agent = await Agent.start(ours, { name: "alpha", args });
    await agent.printed("Received event: member-join");
    config({
      node_name: "other",
      tags: { b: "2" },
      event_handlers: ["member-update=echo new-$SERF_EVENT", "member-join=/no/such/handler"],
      rpc_max_clients: 9,
      log_level: "debug",
      leave_on_terminate: true,
    });
    agent.signal("SIGHUP");
    await agent.printed("script output: new-member-update");
    await agent.printed(
      "[WARN] agent: Event handler '/no/such/handler' cannot run: /no/such/handler: no such file",
    );
    await using client = await agent.rpc();
    assertEquals((await client.members()).map(({ name, tags }) => [name, tags]), [
      ["alpha", { b: "2" }],
    ]);
    assertEquals((await client.info()).event_handlers, { "*:": "echo old" });
    agent.signal("SIGTERM");
    assertEquals(await agent.exit, 0);
    const log = logOf(agent).filter((line) =>
      !/^\[DEBUG\]|Event handler|slow, execution/.test(line)
    );
    const reloaded = log.indexOf("==> Caught signal: hangup");
    assertEquals(log.slice(reloaded, reloaded + 5), [
      "==> Caught signal: hangup",
      "==> Reloading configuration...",
      "[WARN] agent: Changes that take a restart: rpc_max_clients",
      "[INFO] serf: EventMemberUpdate: alpha",
      "[INFO] agent: Received event: member-update",
    ]);
  },
);

eachBuildTest("a reload with a mistake changes only the settings without one", async (ours) => {
  using directory = new TemporaryDirectory();
  const config = (text: string) => directory.write({ "a.json": text });
  config("{}");
  const args = [`-config-file=${directory.file("a.json")}`];
  await using agent = await Agent.start(ours, { name: "alpha", args });
  const reload = async (text: string, ...expected: string[]) => {
    const before = agent.output.length;
    config(text);
    agent.signal("SIGHUP");
    await agent.printed(expected.at(-1) ?? "");
    // Places come on standard error, at any time.
    const places = /^a\.json:\d.*\n/gm;
    assertStringIncludes(
      agent.output.slice(before).replaceAll(directory.file(""), "").replaceAll(places, ""),
      ["==> Caught signal: hangup", "==> Reloading configuration...", ...expected, ""].join("\n"),
    );
  };
  await reload(
    "{nope",
    "==> Error decoding 'a.json': invalid character 'n' looking for beginning of object key string",
    "==> Failed to reload configs",
  );
  await agent.printed("a.json:1:2: invalid character 'n' looking for beginning of object key");
  await reload(
    '{"log_level":"zzz"}',
    "==> Invalid log level: ZZZ. Valid log levels are: [TRACE DEBUG INFO WARN ERR]",
  );
  await reload(
    JSON.stringify({ tags: { x: "y".repeat(600) }, leave_on_terminate: true }),
    "==> Failed to update tags: Encoded length of tags exceeds limit of 512 bytes",
  );
  agent.signal("SIGTERM");
  assertEquals(await agent.exit, 0);
});

eachBuildTest(
  "a tags file is written when the tags change, and emptied by a reload",
  async (ours) => {
    using directory = new TemporaryDirectory();
    directory.write({ "tags.json": '{"role":"x","b":"c"}' });
    const file = directory.file("tags.json");
    const args = [`-tags-file=${file}`];
    await using agent = await Agent.start(ours, { name: "alpha", args });
    assertStringIncludes(agent.output, `[INFO] agent: Restored 2 tag(s) from ${file}`);
    await using client = await agent.rpc();
    await client.updateTags({ set: { d: "e" }, delete: ["role"] });
    assertEquals(Deno.readTextFileSync(file), '{\n  "b": "c",\n  "d": "e"\n}');
    agent.signal("SIGHUP");
    await agent.printed(/EventMemberUpdate[^]*EventMemberUpdate/);
    assertEquals(Deno.readTextFileSync(file), "{}");
    assertEquals((await client.info()).tags, {});
  },
);

eachBuildTest("an agent that has used up its retries of a join ends with 1", async (ours) => {
  const args = ["-retry-join=127.255.0.9:7999", "-retry-max=1", "-retry-interval=1s"];
  await using agent = Agent.spawn(ours, { name: "alpha", args });
  assertEquals(await agent.exit, 1);
  const attempt = [
    "[INFO] agent: Joining cluster...(replay: false)",
    "[INFO] agent: joining: [127.255.0.9:7999] replay: false",
    "[WARN] agent: error joining: 1 error occurred:",
    "\t* failed to join 127.255.0.9:7999: dial tcp 127.255.0.9:7999: connect: connection refused",
    "",
  ];
  const failure = ["[WARN] agent: Join failed: 1 error occurred:", ...attempt.slice(3)];
  const log = logOf(agent).filter((line) => !line.includes("Received event"));
  assertEquals(log, [
    ...started("alpha", agent.ip).slice(0, 2),
    ...attempt,
    ...failure,
    ", retrying in 1s",
    ...attempt,
    "[ERR] agent: maximum retry join attempts made, exiting",
    ...stopped,
  ]);
});

eachBuildTest("an address that is in use is named in the error", async (ours) => {
  await using taken = await Agent.start(ours, { name: "alpha" });
  await using second = Agent.spawn(ours, { name: "beta", ip: taken.ip });
  assertEquals(await second.exit, 1);
  await second.printed("\n==> Failed");
  assertStringIncludes(
    second.output,
    "==> Failed to start the Serf agent: Error creating Serf: Failed to create memberlist: " +
      "could not set up network transport: failed to obtain an address: " +
      `failed to start TCP listener on "${taken.ip}" port ${GOSSIP_PORT}: ` +
      `listen tcp ${taken.address}: bind: address already in use\n`,
  );
  const args = [`-bind=${localAddress()}:${GOSSIP_PORT}`];
  await using third = Agent.spawn(ours, { name: "beta", ip: taken.ip, args });
  assertEquals(await third.exit, 1);
  await third.printed(
    `Error starting RPC listener: listen tcp ${taken.rpcAddress}: bind: address already in use`,
  );
});

eachBuildTest("the loser of a name conflict ends with 0", async (ours) => {
  const profile = "-profile=local";
  await using winner = await Agent.start(ours, {
    name: "same",
    args: [profile],
  });
  const join = `-join=${winner.ip}`;
  await using _third = await Agent.start(ours, {
    name: "third",
    args: [profile, join],
  });
  await using loser = Agent.spawn(ours, {
    name: "same",
    args: [profile, join],
  });
  assertEquals(await loser.exit, 0);
  assertMatch(loser.output, /minority in name conflict resolution, quit+ing \[0 \/ 1\]/);
  assertEquals(logOf(loser).slice(-4), [
    "[WARN] serf: Shutdown without a Leave",
    "[WARN] agent: Serf shutdown detected, quitting",
    "[INFO] agent: requesting serf shutdown",
    "[INFO] agent: shutdown complete",
  ]);
});

Deno.test("an agent without permissions says which ones it needs", async () => {
  const { program, args } = commandLine("ours", ["agent"]);
  const bare = args.filter((arg) => !arg.startsWith("--allow"));
  const { code, stdout } = await new Deno.Command(program, { args: bare, stdin: "null" }).output();
  assertEquals(code, 1);
  assertEquals(
    new TextDecoder().decode(stdout),
    "==> Missing Deno permissions: start this command with --allow-net --allow-sys\n",
  );
  assert(bare.length < args.length);
});

/** Runs an agent whose output goes elsewhere, and lets it leave. */
async function runWithOutputTo(path: string): Promise<number> {
  const ip = localAddress();
  const agent = Agent.spawn("ours", {
    name: "alpha",
    ip,
    args: ["-log-level=debug"],
    through: ["sh", "-c", `exec "$@" >${path} 2>&1`, "sh"],
  });
  await using _ = agent;
  const connect = () => RpcClient.connect({ address: agent.rpcAddress, timeoutMs: 2_000 });
  let client: RpcClient | undefined;
  await until(async () => {
    client = await connect().catch(() => undefined);
    return client !== undefined;
  });
  for (let i = 0; i < 1_000; i++) await client?.userEvent("e", "x".repeat(200));
  assertEquals((await client?.members())?.length, 1);
  await client?.close();
  agent.signal("SIGINT");
  return await agent.exit;
}

Deno.test("an agent whose log goes to a full disk goes on, and leaves in good order", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  assertEquals(await runWithOutputTo("/dev/full"), 0);
});

Deno.test("an agent whose output nobody reads goes on, and leaves in good order", {
  ignore: Deno.build.os === "windows",
}, async () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("pipe");
  await new Deno.Command("mkfifo", { args: [path] }).output();
  using _reader = await Deno.open(path, { read: true, write: true });
  assertEquals(await runWithOutputTo(path), 0);
});
