import { type Cluster, simulate } from "../../../lib/sim/mod.ts";
import type { Variant } from "./variants.ts";

export function interval(
  { nodes, seed, concurrent, durationMs, intervalMs, seconds }: {
    nodes: number;
    seed: number;
    concurrent: number;
    durationMs: number;
    intervalMs: number;
    seconds: number;
  },
  tune: Variant,
) {
  let all = 0, healthy = 0;
  const slow = new Set<string>();
  let counting = false;
  const cluster: Cluster = simulate({
    nodes,
    seed,
    join: "formed",
    keepEvents: 0,
    countBytes: true,
    tune,
    observer: {
      emitted: (node, output) => {
        if (!counting || output.type !== "member-failed") return;
        const wrong =
          (output as unknown as { members: { name: string }[] }).members.filter(({ name }) =>
            !slow.has(name)
          ).length;
        all += wrong;
        if (!slow.has(node.name)) healthy += wrong;
      },
    },
  });
  cluster.run({ seconds: 15 });
  const anomalous = cluster.nodes.slice(0, concurrent);
  for (const n of anomalous) slow.add(n.name);
  counting = true;
  while (cluster.now < seconds * 1000) {
    for (const n of anomalous) n.block();
    cluster.run({ ms: durationMs });
    for (const n of anomalous) n.unblock();
    cluster.run({ ms: intervalMs });
  }
  return { all, healthy, packets: cluster.statistics.packets, bytes: cluster.statistics.bytes };
}
