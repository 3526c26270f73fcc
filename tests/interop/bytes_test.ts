/** Names, tags, events and queries that are not UTF-8, between agents of ours and of Serf. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { decodeText, encodeText } from "../../lib/base/text.ts";
import type { Agent } from "../support/agent.ts";
import { localAddress } from "../support/local_addresses.ts";
import { commandLine, interopTest, type Kind } from "../support/program.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";
import { until } from "../support/until.ts";
import { AgentCluster, allSee, join, type Plan } from "./agent_cluster.ts";

/** Two names that differ in one byte, which is not UTF-8. */
const CAFE = "caf\udce9";
const CAFF = "caf\udcff";

/** An agent whose name is not UTF-8, which Deno cannot pass on as an argument: a shell does. */
function plan(kind: Kind, { name, ip, args = [] }: Omit<Plan, "kind" | "through">): Plan {
  const octal = Array.from(encodeText(name), (byte) => `\\${byte.toString(8).padStart(3, "0")}`);
  const script = `exec "$0" "$@" -node="$(printf '${octal.join("")}')"`;
  return { kind, name, ip, args, through: ["/bin/sh", "-c", script] };
}

/** What a command line prints, byte for byte. */
async function printed(kind: Kind, agent: Agent, ...args: string[]): Promise<string> {
  const line = commandLine(kind, [args[0], `-rpc-addr=${agent.rpcAddress}`, ...args.slice(1)]);
  const command = new Deno.Command(line.program, { args: line.args, stdin: "null" });
  return decodeText((await command.output()).stdout);
}

interopTest("members whose names differ in such a byte are two members", async (serf) => {
  await using cluster = new AgentCluster();
  const agents = await cluster.start([
    plan("ours", { name: "ours" }),
    plan(serf, { name: CAFE }),
    plan(serf, { name: CAFF }),
    plan(serf, { name: "serf" }),
    plan("ours", { name: "\udce9\udce9" }),
  ]);
  const [ours, theirs] = agents;
  for (const agent of agents.slice(1)) await join(agent, ours.address);
  const everybody = Object.fromEntries(agents.map(({ name }) => [name, "alive"]));
  await allSee(agents, everybody);
  // A state exchange with each other agent: had somebody changed a name, the result would spread.
  for (const agent of agents.slice(1)) await join(agent, ours.address);
  await allSee(agents, everybody);
  for (const args of [["members"], ["members", "-name=caf."]]) {
    // Serf lists its members in random order.
    const lines = (text: string) => text.split("\n").map((line) => line.trim()).toSorted();
    const [a, b] = await Promise.all([
      printed("ours", theirs, ...args),
      printed(serf, theirs, ...args),
    ]);
    assertEquals(lines(a), lines(b));
    assertStringIncludes(a, CAFE);
  }
  const names = ({ members }: { members: { name: string }[] }) => members.map(({ name }) => name);
  for (const kind of ["ours", serf] as const) {
    const json = await printed(kind, theirs, "members", "-format=json");
    assertStringIncludes(json, '"name": "caf\\ufffd"');
    assertEquals(names(JSON.parse(json)).toSorted(), [
      "caf\ufffd",
      "caf\ufffd",
      "ours",
      "serf",
      "\ufffd\ufffd",
    ]);
  }
  assertEquals(agents.map(({ output }) => output.includes("onflict")), agents.map(() => false));
});

interopTest("tags, events and queries keep such bytes both ways", async (serf) => {
  await using cluster = new AgentCluster();
  const agents = await cluster.startJoined([
    plan("ours", { name: "ours" }),
    plan(serf, { name: "serf" }),
  ]);
  const tags = { [CAFE]: "1\udcfe", [CAFF]: "2" };
  for (const agent of agents) {
    await using client = await agent.rpc();
    await client.updateTags({ set: tags });
  }
  for (const agent of agents) {
    await until(async () => {
      const members = await agent.members();
      return members.every((member) =>
        JSON.stringify(member.tags, Object.keys(tags)) === JSON.stringify(tags)
      );
    });
  }
  for (const [sender, receiver] of [agents, agents.toReversed()]) {
    await using from = await sender.rpc();
    await using to = await receiver.rpc();
    using events = await to.events({ types: ["user", "query"] });
    const arriving = events[Symbol.asyncIterator]();
    await from.userEvent(CAFE, encodeText("\udcff"));
    const event = (await arriving.next()).value;
    assert(event?.type === "user");
    assertEquals([event.name, event.payload], [CAFE, Uint8Array.of(0xff)]);
    using _answers = await from.query(CAFF, null, { timeoutMs: 2_000, tags: { [CAFE]: "^1.$" } });
    const query = (await arriving.next()).value;
    assert(query?.type === "query");
    assertEquals(query.name, CAFF);
  }
});

interopTest("a snapshot keeps such a name", async (serf) => {
  using directory = new TemporaryDirectory();
  await using cluster = new AgentCluster();
  const snapshot = directory.file("snapshot");
  const options = { name: "ours", ip: localAddress(), args: [`-snapshot=${snapshot}`] };
  const agents = await cluster.startJoined([
    plan(serf, { name: CAFE }),
    plan("ours", options),
  ]);
  const alive = { [CAFE]: "alive", ours: "alive" };
  const line = `alive: ${CAFE} ${agents[0].address}\n`;
  await until(async () => {
    return decodeText(await Deno.readFile(snapshot)).includes(line);
  });
  agents[1].signal("SIGKILL");
  await agents[1].exit;
  const [again] = await cluster.start([plan("ours", options)]);
  await allSee([agents[0], again], alive);
});
