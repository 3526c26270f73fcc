/**
 * The invariants of the swarm, beside those that every simulation checks. To add one, write a class that implements
 * {@link Invariant}, and add it to {@link invariants} under a name.
 *
 * There are two kinds, and a class may be of both. What must hold at every moment is checked by the hooks of
 * {@link ClusterObserver}, which are called for all that nodes do, and throw through `report`. What must hold in the end is
 * checked by `unsettled`: after the last fault the run goes on until it returns `undefined` for every invariant, and then for
 * another minute, after which it must do so again.
 *
 * @module
 */

import type { ClusterObserver } from "../../../lib/sim/cluster_observer.ts";
import { SimulationError } from "../../../lib/sim/mod.ts";
import type { SwarmRun } from "../swarm_run.ts";
import { BoundedBuffers } from "./bounded_buffers.ts";
import { Convergence } from "./convergence.ts";
import { EventDelivery } from "./event_delivery.ts";
import { Incarnations } from "./incarnations.ts";
import { Keys } from "./keys.ts";
import { Operations } from "./operations.ts";

/** Something that must hold. */
export interface Invariant extends ClusterObserver {
  /** What does not hold yet, after the faults have ended; `undefined` if all is well. */
  unsettled?(run: SwarmRun): string | undefined;
}

/** Fails the run. */
export type Report = (problem: string) => never;

/** All invariants by name. */
const invariants: Readonly<Record<string, (report: Report) => Invariant>> = {
  "convergence": () => new Convergence(),
  "event delivery": (report) => new EventDelivery(report),
  "incarnations": (report) => new Incarnations(report),
  "operations": () => new Operations(),
  "bounded buffers": () => new BoundedBuffers(),
  "keys": () => new Keys(),
};

/** An invariant does not hold. */
class Violation extends Error {
  readonly invariant: string;

  constructor(invariant: string, problem: string) {
    super(problem);
    this.invariant = invariant;
  }
}

/** The invariants of one run. */
export class InvariantChecks {
  readonly #all = Object.entries(invariants).map(([name, create]) => ({
    name,
    invariant: create((problem) => this.violated(name, problem)),
  }));

  /** Passes what nodes do on to all invariants, and to others that want to know. */
  observer(...others: readonly ClusterObserver[]): ClusterObserver {
    const all = [...others, ...this.#all.map(({ invariant }) => invariant)];
    const hooks = <Hook extends keyof ClusterObserver>(hook: Hook) =>
      all.filter((observer) => observer[hook] !== undefined);
    const [started, emitted, handled] = [hooks("started"), hooks("emitted"), hooks("handled")];
    return {
      started: (node) => started.forEach((observer) => observer.started?.(node)),
      emitted: (node, output) => emitted.forEach((observer) => observer.emitted?.(node, output)),
      handled: (node) => handled.forEach((observer) => observer.handled?.(node)),
    };
  }

  /** What does not hold yet, of the first invariant of which something does not. */
  unsettled(run: SwarmRun): { readonly invariant: string; readonly text: string } | undefined {
    for (const { name, invariant } of this.#all) {
      const text = invariant.unsettled?.(run);
      if (text !== undefined) return { invariant: name, text };
    }
    return undefined;
  }

  /** Fails the run. */
  violated(invariant: string, problem: string): never {
    throw new Violation(invariant, problem);
  }

  /** What an error of a run says. Anything but a violation is a mistake, in the code or in the swarm. */
  describe(error: unknown): { readonly invariant: string; readonly problem: string } {
    if (error instanceof Violation) return { invariant: error.invariant, problem: error.message };
    const isKnown = error instanceof SimulationError;
    const problem = error instanceof Error ? (isKnown ? error.message : error.stack) : undefined;
    return { invariant: isKnown ? "simulator" : "exception", problem: problem ?? String(error) };
  }
}
