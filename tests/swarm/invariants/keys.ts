import type { SwarmRun } from "../swarm_run.ts";
import type { Invariant } from "./invariants.ts";

/** Every running node can decrypt what every other one sends. */
export class Keys implements Invariant {
  unsettled({ cluster }: SwarmRun): string | undefined {
    for (const sender of cluster.running) {
      const primary = sender.keyring[0]?.join();
      for (const receiver of cluster.running) {
        const canDecrypt = primary === undefined ||
          receiver.keyring.some((key) => key.join() === primary);
        if (!canDecrypt) return `${receiver.name} has not the key of ${sender.name}`;
      }
    }
    return undefined;
  }
}
