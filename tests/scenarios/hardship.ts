/** Clusters with a bad network and slow members, in which nobody fails: who accuses whom all the same? */

import { type Profile, simulate } from "../../lib/sim/mod.ts";

/** What a cluster has to bear. */
export interface Hardship {
  readonly nodes: number;
  /** Share of datagrams that are lost. */
  readonly loss: number;
  /** How much later than due everything reaches the first few nodes, milliseconds. */
  readonly lagsMs: readonly number[];
}

/** What came of it. */
export interface Endurance {
  /** How often somebody was suspected. */
  readonly accusations: number;
  /** How often somebody was even reported to have failed. */
  readonly failures: number;
  /** Datagrams that each node sent in a second, on average. */
  readonly packetsPerSecond: number;
}

/** 10 to 20 % loss, with and without slow nodes. */
export const hardships: readonly Hardship[] = [0.1, 0.15, 0.2].flatMap((loss) => [
  { nodes: 15, loss, lagsMs: [] },
  { nodes: 15, loss, lagsMs: [150, 300, 700] },
]);

const SECONDS = 120;

/** Lets a cluster bear it for two minutes. */
export function endure(
  { nodes, loss, lagsMs }: Hardship,
  { seed, tune }: { readonly seed: number; readonly tune: Partial<Profile> },
): Endurance {
  let accusations = 0;
  const cluster = simulate({
    nodes,
    seed,
    tune,
    log: ({ text }) => {
      if (text.includes("has failed, no acks received")) accusations++;
    },
  });
  cluster.loss = loss;
  for (const [i, lagMs] of lagsMs.entries()) cluster.node(i).slowDown(lagMs);
  const before = cluster.statistics.packets;
  cluster.run({ seconds: SECONDS });
  const packetsPerSecond = (cluster.statistics.packets - before) / nodes / SECONDS;
  const failures = cluster.events().filter(({ event }) => event.type === "member-failed").length;
  return { accusations, failures, packetsPerSecond };
}
