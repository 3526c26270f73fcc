/** Asking agents again and again. */

import { sleep } from "../../support/sleep.ts";
import type { BenchAgent, MemberCounts } from "./bench_agent.ts";

/** The shortest pause between two rounds. Otherwise a pause takes as long as the round, which halves the load. */
const MIN_PAUSE_MS = 5;

/** What to wait for, and how long. */
export interface PollOptions {
  readonly condition: (counts: MemberCounts) => boolean;
  /** What the times count from, as `performance.now()` says. */
  readonly since: number;
  readonly timeoutMs: number;
}

/**
 * Asks each agent until a condition holds for it. Returns when that was, in milliseconds, one time for each agent;
 * `undefined` for those that took too long.
 */
export async function pollUntil(
  agents: readonly BenchAgent[],
  { condition, since, timeoutMs }: PollOptions,
): Promise<(number | undefined)[]> {
  const times = new Map<BenchAgent, number>();
  const ask = async (agent: BenchAgent) => {
    if (condition(await agent.counts())) times.set(agent, performance.now() - since);
  };
  for (;;) {
    const begun = performance.now();
    await Promise.all(agents.filter((agent) => !times.has(agent)).map(ask));
    const now = performance.now();
    if (times.size === agents.length || now - since > timeoutMs) break;
    await sleep(Math.max(MIN_PAUSE_MS, now - begun));
  }
  return agents.map((agent) => times.get(agent));
}

/** The latest of times; `undefined` if one of them is missing. */
export function latest(times: readonly (number | undefined)[]): number | undefined {
  return times.includes(undefined) ? undefined : Math.max(...times as number[]);
}
