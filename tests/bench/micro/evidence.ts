/** What the evidence for `serf why` costs: simulated clusters with and without it in turn. */

import { simulate } from "../../../lib/sim/mod.ts";
import { cpuTimeMs } from "../../support/cpu_time.ts";
import type { Suite } from "./suite.ts";

const NODES = 200;
/** Every member has been probed by most others by then. */
const SECONDS = 120;
const ROUNDS = 9;

/** Processor time for each second of a node; the report gives the median of the rounds. */
export const evidence: Suite = {
  name: "evidence",
  run(report) {
    for (const variant of ["without", "with"] as const) measure(variant, 0);
    for (let round = 1; round <= ROUNDS; round++) {
      const order = round % 2 === 0 ? ["with", "without"] as const : ["without", "with"] as const;
      for (const variant of order) {
        const metric = { benchmark: "evidence", variant, metric: "quiet", unit: "µs/node-second" };
        report.add("ours", metric, measure(variant, round));
      }
    }
  },
};

function measure(variant: "with" | "without", seed: number): number {
  const config = variant === "with" ? {} : { evidenceBytes: 0 };
  const cluster = simulate({ nodes: NODES, join: "formed", seed, keepEvents: 0, config });
  const begun = cpuTimeMs();
  cluster.run({ seconds: SECONDS });
  return 1000 * (cpuTimeMs() - begun) / (NODES * SECONDS);
}
