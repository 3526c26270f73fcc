/**
 * How a run comes to rest: faults end, operators restart what is down and join what nobody remembers, and then all has to
 * be well within a while, and to stay so.
 *
 * @module
 */

import type { SimNode } from "../../lib/sim/mod.ts";
import { probe } from "./probe.ts";
import type { SwarmRun } from "./swarm_run.ts";

/** A leave takes at most so long, on a slow machine too. */
const LEAVE_SECONDS = 60;
/** How long all has to stay well. */
const CALM_SECONDS = 60;

/** Lets the cluster come to rest, and checks that it does; returns how many seconds that took. */
export function comeToRest(run: SwarmRun): number {
  const { cluster, checks } = run;
  endFaults(run);
  cluster.run({ seconds: LEAVE_SECONDS });
  const leaving = cluster.nodes.find((node) => node.lifecycle === "leaving");
  if (leaving) checks.violated("operations", `${leaving.name} has not left for ${LEAVE_SECONDS} s`);
  restart(run);
  joinGroups(run);
  const from = cluster.now;
  for (let problem = checks.unsettled(run); problem !== undefined;) {
    const { invariant, text } = problem;
    const seconds = (cluster.now - from) / 1_000;
    if (seconds > run.plan.restLimitSeconds) {
      checks.violated(invariant, `${text} (after ${seconds} s of rest)`);
    }
    cluster.run({ seconds: 1 });
    problem = checks.unsettled(run);
  }
  const restSeconds = (cluster.now - from) / 1_000;
  cluster.run({ seconds: CALM_SECONDS });
  const relapse = checks.unsettled(run);
  if (relapse) checks.violated(relapse.invariant, `${relapse.text} (again, after all was well)`);
  probe(run);
  return restSeconds;
}

function endFaults({ cluster }: SwarmRun): void {
  cluster.heal();
  cluster.loss = 0;
  for (const node of cluster.nodes) {
    node.slowDown(0);
    node.setDisk("working");
    if (node.state === "paused") node.resume();
  }
}

/** Restarts nodes that are down, if the plan says so: those with a snapshot find the others by it. */
function restart(run: SwarmRun): void {
  if (!run.plan.restartsDown) return;
  for (const { index, state } of run.cluster.nodes) {
    if (state === "down") run.startable(index)?.restart({ join: false });
  }
}

/** Joins the groups of nodes that do not remember each other, as an operator would. */
function joinGroups(run: SwarmRun): void {
  endRivals(run);
  const [main, ...others] = run.memory.groups(run.cluster.running);
  for (const [node] of others) run.join(node, main[0]);
}

/**
 * Ends rivals about whom no vote can decide: whoever they know of those who run has a rival too, so that both sides have a
 * majority, of voters with the same names. A node that is alone with its name, and has not noticed, is one of them.
 */
function endRivals({ cluster }: SwarmRun): void {
  const bearers = Map.groupBy(cluster.running, ({ name }) => name);
  const isUndecided = (node: SimNode) =>
    node.members().every(({ name }) => bearers.get(name)?.length !== 1);
  for (const node of cluster.running) {
    const hasRival = cluster.running.some((other) => other !== node && other.name === node.name);
    if (hasRival && isUndecided(node)) node.kill();
  }
}
