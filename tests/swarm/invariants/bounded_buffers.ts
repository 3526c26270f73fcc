import type { SwarmRun } from "../swarm_run.ts";
import type { Invariant } from "./invariants.ts";

/** Timers, packets and streams under way for each node; a quiet one has about 20. */
const PENDING = 100;

/** At rest nothing is left in the broadcast queues, no timers have piled up, and nobody remembers more names than there were. */
export class BoundedBuffers implements Invariant {
  unsettled({ cluster }: SwarmRun): string | undefined {
    const names = new Set(cluster.nodes.map(({ name }) => name));
    // Who is alone keeps what it has to say for the next one who comes.
    const inCompany = cluster.running.length > 1 ? cluster.running : [];
    for (const node of inCompany) {
      const stats = node.stats();
      for (const queue of ["intent_queue", "event_queue", "query_queue"]) {
        if (stats[queue] !== "0") {
          return `${node.name} has ${stats[queue]} messages in its ${queue}`;
        }
      }
      if (Number(stats.members) > names.size) return `${node.name} knows ${stats.members} members`;
    }
    if (cluster.pending > PENDING * cluster.nodes.length) {
      return `${cluster.pending} events are under way`;
    }
    return undefined;
  }
}
