/** The tables of the SWIM paper. */

import { markdown, mean, type Run, seedsFrom } from "./markdown.ts";
import { measureDetection, measureJoins } from "./swim.ts";

const GROUPS = { quick: [8, 16], usual: [8, 16, 32, 56], full: [8, 16, 32, 56, 128] } as const;
const DEATHS = { quick: 20, usual: 100, full: 1_000 } as const;
const JOIN_RUNS = { quick: 2, usual: 20, full: 100 } as const;

/** SWIM, Figures 2 and 3(a): the load of a member, and how long a death remains unnoticed. */
export function detectionTable({ seed, size }: Run): string {
  const rows = GROUPS[size].map((nodes) => {
    const all = seedsFrom(seed, DEATHS[size]).map((each) => measureDetection(nodes, each));
    const messages = mean(all.map((one) => one.messages));
    const period = mean(all.map((one) => one.period));
    return [`${nodes}`, "2.0", messages.toFixed(2), "1.58", period.toFixed(2)];
  });
  return markdown(
    ["members", "messages per period: SWIM", "here", "periods to first detection: SWIM", "here"],
    rows,
  );
}

/** SWIM, Figure 4: how many of 17 members that join are left. */
export function joinTable({ seed, size }: Run): string {
  const seeds = seedsFrom(seed, JOIN_RUNS[size]);
  const left = (suspicion: boolean) =>
    mean(seeds.map((each) => measureJoins(each, { suspicion }))).toFixed(1);
  return markdown(["10 % loss: left of 17", "SWIM", "here"], [
    ["without suspicion, multicast", "2", "–"],
    ["without suspicion", "4", left(false)],
    ["with suspicion", "12", left(true)],
  ]);
}
