/** Clients in other languages get from our agent what they get from Serf's. */

import { assertEquals, assertNotEquals } from "@std/assert";
import { type Agent, GOSSIP_PORT, RPC_PORT } from "../../support/agent.ts";
import { findClientPrograms } from "./foreign_clients.ts";
import { interopTest, type Kind } from "../../support/program.ts";
import type { SerfVersion } from "../../support/serf_versions.ts";
import { inNewWords } from "../versions.ts";
import { AgentCluster, allSee } from "../agent_cluster.ts";

const programs = findClientPrograms();

/**
 * Calls an agent of a kind by all programs, one after the other, and returns what came back, by client. The agent has a
 * failed member and gets to know another one.
 */
async function callAll(kind: Kind, serf: SerfVersion): Promise<Record<string, unknown>> {
  await using cluster = new AgentCluster();
  const local = ["-profile=local"];
  const [agent, failed] = await cluster.startJoined([
    { kind, name: "n1", args: [...local, "-tag=kind=a\u00e9"] },
    { kind: serf, name: "n2", args: local },
  ]);
  const [other] = await cluster.start([{ kind: serf, name: "n3", args: local }]);
  failed.signal("SIGKILL");
  await allSee([agent], { n1: "alive", n2: "failed" });
  const called: Record<string, unknown> = {};
  for (const { client, command: [path, ...args], env, missing } of programs) {
    if (missing !== undefined) continue;
    const { stdout, stderr } = await new Deno.Command(path, {
      args: [...args, agent.ip, `${RPC_PORT}`, `${other.ip}:${GOSSIP_PORT}`, failed.name],
      env: { ...env },
    }).output();
    const text = new TextDecoder();
    assertEquals(text.decode(stderr), "", `${client} at ${kind}`);
    const answers = JSON.parse(inNewWords(text.decode(stdout)));
    called[client] = comparable(answers, [agent, failed, other]);
  }
  return called;
}

/** Figures of the process, and what depends on when gossip arrives. */
const VARYING = /^(member_time|event_time|query_time|health_score|\w+_queue|L?[tT]ime)$/;

/** What differs from run to run is left out; members are in no order. */
function comparable(called: unknown, agents: readonly Agent[]): unknown {
  const addresses = new Map(agents.flatMap(({ ip, name }) => {
    const bytes = ip.split(".").map(Number);
    const forms = [
      ip,
      String.fromCharCode(...bytes),
      JSON.stringify({ type: "Buffer", data: bytes }),
    ];
    return forms.map((form) => [form, `address of ${name}`]);
  }));
  return JSON.parse(JSON.stringify(called), (key, value) => {
    if (key === "runtime" || VARYING.test(key)) return typeof value;
    if (key === "Addr") {
      return addresses.get(typeof value === "string" ? value : JSON.stringify(value)) ?? value;
    }
    if (key === "Members") {
      return value.toSorted((a: { Name: string }, b: { Name: string }) => a.Name < b.Name ? -1 : 1);
    }
    return value;
  });
}

for (const { client, missing } of programs) {
  if (missing !== undefined) {
    Deno.test({ name: `${client} (skipped: ${missing})`, ignore: true, fn() {} });
  }
}

function isEqual(a: unknown, b: unknown): boolean {
  try {
    assertEquals(a, b);
    return true;
  } catch {
    return false;
  }
}

interopTest("clients in other languages get the same from both kinds", async (serf) => {
  const [ours, first] = await Promise.all([callAll("ours", serf), callAll(serf, serf)]);
  let theirs = first;
  // Serf sends a query a few times, also to the failed member, and so may miss the one that is alive.
  for (let again = 0; again < 2 && !isEqual(ours, theirs); again++) {
    theirs = await callAll(serf, serf);
  }
  assertEquals(ours, theirs);
  assertNotEquals(ours, {});
}, { missing: programs.every(({ missing }) => missing !== undefined) ? "no client" : undefined });
