/** How many running members are suspected in clusters with packet loss and overloaded members. */

import { type Profile, simulate } from "../../lib/sim/mod.ts";

/** The condition of a cluster. */
export interface Stress {
  readonly nodes: number;
  /** Share of datagrams that are lost. */
  readonly loss: number;
  /** Delays of all timers and packets of the first few nodes, milliseconds. */
  readonly lagsMs: readonly number[];
}

/** What happened in it. */
export interface Suspicions {
  /** How often a member was suspected. */
  readonly suspicions: number;
  /** How often a member was reported as failed. */
  readonly failures: number;
  /** Datagrams that each node sent in a second, on average. */
  readonly packetsPerSecond: number;
}

/** 10 to 20 % loss, with and without slow nodes. */
export const stresses: readonly Stress[] = [0.1, 0.15, 0.2].flatMap((loss) => [
  { nodes: 15, loss, lagsMs: [] },
  { nodes: 15, loss, lagsMs: [150, 300, 700] },
]);

const SECONDS = 120;

/** Runs a cluster under stress for two minutes. */
export function measureSuspicions(
  { nodes, loss, lagsMs }: Stress,
  { seed, tune }: { readonly seed: number; readonly tune: Partial<Profile> },
): Suspicions {
  let suspicions = 0;
  const cluster = simulate({
    nodes,
    seed,
    tune,
    log: ({ text }) => {
      if (text.includes("has failed, no acks received")) suspicions++;
    },
  });
  cluster.loss = loss;
  for (const [i, lagMs] of lagsMs.entries()) cluster.node(i).slowDown(lagMs);
  const before = cluster.statistics.packets;
  cluster.run({ seconds: SECONDS });
  const packetsPerSecond = (cluster.statistics.packets - before) / nodes / SECONDS;
  const failures = cluster.events().filter(({ event }) => event.type === "member-failed").length;
  return { suspicions, failures, packetsPerSecond };
}
