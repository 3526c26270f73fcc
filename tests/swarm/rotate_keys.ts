import type { SimNode } from "../../lib/sim/mod.ts";
import type { SwarmRun } from "./swarm_run.ts";

const STEPS = ["install-key", "use-key", "remove-key"] as const;

/**
 * Replaces the key as a careful operator does, one rotation at a time: install the new key, use it, remove the old one,
 * and each step only when all nodes run and have confirmed the step before. Otherwise the rotation stops where it is.
 */
export function rotateKeys(run: SwarmRun, node: SimNode, key: Uint8Array): void {
  const old = node.keyring[0];
  const { generation } = node;
  const perform = (step: number) => {
    run.isRotating = step < STEPS.length && run.allRun() && node.generation === generation;
    if (!run.isRotating) return;
    const operation = node.keys(STEPS[step], step < 2 ? key : old);
    const nodes = run.cluster.nodes.length;
    const waitForEnd = () => {
      if (!operation.done && node.generation === generation && node.state !== "down") {
        return run.cluster.after({ seconds: 1 }, waitForEnd);
      }
      const { error, responses } = operation.keys ?? {};
      perform(error === undefined && responses === nodes ? step + 1 : STEPS.length);
    };
    waitForEnd();
  };
  perform(0);
}
