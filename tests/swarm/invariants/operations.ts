import type { SwarmRun } from "../swarm_run.ts";
import type { Invariant } from "./invariants.ts";

/** Every join, leave, force-leave, tag change, query and key operation ends. */
export class Operations implements Invariant {
  unsettled({ cluster }: SwarmRun): string | undefined {
    const busy = cluster.running.find((node) => node.operations.length > 0);
    return busy && `${busy.name} has ${busy.operations.length} operations that have not ended`;
  }
}
