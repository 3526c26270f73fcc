/** How fast streams of events spread in simulated clusters, and in how many packets: at once, and on memberlist's ticks. */

import { Random } from "../../../lib/sim/random.ts";
import { SwimNetwork } from "../../swim/swim_network.ts";
import { percentile } from "../statistics.ts";
import type { Suite } from "./suite.ts";

const NODES = 30;
const EVENTS = 150;
const SEEDS = [1, 2, 3];
const EVENT_BYTES = 60;
const PER_SECOND = [1, 2, 4, 5, 10, 20];
const LOSSES = [0, 0.1];
/** After the last event, until nothing of it is repeated any more. */
const AFTERMATH_MS = 20_000;

/** Each figure is that of 150 events; the range is over seeds. */
export const eventStreams: Suite = {
  name: "event-streams",
  run(report) {
    for (const loss of LOSSES) {
      for (const perSecond of PER_SECOND) {
        for (const eagerGossip of [false, true]) {
          const variant = `${perSecond}/s to ${NODES}, ${loss * 100} % loss, ` +
            `${eagerGossip ? "at once" : "on ticks"}`;
          const row = (metric: string, unit: string) => ({
            benchmark: "event-streams",
            variant,
            metric,
            unit,
          });
          for (const seed of SEEDS) {
            const { delaysMs, packets, missing } = spread({ perSecond, loss, eagerGossip, seed });
            report.add("ours", row("delivery, p50", "ms"), percentile(delaysMs, 50));
            report.add("ours", row("delivery, p99", "ms"), percentile(delaysMs, 99));
            report.add("ours", row("packets of a member for an event", "count"), packets);
            report.add("ours", row("deliveries missing", "count"), missing);
          }
        }
      }
    }
  },
};

function spread({ perSecond, loss, eagerGossip, seed }: {
  readonly perSecond: number;
  readonly loss: number;
  readonly eagerGossip: boolean;
  readonly seed: number;
}): { delaysMs: number[]; packets: number; missing: number } {
  const network = new SwimNetwork({ nodes: NODES, seed, loss, profile: { eagerGossip } });
  const random = new Random(seed);
  const bodies = Array.from({ length: EVENTS }, (_, i) => {
    network.run(1_000 / perSecond * random.between(0.4, 1.6));
    return network.publish(i % NODES, EVENT_BYTES);
  });
  network.run(AFTERMATH_MS);
  const delaysMs = bodies.flatMap((body) => network.delaysMs(body));
  return {
    delaysMs,
    packets: network.gossipPackets / EVENTS / NODES,
    missing: EVENTS * (NODES - 1) - delaysMs.length,
  };
}
