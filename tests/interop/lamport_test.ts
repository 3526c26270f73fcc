/** Lamport times that somebody has made up, heard by agents of ours and of Serf alike. */

import { assertEquals } from "@std/assert";
import { encodeMessage } from "../../lib/wire/messages/message_codec.ts";
import { encodeSerf } from "../../lib/wire/messages/serf_codec.ts";
import type { Agent } from "../support/agent.ts";
import { GOSSIP_PORT } from "../support/agent.ts";
import { localAddress } from "../support/local_addresses.ts";
import { interopTest } from "../support/program.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";
import { until } from "../support/until.ts";
import { AgentCluster, allSee, join } from "./agent_cluster.ts";

/** Sends a user event with this time to an agent, as another member would. */
async function sendEvent(agent: Agent, lTime: number | bigint, name: string): Promise<void> {
  const event = { type: "user-event", lTime, name, payload: null, coalesce: false } as const;
  const bytes = encodeMessage({ type: "user", body: { bytes: encodeSerf(event) } });
  const socket = Deno.listenDatagram({ transport: "udp", hostname: agent.ip, port: 0 });
  await socket.send(bytes, { transport: "udp", hostname: agent.ip, port: GOSSIP_PORT });
  socket.close();
}

async function eventTime(agent: Agent): Promise<string> {
  await using client = await agent.rpc();
  return (await client.info()).serf.event_time;
}

/** Collects the names and times of the user events of an agent, for as long as the agent runs. */
async function collect(agent: Agent, into: string[]): Promise<void> {
  await using client = await agent.rpc();
  for await (const event of await client.events({ types: ["user"] })) {
    into.push(`${event.name} ${event.lTime}`);
  }
}

interopTest("no Lamport time makes members deaf, nor one that is restarted", async (serf) => {
  const times = [2n ** 53n - 1n, 2n ** 60n, 2n ** 63n - 1n];
  for (const [i, time] of times.entries()) {
    using directory = new TemporaryDirectory();
    await using cluster = new AgentCluster();
    const snapshot = `-snapshot=${directory.file("snapshot")}`;
    const restarted = {
      kind: "ours",
      name: "ours2",
      ip: localAddress(),
      args: [snapshot],
    } as const;
    const agents = await cluster.startJoined([
      { kind: "ours", name: "ours1" },
      { kind: serf, name: "serf" },
      restarted,
    ]);
    const seen = agents.map((): string[] => []);
    const collecting = agents.map((agent, j) => collect(agent, seen[j]).catch(() => {}));
    await until(() => sendHello(agents[0], seen));

    const made = i === 1 ? agents[1] : agents[0];
    await sendEvent(made, time, "hostile");
    let next = time + 1n;
    const expected = [`hostile ${time}`];
    for (const agent of [...agents, ...agents]) {
      await until(() => seen.every((events) => events.includes(expected.at(-1)!)));
      const { code } = await agent.cli(agent.kind, "event", "-coalesce=false", "deploy");
      assertEquals(code, 0);
      expected.push(`deploy ${next++}`);
    }
    await until(() => seen.every((events) => events.includes(expected.at(-1)!)), {
      detail: () => JSON.stringify({ expected, seen }, null, 1),
    });
    const news = (events: string[]) => events.filter((event) => !event.startsWith("hello"));
    for (const events of seen) assertEquals(news(events), expected);
    for (const agent of agents) assertEquals(await eventTime(agent), String(next));

    agents[2].signal("SIGKILL");
    await agents[2].exit;
    const [again] = await cluster.start([restarted]);
    await allSee([again], { ours1: "alive", ours2: "alive", serf: "alive" });
    const heard: string[] = [];
    collecting.push(collect(again, heard).catch(() => {}));
    await until(async () => {
      await agents[1].cli(serf, "event", "-coalesce=false", "deploy");
      return heard.length > 0;
    });
    await until(async () => await eventTime(again) === await eventTime(agents[0]));
    for (const agent of [...agents, again]) await agent[Symbol.asyncDispose]();
    await Promise.all(collecting);
  }
});

/** Sends an event now and then until all streams are seen to be open. */
async function sendHello(agent: Agent, seen: readonly string[][]): Promise<boolean> {
  await agent.cli(agent.kind, "event", "-coalesce=false", "hello");
  return seen.every((events) => events.length > 0);
}

interopTest("a time that nobody can have counted to is ignored, and logged once", async (serf) => {
  await using cluster = new AgentCluster();
  const agents = await cluster.start([
    { kind: "ours", name: "ours" },
    { kind: serf, name: "serf" },
  ]);
  const [ours] = agents;
  for (let i = 0; i < 5; i++) await sendEvent(ours, 2n ** 64n - 1n - BigInt(i), "hostile");
  await ours.printed("Ignoring Lamport time 18446744073709551615, clock is at 1");
  await join(agents[1], ours.address);
  await allSee(agents, { ours: "alive", serf: "alive" });
  assertEquals(await Promise.all(agents.map(eventTime)), ["1", "1"]);
  assertEquals(ours.output.match(/Ignoring Lamport time/g)?.length, 1);
});
