import type { SwarmRun } from "../swarm_run.ts";
import type { Invariant } from "./invariants.ts";

/** In the end all running nodes see each other alive, at the right addresses and with the right tags, and nobody else. */
export class Convergence implements Invariant {
  unsettled({ cluster }: SwarmRun): string | undefined {
    const { running } = cluster;
    if (!cluster.converged()) {
      for (const viewer of running) {
        const view = viewer.members().map(({ name, status }) => `${name} ${status}`);
        const expected = running.map(({ name }) => `${name} alive`);
        const missing = expected.filter((text) => !view.includes(text));
        const extra = view.filter((text) => text.endsWith(" alive") && !expected.includes(text));
        if (missing.length + extra.length > 0) {
          return `${viewer.name} does not see ${missing.join(", ") || "-"}; it sees ${
            extra.join(", ") || "-"
          } beside`;
        }
      }
      return "a node is seen at a wrong address";
    }
    for (
      const { name, member: own } of running.map((node) => ({
        name: node.name,
        member: node.member(node.name),
      }))
    ) {
      for (const viewer of running) {
        const seen = viewer.member(name)?.tags.version;
        if (seen !== own?.tags.version) {
          return `${viewer.name} sees tag ${seen} of ${name}, which has ${own?.tags.version}`;
        }
      }
    }
    return undefined;
  }
}
