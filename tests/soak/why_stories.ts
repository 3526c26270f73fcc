/**
 * All kinds of trouble at once in one cluster of real agents, and what `serf why -all` says about each.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Cause, ClusterExplanation, RpcClient } from "../../lib/rpc/client/client.ts";
import { Agent, GOSSIP_PORT } from "../support/agent.ts";
import type { Kind } from "../support/program.ts";
import { anySerf } from "../support/serf_versions.ts";
import { sleep } from "../support/sleep.ts";
import { until } from "../support/until.ts";
import { FaultyNetwork, type Host } from "./faulty_network.ts";
import type { SoakOptions } from "./runs.ts";

/** What is done to a member of that name, and the cause that has to be found. */
const STORIES = {
  killed: "process-ended",
  frozen: "process-frozen",
  "cut-off": "host-unreachable",
  "one-way": "one-way-loss",
  "without-udp": "udp-blocked",
  overloaded: "self-stalled",
  misled: "wrong-address",
  twin: "name-conflict",
} as const satisfies Record<string, Cause>;

type Troubled = keyof typeof STORIES;

/** Who asks, and two others that are well. */
const HEALTHY = ["asker", "witness-1", "witness-2"];

/** An address that belongs to nobody. */
const NOWHERE = "10.9.200.200";

/** An overloaded member stands still for so long, and runs for as long, milliseconds. It has the time to refute. */
const STOP_MS = 1_500;

/** So long a wrong cause may be found, until there is evidence; most of it is the time of suspicions and queries. */
const LIMIT_MS = 180_000;

/** An agent and where it is. */
interface Member {
  readonly agent: Agent;
  readonly host: Host;
}

/** Makes all the trouble, and rejects unless each is explained in time. */
export async function whyStories({ log }: SoakOptions): Promise<void> {
  await using network = await FaultyNetwork.create();
  await using agents = new AsyncDisposableStack();
  const start = async (
    name: string,
    { kind = "our bundle", args = [] }: { kind?: Kind; args?: readonly string[] } = {},
  ): Promise<Member> => {
    const host = await network.addHost();
    const agent = await Agent.start(kind, { name, ...host, args });
    return { host, agent: agents.use(agent) };
  };
  const names = [...HEALTHY, ...Object.keys(STORIES)].filter((name) => name !== "misled");
  const [started, misled, secondTwin] = await Promise.all([
    Promise.all([
      ...names.map((name) => start(name)),
      ...(anySerf === undefined ? [] : [start("serf", { kind: anySerf })]),
    ]),
    start("misled", { args: [`-advertise=${NOWHERE}:${GOSSIP_PORT}`] }),
    start("twin"),
  ]);
  const members = new Map(started.map((member) => [member.agent.name, member]));
  const of = (name: Troubled | "asker") => members.get(name) as Member;
  const asker = of("asker");
  await using client = await asker.agent.rpc();
  const joinAsker = async ({ agent }: Member) => {
    await using joining = await agent.rpc();
    await joining.join([asker.agent.address]);
  };
  await Promise.all(started.filter((member) => member !== asker).map(joinAsker));
  await until(async () => (await client.members({ status: "alive" })).length === started.length, {
    what: "all are members",
    timeoutMs: LIMIT_MS,
  });
  await until(async () => {
    const told = await Promise.all([...members.keys()].map((name) => client.why(name)));
    return told.every(({ node, lastAnswer }) => node === "asker" || lastAnswer !== null);
  }, { what: "the asker has probed everybody", timeoutMs: LIMIT_MS });

  await network.setFaults({
    cutOff: [of("cut-off").host],
    cut: [[asker.host, of("one-way").host]],
    withoutUdp: [of("without-udp").host],
  });
  of("killed").agent.signal("SIGKILL");
  of("frozen").agent.signal("SIGSTOP");
  using _overload = overload(of("overloaded").agent);
  await Promise.all([misled, secondTwin].map(joinAsker));
  await Promise.all(
    Object.entries(STORIES).map(([name, cause]) => explained(client, name, { cause, log })),
  );
  const { code, stdout } = await asker.agent.cli("our bundle", "why", "-all", "killed");
  assertEquals(code, 0);
  assertStringIncludes(stdout, "Conclusion of all: The process of killed has ended");
}

/** Waits until all members together find a cause. */
async function explained(
  client: RpcClient,
  name: string,
  { cause, log }: { readonly cause: Cause; readonly log: SoakOptions["log"] },
): Promise<void> {
  let last: ClusterExplanation | undefined;
  await until(async () => {
    last = await client.whyAll(name);
    // Serf's agent acknowledges the question, and no more.
    const hasSerf = anySerf === undefined || last.silent.includes("serf");
    return last.cluster.cause === cause && hasSerf;
  }, {
    what: `the trouble of ${name} is explained as ${cause}`,
    timeoutMs: LIMIT_MS,
    detail: () => JSON.stringify(last, undefined, 1),
  });
  log(`${name}: ${last?.cluster.text}`);
}

/** Lets an agent stand still again and again. */
function overload(agent: Agent): Disposable {
  let ended = false;
  (async () => {
    while (!ended) {
      agent.signal("SIGSTOP");
      await sleep(STOP_MS);
      agent.signal("SIGCONT");
      await sleep(STOP_MS);
    }
  })();
  return { [Symbol.dispose]: () => ended = true };
}
