/** A client in Python, serfclient, gets from our agent what it gets from Serf's. */

import { assertEquals, assertNotEquals } from "@std/assert";
import { type Agent, GOSSIP_PORT, RPC_PORT } from "../../support/agent.ts";
import { interopTest, type Kind } from "../../support/program.ts";
import { missingPythonClient, python } from "../../support/python_clients.ts";
import { inNewWords } from "../versions.ts";
import type { SerfVersion } from "../../support/serf_versions.ts";
import { AgentCluster, allSee } from "../agent_cluster.ts";

const script = new URL("serfclient_calls.py", import.meta.url).pathname;

/** Calls an agent of a kind, which has a failed member and gets to know another one, and returns what came back. */
async function call(kind: Kind, serf: SerfVersion): Promise<Record<string, unknown>> {
  await using cluster = new AgentCluster();
  const local = ["-profile=local"];
  const [agent, failed] = await cluster.startJoined([
    { kind, name: "n1", args: [...local, "-tag=kind=a\u00e9"] },
    { kind: serf, name: "n2", args: local },
  ]);
  const [other] = await cluster.start([{ kind: serf, name: "n3", args: local }]);
  failed.signal("SIGKILL");
  await allSee([agent], { n1: "alive", n2: "failed" });
  const args = [script, agent.ip, `${RPC_PORT}`, `${other.ip}:${GOSSIP_PORT}`, "n2"];
  const { stdout, stderr } = await new Deno.Command(python, { args }).output();
  const text = new TextDecoder();
  assertEquals(text.decode(stderr), "", kind);
  return comparable(JSON.parse(inNewWords(text.decode(stdout))), [agent, failed, other]);
}

/** What differs from run to run is left out; members are in no order. */
function comparable(
  called: Record<string, unknown>,
  agents: readonly Agent[],
): Record<string, unknown> {
  const names = new Map(agents.map(({ ip, name }) => [
    String.fromCharCode(...ip.split(".").map(Number)),
    `address of ${name}`,
  ]));
  return JSON.parse(JSON.stringify(called), (key, value) => {
    if (key === "runtime" || /^(member_time|event_time|health_score|\w+_queue|LTime)$/.test(key)) {
      return typeof value;
    }
    if (key === "Addr") return names.get(value) ?? "an address";
    if (key === "Members") {
      return value.toSorted((a: { Name: string }, b: { Name: string }) => a.Name < b.Name ? -1 : 1);
    }
    return value;
  });
}

interopTest("serfclient in Python gets the same from both kinds", async (serf) => {
  const [ours, theirs] = await Promise.all([call("ours", serf), call(serf, serf)]);
  assertNotEquals(ours, {});
  assertEquals(ours, theirs);
}, { missing: missingPythonClient });
