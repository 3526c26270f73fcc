/** `serf why -all` in a real network: all kinds of trouble at the same time, each explained. */

import { faultyNetworkMissing } from "./faulty_network.ts";
import { runIsolated } from "./isolated_run.ts";

Deno.test({
  name: faultyNetworkMissing === undefined
    ? "why -all names the cause of every trouble"
    : `why -all names the cause of every trouble (skipped: ${faultyNetworkMissing})`,
  ignore: faultyNetworkMissing !== undefined,
  fn: () => runIsolated("why", { minutes: 3, log: console.log }),
});
