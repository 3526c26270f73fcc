/** How often members that are there are accused, with eager probes and without, in simulated clusters. */

import { endure, type Hardship, hardships } from "../../scenarios/hardship.ts";
import type { Suite } from "./suite.ts";

const SEEDS = 50;

/** Each figure is that of two minutes; the range is over seeds. */
export const accusations: Suite = {
  name: "accusations",
  run(report) {
    for (const hardship of hardships) {
      for (const eagerProbes of [false, true]) {
        const variant = `${describe(hardship)}, ${eagerProbes ? "eager" : "patient"}`;
        const row = (metric: string, unit: string) => ({
          benchmark: "accusations",
          variant,
          metric,
          unit,
        });
        for (let seed = 1; seed <= SEEDS; seed++) {
          const outcome = endure(hardship, { seed, tune: { eagerProbes } });
          report.add("ours", row("wrongly suspected", "count"), outcome.accusations);
          report.add("ours", row("wrongly reported failed", "count"), outcome.failures);
          report.add("ours", row("packets of a node", "1/s"), outcome.packetsPerSecond);
        }
      }
    }
  },
};

function describe({ nodes, loss, lagsMs }: Hardship): string {
  const slow = lagsMs.length === 0 ? "" : `, ${lagsMs.length} slow`;
  return `N=${nodes}, ${loss * 100} % loss${slow}`;
}
