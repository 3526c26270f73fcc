/** Agents that go, by whatever way, and come back; and what they know then. */

import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertLessOrEqual,
  assertStringIncludes,
} from "@std/assert";
import { TemporaryDirectory } from "../support/temporary_directory.ts";
import { AgentCluster, allSee, join } from "./agent_cluster.ts";
import { Agent } from "../support/agent.ts";
import { localAddress } from "../support/local_addresses.ts";
import { interopTest, type Kind } from "../support/program.ts";
import { until } from "../support/until.ts";

/** One place that agents of either kind take in turn, with one snapshot; and an agent that stays. */
interface Relay {
  readonly keeper: Agent;
  /** Who take turns; the first is of the keeper's kind. */
  readonly kinds: readonly [Kind, Kind];
  readonly ip: string;
  readonly snapshot: string;
  /** Where the agents' handlers write what they are told. */
  readonly notes: string;
}

/** Starts an agent where the one before it has ended, and knowing what that knew. */
function takeOver(kind: Kind, { ip, snapshot, notes }: Relay, ...args: string[]): Promise<Agent> {
  const handler = `-event-handler=user,query=echo $SERF_USER_EVENT$SERF_QUERY_NAME >> ${notes}`;
  const rest = ["-profile=local", `-snapshot=${snapshot}`, handler, ...args];
  return Agent.start(kind, { name: "runner", ip, args: rest });
}

async function untilNoted(relay: Relay, ...expected: string[]): Promise<void> {
  let notes = "";
  await until(async () => {
    notes = await Deno.readTextFile(relay.notes).catch(() => "");
    return notes.split("\n").length > expected.length;
  }, { what: `the notes are ${expected}`, detail: () => notes });
  assertEquals(notes.trimEnd().split("\n"), expected);
}

/** The clocks as `info` shows them. */
async function clocks(agent: Agent): Promise<Record<string, number>> {
  await using client = await agent.rpc();
  const { serf } = await client.info();
  return Object.fromEntries(
    ["event_time", "member_time", "query_time"].map((name) => [name, Number(serf[name])]),
  );
}

async function send(agent: Agent, name: string): Promise<void> {
  await using client = await agent.rpc();
  await client.userEvent(name);
}

async function passOn(relay: Relay): Promise<void> {
  const { keeper, kinds: [kind, other] } = relay;
  const both = { keeper: "alive", runner: "alive" };
  let before: Record<string, number>;
  {
    await using first = await takeOver(kind, relay);
    await join(first, keeper.ip);
    await allSee([keeper, first], both);
    await send(keeper, "one");
    await untilNoted(relay, "one");
    await send(keeper, "two");
    // A query that follows at once would share its packet, and come first in it.
    await untilNoted(relay, "one", "two");
    await (await (await keeper.rpc()).query("three", null, { timeoutMs: 1 })).next();
    await untilNoted(relay, "one", "two", "three");
    before = await clocks(first);
    first.signal("SIGTERM");
    assertEquals(await first.exit, 1);
  }
  {
    // Killed and started as the other kind, it finds its cluster, and is told nothing twice.
    await using second = await takeOver(other, relay);
    await second.printed("Re-joined to previously known node: keeper");
    await allSee([keeper, second], both);
    const after = await clocks(second);
    for (const [name, time] of Object.entries(before)) {
      assertGreaterOrEqual(after[name], time, `${name} of ${second.kind} after ${kind}`);
    }
    await send(keeper, "four");
    await untilNoted(relay, "one", "two", "three", "four");
    second.signal("SIGINT");
    assertEquals(await second.exit, 0);
    await allSee([keeper], { keeper: "alive", runner: "left" });
    assertStringIncludes(await Deno.readTextFile(relay.snapshot), "\nleave\n");
  }
  {
    // After a leave it comes back only when it is told to.
    await using third = await takeOver(kind, relay, "-rejoin");
    await third.printed("Re-joined to previously known node: keeper");
    await allSee([keeper, third], both);
    await send(keeper, "five");
    await untilNoted(relay, "one", "two", "three", "four", "five");
    third.signal("SIGINT");
    assertEquals(await third.exit, 0);
  }
  await using fourth = await takeOver(other, relay);
  await fourth.printed("Received event: member-join");
  assert(!fourth.output.includes("ttempting re-join"));
  assertEquals(await fourth.statuses(), { runner: "alive" });
  assertEquals((await clocks(fourth)).event_time, 1);
}

interopTest("each kind goes on from the other's snapshot", async (serf) => {
  using directory = new TemporaryDirectory();
  await using cluster = new AgentCluster();
  const kinds = ["ours", serf] as const;
  const keepers = await cluster.start(
    kinds.map((kind) => ({ kind, name: "keeper", args: ["-profile=local"] })),
  );
  await Promise.all(keepers.map((keeper, i) =>
    passOn({
      keeper,
      kinds: [kinds[i], kinds[1 - i]],
      ip: localAddress(),
      snapshot: directory.file(`${i}.snapshot`),
      notes: directory.file(`${i}.notes`),
    })
  ));
});

interopTest(
  "of two agents of one name the newcomer goes, whatever kinds they are",
  async (serf) => {
    const kinds = ["ours", serf] as const;
    await using cluster = new AgentCluster();
    const agents = await cluster.startJoined([..."abcd"].map((name, i) => ({
      kind: kinds[i % 2],
      name,
      args: ["-profile=local"],
    })));
    // Each kind takes the name of an agent of the other.
    const impostors = await cluster.start(kinds.map((kind, i) => ({
      kind,
      name: "ba"[i],
      args: ["-profile=local"],
    })));
    for (const [i, impostor] of impostors.entries()) {
      const witness = agents[2 + i];
      await join(impostor, witness.ip);
      await witness.printed(
        new RegExp(`Name conflict for '${impostor.name}' both \\S+ and ${impostor.address}`),
      );
    }
    for (const impostor of impostors) {
      assertEquals(await impostor.exit, 0);
      assertStringIncludes(impostor.output, "Node name conflicts with another node at 127.");
      assertStringIncludes(impostor.output, "minority in name conflict resolution");
    }
    await allSee(agents, { a: "alive", b: "alive", c: "alive", d: "alive" });
  },
);

/** A survivor, and an agent that fails and comes back without joining anybody. */
async function comeBack(
  cluster: AgentCluster,
  { survivor, lost, freeze }: {
    readonly survivor: Kind;
    readonly lost: Kind;
    /** Whether the agent only stands still for a while; otherwise it is killed and started again. */
    readonly freeze: boolean;
  },
): Promise<void> {
  using directory = new TemporaryDirectory();
  const config = directory.file("reconnect.json");
  await Deno.writeTextFile(config, '{"reconnect_interval": "500ms", "profile": "local"}');
  const args = [`-config-file=${config}`];
  const plan = { kind: lost, name: "lost", ip: localAddress(), args };
  const [watcher, agent] = await cluster.startJoined([
    { kind: survivor, name: "survivor", args },
    plan,
  ]);
  agent.signal(freeze ? "SIGSTOP" : "SIGKILL");
  await allSee([watcher], { survivor: "alive", lost: "failed" });
  const all = { survivor: "alive", lost: "alive" };
  if (freeze) {
    agent.signal("SIGCONT");
    await allSee([watcher, agent], all);
  } else {
    // The agent itself may learn of the survivor only from the next state exchange.
    await cluster.start([plan]);
    await allSee([watcher], all);
  }
  await watcher.printed(/EventMemberFailed: lost[^]*EventMemberJoin: lost/);
}

interopTest("a failed agent is taken back as soon as it can be reached", async (serf) => {
  await using cluster = new AgentCluster();
  await Promise.all(
    [true, false].flatMap((freeze) => [
      comeBack(cluster, { survivor: "ours", lost: serf, freeze }),
      comeBack(cluster, { survivor: serf, lost: "ours", freeze }),
    ]),
  );
});

/** The last value of a clock in a snapshot. */
function lastClock(snapshot: string, name: string): number {
  return Number([...snapshot.matchAll(new RegExp(`^${name}: (\\d+)\n`, "gm"))].at(-1)?.[1]);
}

interopTest("a busy agent that is killed loses no more than its last second", async (serf) => {
  using directory = new TemporaryDirectory();
  const snapshot = directory.file("snapshot");
  await using cluster = new AgentCluster();
  const args = ["-profile=local", `-snapshot=${snapshot}`];
  const [busy, peer] = await cluster.startJoined([
    { kind: "ours", name: "busy", args },
    { kind: serf, name: "peer", args: ["-profile=local"] },
  ]);
  await using client = await busy.rpc();
  /** When each event was accepted; the first has the event time 1. */
  const accepted: number[] = [];
  const start = performance.now();
  while (performance.now() < start + 2_500) {
    await client.userEvent(`event-${accepted.length}`, "x".repeat(20));
    accepted.push(performance.now());
  }
  busy.signal("SIGKILL");
  const killed = performance.now();
  await busy.exit;

  const text = await Deno.readTextFile(snapshot);
  // On a busy machine the agent may stand still for a while, and then it does not write either.
  const pauses = [...accepted.slice(1), killed].map((time, i) => time - accepted[i]);
  const lastSecond = killed - 1_000 - Math.max(...pauses);
  const certain = accepted.filter((time) => time < lastSecond).length;
  const kept = lastClock(text, "event-clock");
  assertGreaterOrEqual(kept, certain);
  assertLessOrEqual(kept, accepted.length);
  assertStringIncludes(text, `alive: peer ${peer.address}\n`);
  assertLessOrEqual(text.length, 2 * 128 * 1024, "it is compacted while the agent is busy");

  // Serf goes on from there.
  const [again] = await cluster.start([{ kind: serf, name: "busy", ip: busy.ip, args }]);
  await allSee([peer, again], { busy: "alive", peer: "alive" });
  assertGreaterOrEqual((await clocks(again)).event_time, kept + 1);
});
