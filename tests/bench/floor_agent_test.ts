import { assertEquals } from "@std/assert";
import { Cluster } from "./cluster/cluster.ts";
import { EventLog } from "./cluster/event_log.ts";

const SIZE = 5;
const TIMEOUT_MS = 30_000;

Deno.test("agents of the floor find each other and pass events on, so that benchmarks can measure them", async () => {
  await using cluster = await Cluster.start("floor", { size: SIZE });
  const { agents } = cluster;
  for (const { client } of agents.slice(1)) {
    assertEquals(await client.join([agents[0].address]), 1);
  }
  await cluster.complete({ since: performance.now(), timeoutMs: TIMEOUT_MS });
  const log = await EventLog.open(agents);
  const phase = log.begin();
  for (const { client } of agents) await phase.send(client);
  await phase.settle({ quietMs: TIMEOUT_MS, timeoutMs: TIMEOUT_MS });
  assertEquals([phase.accepted, phase.lost, phase.deliveries.length], [SIZE, 0, SIZE * SIZE]);
});
