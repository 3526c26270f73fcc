/**
 * Our command line and the reference's, side by side against agents of the reference: for the same arguments they must
 * print the same and exit alike.
 */

import { assertEquals } from "@std/assert";
import { Agent, type CommandResult, interopTest, type Kind, run } from "../interop/agents.ts";
import { runUntil } from "./interrupted_process.ts";

const kinds: readonly Kind[] = ["ours", "reference"];

/** What may differ between two runs, or is ours to word, is made the same. */
function comparable({ code, stdout, stderr }: CommandResult): CommandResult {
  return { code, stdout: normalise(stdout), stderr: normalise(stderr) };
}

function normalise(text: string): string {
  return text
    .replace(/Usage: serf [^]*?(\n*)$/, "HELP$1")
    .replace(/^\S+(?=\nAgent Protocol)/, "VERSION")
    .replace(/(lookup \S+) on \S+:/g, "$1:")
    .replace(/"?(goroutines|\w+_queue|\w+_time|health_score)"?( =|:) "?\d+"?/g, "$1$2 N")
    .replace(/rtt: \d+\.\d{3} ms/g, "rtt: N ms")
    .replace(/\d+\.\d\d sec/g, "N sec")
    .replace(/ {2,}/g, "  ")
    .split("\n").map(sortTags).sort().join("\n");
}

/** The tags of a member are in no order, nor are members, acks and keys: lines are sorted. */
function sortTags(line: string): string {
  return line.replace(/\S+=\S+/g, (tags) => tags.split(",").sort().join(",")).trimEnd();
}

/** Runs the same arguments with both programs at once. */
async function compare(
  args: readonly string[],
  options: { env?: Record<string, string> } = {},
): Promise<void> {
  const [ours, reference] = await Promise.all(kinds.map((kind) => run(kind, args, options)));
  assertEquals(comparable(ours), comparable(reference), args.join(" "));
}

/** Compares command lines without their RPC address, each written as one string with spaces between arguments. */
async function compareAll(agent: Agent, commandLines: readonly string[]): Promise<void> {
  for (const line of commandLines) {
    const [command, ...args] = line.split(" ");
    await compare([command, `-rpc-addr=${agent.ip}:7373`, ...args]);
  }
}

function startReference(name: string, ip: string, ...args: string[]): Promise<Agent> {
  return Agent.start("reference", { name, ip, args });
}

interopTest("without an agent both programs say the same", async () => {
  const addresses = [
    "127.0.44.9:1",
    "127.0.44.9",
    "127.0.44.9:99999",
    "",
    ":1",
    "[::1]:1",
    "::1:1",
  ];
  addresses.push("[::1", "a:b:c", "127.0.44.9:-1", "nosuch.invalid:7373");
  for (const address of addresses) await compare(["members", `-rpc-addr=${address}`]);
  const lines = ["", "-h -x members", "-x members", "- members", "-- members", "-version"];
  lines.push("version -h", "event -h -v", "bogus -v", "query -bogus -h", "keys -list -h=1");
  for (const line of lines) await compare(line.split(" "));
});

interopTest("in a cluster of two both programs say the same", async () => {
  await using alpha = await startReference(
    "alpha",
    "127.0.44.1",
    "-tag=role=web",
    "-tag=dc=east",
    "-event-handler=query:load=echo 1.23",
    "-event-handler=query:raw=printf '\\377\\n\\n<a>'",
  );
  await using bravo = await startReference("bravo|b", "127.0.44.2", "-tag=<k>=&v");
  await compareAll(bravo, ["join 127.0.44.1", "join -replay 127.0.44.1:7946 127.0.44.9"]);
  await compareAll(alpha, [
    "members",
    "members -detailed",
    "members -format=json",
    "members -format JSON x y",
    "members -name=al.*",
    "members -name=zzz|ha",
    "members -name=[",
    "members -name=(?i)ALPHA -status=ali(ve)?",
    "members -status=ali",
    "members -status=left -format=json",
    "members -tag role=web -tag dc=w.*",
    "members -tag nokey= -format=json",
    "members -tag role=x -role=w[a-f]b",
    "members -role=web -format=json",
    "info",
    "info -format=json",
    "info -format=xml",
    "rtt",
    "rtt alpha",
    "rtt alpha alpha",
    "rtt nobody",
    'rtt alpha a"b\\c',
    "rtt a b c",
    "event deploy",
    "event -coalesce=false deploy v1",
    "event ",
    `event big ${"x".repeat(600)}`,
    `event n ${"x".repeat(511)}`,
    "join 127.0.44.9:1",
    "join nosuch.invalid 127.0.44.9:2",
    "force-leave nobody",
    "tags -set a=1 -set b=x=y",
    "tags -delete a -delete b",
    "tags -set novalue",
    `tags -set big=${"x".repeat(600)}`,
    "tags",
    "keys -list",
    "keys -install=HvY8ubRZMgafUOWvrOadwOckVa1wN3QWAo46FVKbVN8=",
    "keys -use=zz!",
    "keys -remove=AAAA",
    "keys -list -use=a",
    "reachability -verbose x",
    "monitor -log-level=foo",
  ]);
  await compareAll(alpha, [
    "query -timeout=200ms load",
    "query -timeout=200ms -format=json load",
    "query -timeout=200ms -no-ack load",
    "query -timeout=200ms -no-ack -format=json nothing",
    "query -timeout=200ms raw",
    "query -timeout=200ms -format=json raw",
    "query -timeout=200ms -node=alpha -node=zzz load",
    "query -timeout=200ms -tag role=e -tag dc=a load",
    "query -timeout=200ms -tag role=[ load",
    "query -timeout=200ms -relay-factor=0x2 load",
    "query -timeout=-1s nothing",
    "query -format=xml load",
    "query -relay-factor=256 load",
    "query -tag=x load",
    "query _serf_foo",
    "query -timeout=200ms _serf_ping",
    "query _serf_ping x",
    `query load ${"x".repeat(1200)}`,
    "query a b c",
  ]);
});

interopTest("with a token both programs say the same", async () => {
  const config = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(config, '{"rpc_auth": "s3cret"}');
  await using agent = await startReference("alpha", "127.0.44.3", `-config-file=${config}`);
  await Deno.remove(config);
  await compareAll(agent, [
    "members",
    "event x",
    "monitor",
    "query x",
    "info",
    "leave",
    "keys -list",
    "reachability",
    "rtt a b",
    "rtt a",
    "join 127.0.44.9",
    "tags -set a=b",
    "force-leave a",
    "members -rpc-auth=nope",
    "members -rpc-auth=s3cret",
  ]);
  const addr = `-rpc-addr=${agent.ip}:7373`;
  for (const token of ["s3cret", "bad", ""]) {
    const env = { SERF_RPC_AUTH: token, SERF_RPC_ADDR: `${agent.ip}:7373` };
    await compare(["members"], { env });
    await compare(["members", addr, "-rpc-auth="], { env });
    await compare(["members", addr, "-rpc-auth=s3cret"], { env });
  }
});

interopTest("of an encrypted cluster both programs say the same", async () => {
  const directory = await Deno.makeTempDir();
  const [first, second] = [
    "HvY8ubRZMgafUOWvrOadwOckVa1wN3QWAo46FVKbVN8=",
    "AAAAAAAAAAAAAAAAAAAAAA==",
  ];
  await Deno.writeTextFile(`${directory}/keyring.json`, JSON.stringify([first]));
  await using agent = await startReference(
    "alpha",
    "127.0.44.4",
    `-keyring-file=${directory}/keyring.json`,
  );
  await compareAll(agent, [
    "keys -list",
    `keys -install ${second}`,
    "keys -list",
    `keys -use ${second}`,
    `keys -remove ${second}`,
    `keys -remove ${first}`,
    `keys -use ${first}`,
    "keys -install AAAA",
    "keys -install a!b",
    "keys -list=true x",
    "info",
  ]);
  await Deno.remove(directory, { recursive: true });
});

interopTest("an interrupt ends both programs alike", async () => {
  await using agent = await startReference("alpha", "127.0.44.5");
  const addr = `-rpc-addr=${agent.ip}:7373`;
  const commandLines: [string[], string][] = [
    [["query", addr, "-timeout=20s", "x"], "Ack from 'alpha'\n"],
    [["reachability", addr], "Starting reachability test...\n"],
    [["monitor", addr], "Serf agent starting\n"],
  ];
  for (const [args, cue] of commandLines) {
    const outcomes = await Promise.all(
      kinds.map((kind) => runUntil(kind, args, { cue, act: (child) => child.kill("SIGINT") })),
    );
    assertEquals(outcomes.map(({ code }) => code), args[0] === "monitor" ? [0, 0] : [1, 1]);
    if (args[0] !== "monitor") assertEquals(outcomes[0], outcomes[1]);
  }
});

interopTest("when the agent dies both programs say the same", async () => {
  const outcomes = await Promise.all(kinds.map(async (kind, i) => {
    await using agent = await startReference("alpha", `127.0.44.${6 + i}`);
    const args = ["query", `-rpc-addr=${agent.ip}:7373`, "-timeout=20s", "x"];
    return await runUntil(kind, args, {
      cue: "Ack from 'alpha'\n",
      act: () => agent.signal("SIGKILL"),
    });
  }));
  assertEquals(outcomes[0], outcomes[1]);
});
