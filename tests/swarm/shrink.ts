/**
 * Finding out which faults of a failed run matter.
 *
 * @module
 */

import type { Plan } from "./plan.ts";
import { runPlan } from "./swarm_run.ts";

/**
 * Leaves out faults for as long as the run still violates the same invariant (delta debugging, Zeller and Hildebrandt
 * 2002): at first halves, then smaller parts, in the end single ones. Returns the indices of those that are left; each of
 * them is needed.
 */
export function shrink(plan: Plan, invariant: string): number[] {
  const fails = (keep: readonly number[]) =>
    runPlan(plan, { keep: new Set(keep) }).failure?.invariant === invariant;
  let kept = plan.faults.map(({ index }) => index);
  if (fails([])) return [];
  for (let parts = 2; kept.length > 1;) {
    const smaller = withoutOnePart(kept, parts).find(fails);
    if (smaller !== undefined) {
      kept = smaller;
      parts = Math.max(2, parts - 1);
    } else if (parts < kept.length) {
      parts = Math.min(kept.length, 2 * parts);
    } else {
      break;
    }
  }
  return kept;
}

/** The items in so many ways, each of them without one of so many parts. */
function withoutOnePart<T>(items: readonly T[], parts: number): T[][] {
  return Array.from({ length: parts }, (_, i) => {
    const [from, to] = [i, i + 1].map((part) => Math.floor(part * items.length / parts));
    return [...items.slice(0, from), ...items.slice(to)];
  });
}
