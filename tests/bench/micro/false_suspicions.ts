/** How often running members are suspected, with eager probes and without, in simulated clusters. */

import { measureSuspicions, type Stress, stresses } from "../../scenarios/false_suspicions.ts";
import type { Suite } from "./suite.ts";

const SEEDS = 50;

/** Each figure is that of two minutes; the range is over seeds. */
export const falseSuspicions: Suite = {
  name: "false-suspicions",
  run(report) {
    for (const stress of stresses) {
      for (const eagerProbes of [false, true]) {
        const variant = `${describe(stress)}, ${eagerProbes ? "eager" : "patient"}`;
        const row = (metric: string, unit: string) => ({
          benchmark: "false-suspicions",
          variant,
          metric,
          unit,
        });
        for (let seed = 1; seed <= SEEDS; seed++) {
          const outcome = measureSuspicions(stress, { seed, tune: { eagerProbes } });
          report.add("ours", row("wrongly suspected", "count"), outcome.suspicions);
          report.add("ours", row("wrongly reported failed", "count"), outcome.failures);
          report.add("ours", row("packets of a node", "1/s"), outcome.packetsPerSecond);
        }
      }
    }
  },
};

function describe({ nodes, loss, lagsMs }: Stress): string {
  const slow = lagsMs.length === 0 ? "" : `, ${lagsMs.length} slow`;
  return `N=${nodes}, ${loss * 100} % loss${slow}`;
}
