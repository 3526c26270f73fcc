import { assertEquals } from "@std/assert";
import { BenchAgent } from "./cluster/bench_agent.ts";
import { EventLog } from "./cluster/event_log.ts";
import { pollUntil } from "./cluster/poll.ts";

const SIZE = 5;
const TIMEOUT_MS = 30_000;

Deno.test("agents of the floor find each other and pass events on, so that benchmarks can measure them", async () => {
  await using cluster = new AsyncDisposableStack();
  const agents = Array.from(
    { length: SIZE },
    (_, i) => cluster.use(new BenchAgent("floor", { name: `n${i}` })),
  );
  await Promise.all(agents.map((agent) => agent.ready({ retryMs: 20 })));
  for (const agent of agents.slice(1)) {
    assertEquals(await agent.client.join([agents[0].address]), 1);
  }
  const condition = ({ alive }: { alive: number }) => alive === SIZE;
  await pollUntil(agents, { condition, since: performance.now(), timeoutMs: TIMEOUT_MS });
  const log = await EventLog.open(agents);
  const phase = log.begin();
  for (const { client } of agents) await phase.send(client);
  await phase.settle({ quietMs: TIMEOUT_MS, timeoutMs: TIMEOUT_MS });
  assertEquals([phase.accepted, phase.lost, phase.deliveries.length], [SIZE, 0, SIZE * SIZE]);
});
