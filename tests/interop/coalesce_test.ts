/** Coalescing on our agent of user events that one of Serf's sends. */

import { assertEquals } from "@std/assert";
import { interopTest } from "../support/program.ts";
import { sleep } from "../support/sleep.ts";
import { until } from "../support/until.ts";
import { AgentCluster, join } from "./agent_cluster.ts";

const EVENTS = 5;
/** They span the state exchanges that follow a join, and are closer together than the second of quiet. */
const SPACING_MS = 250;
const QUIET_MS = 1_000;

/**
 * Serf sends an event with its next gossip tick, up to 200 ms later. A state exchange in between brings it without the flag
 * that allows coalescing.
 */
interopTest("coalesced events stay coalesced while an agent joins", async (serf) => {
  await using cluster = new AgentCluster();
  const [sender, ours] = await cluster.start([
    { kind: serf, name: "serf", ip: "127.0.164.1" },
    { kind: "ours", name: "ours", ip: "127.0.164.2" },
  ]);
  await using client = await sender.rpc();
  await using receiver = await ours.rpc();
  const received: number[] = [];
  using events = await receiver.events({ types: ["user"] });
  (async () => {
    for await (const event of events) received.push(Number(event.text()));
  })();
  await join(ours, sender.address);
  let longestGapMs = 0;
  let sentAt = performance.now();
  for (let i = 1; i <= EVENTS; i++) {
    await client.userEvent("deploy", `${i}`, { coalesce: true });
    longestGapMs = Math.max(longestGapMs, performance.now() - sentAt);
    sentAt = performance.now();
    await sleep(SPACING_MS);
  }
  await until(() => received.at(-1) === EVENTS, { detail: () => JSON.stringify(received) });
  await sleep(QUIET_MS);
  assertEquals(received, received.toSorted((a, b) => a - b));
  // On a machine that was busy for so long, the window may have closed in between.
  if (longestGapMs < QUIET_MS - SPACING_MS) assertEquals(received, [EVENTS]);
});
