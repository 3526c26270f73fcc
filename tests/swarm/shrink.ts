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
export function shrink(plan: Plan, invariant: string): readonly number[] {
  const indices = plan.faults.map(({ index }) => index);
  return smallest(
    indices,
    (keep) => runPlan(plan, { keep: new Set(keep) }).failure?.invariant === invariant,
  );
}

/** The items that are left when no single one can be left out any more; `fails` holds for them. */
export function smallest<T>(
  items: readonly T[],
  fails: (items: readonly T[]) => boolean,
): readonly T[] {
  if (fails([])) return [];
  let kept = items;
  for (let parts = 2; kept.length > 1;) {
    const smaller = withoutOnePart(kept, parts).find(fails);
    if (smaller === undefined && parts === kept.length) break;
    kept = smaller ?? kept;
    parts = Math.min(kept.length, smaller === undefined ? 2 * parts : Math.max(2, parts - 1));
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
