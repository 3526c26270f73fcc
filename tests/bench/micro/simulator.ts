/** How much faster than real time clusters are simulated. */

import { simulate } from "../../../lib/sim/mod.ts";
import type { Report } from "../report.ts";
import type { Suite } from "./suite.ts";

/** How long the gossip about so many joins takes to end, virtual seconds. */
const CALM_SECONDS = 10;
/** What is measured then, virtual seconds. */
const SECONDS = 60;

/** Virtual seconds of all nodes together in a real second. */
export const simulator: Suite = {
  name: "simulator",
  run(report) {
    for (const seed of [1, 2, 3]) measure({ nodes: 100, seed }, report);
    measure({ nodes: 1_000, seed: 1 }, report);
  },
};

function measure({ nodes, seed }: { nodes: number; seed: number }, report: Report): void {
  const metric = (name: string, unit: string) => ({
    benchmark: "simulator",
    variant: `${nodes} nodes`,
    metric: name,
    unit,
  });
  const begun = performance.now();
  const cluster = simulate({ nodes, seed, keepEvents: 0 });
  cluster.run({ seconds: CALM_SECONDS });
  const calm = performance.now();
  cluster.run({ seconds: SECONDS });
  const ended = performance.now();
  report.add("ours", metric("join, and gossip about it", "ms"), calm - begun);
  report.add("ours", metric("quiet", "node-seconds/s"), nodes * SECONDS * 1000 / (ended - calm));
}
