/**
 * Ten agents as real processes in networks that lose packets or cut members off, and on a machine that stops some of them.
 * The runs take place at the same time, because they wait most of the time.
 *
 * @module
 */

import { anySerf } from "../support/serf_versions.ts";
import { faultyNetworkMissing } from "./faulty_network.ts";
import { runIsolated } from "./isolated_run.ts";
import { type RunName, runs } from "./runs.ts";

const TITLES: Partial<Record<RunName, string>> = {
  "loss": "nobody is reported failed where a quarter of all datagrams is lost",
  "loss-mixed": "nobody is reported failed then if half of the agents are of Serf",
  "loss-without-tcp": "all list all as alive again after that and no TCP",
  "loss-without-tcp-mixed": "all list all as alive again then if half of the agents are of Serf",
  "cuts": "nobody is reported failed who stops for 3 s, or while another is not heard",
  "cuts-mixed": "nobody is reported failed who stops so, if half of the agents are of Serf",
};

Deno.test({
  name: faultyNetworkMissing === undefined
    ? "agents bear a bad network"
    : `agents bear a bad network (skipped: ${faultyNetworkMissing})`,
  ignore: faultyNetworkMissing !== undefined,
  // Only steps that nobody watches may run at the same time.
  sanitizeOps: false,
  sanitizeResources: false,
  sanitizeExit: false,
  fn: async (t) => {
    await Promise.all(
      Object.entries(TITLES).map(([name, title]) => {
        const { minutes, mixed } = runs[name as RunName];
        return t.step({
          name: title,
          ignore: mixed && anySerf === undefined,
          sanitizeOps: false,
          sanitizeResources: false,
          sanitizeExit: false,
          fn: () => runIsolated(name as RunName, { minutes, log: console.log }),
        });
      }),
    );
  },
});
