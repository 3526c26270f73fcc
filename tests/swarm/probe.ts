/**
 * What a small cluster can do when it is at rest: every event reaches everybody in order, and everybody answers a query.
 *
 * @module
 */

import type { SwarmRun } from "./swarm_run.ts";

/**
 * How often each node passes a message on in a small cluster, by profile: where it has no more peers than that, everybody
 * is told by everybody. In a larger cluster gossip may miss a few, and their next state exchange brings events late.
 */
const RETRANSMITS = { lan: 4, wan: 4, local: 2 } as const;
const EVENTS = 5;
/**
 * More than a packet needs on the slowest network of a plan, and the longest gossip interval before it, for which nodes in
 * Serf's manner wait: so that no event passes another.
 */
const GAP_SECONDS = 1;
const SPREAD_SECONDS = 10;

/**
 * Whether a node's queries are sure to be answered by all. In Serf's manner they wait for the next tick, and pings and acks
 * before it may take all copies of a query to one peer: nobody remembers who was told. What is eager goes to all at once.
 */
function tellsAll({ plan }: SwarmRun, index: number): boolean {
  const { tune } = plan.nodes[index] ?? plan.newcomer;
  return tune.eagerGossip !== false;
}

/** Sends events and a query, and checks what becomes of them. */
export function probe(run: SwarmRun): void {
  const { cluster, checks } = run;
  const { running } = cluster;
  const peers = running.length - 1;
  if (peers < 1 || peers > RETRANSMITS[run.plan.cluster.profile ?? "lan"]) return;
  cluster.duplicate = cluster.reorder = 0;
  const sender = running[run.plan.seed % running.length];
  const query = run.asker(sender.index)?.query("check", null, { requestAck: true });
  const ids = Array.from({ length: EVENTS }, () => {
    const id = run.sendEvent(sender);
    cluster.run({ seconds: GAP_SECONDS });
    return id;
  });
  cluster.run({ seconds: SPREAD_SECONDS });
  for (const node of running) {
    const got = run.deliveries.of(node).filter((id) => ids.includes(id));
    if (got.join() !== ids.join()) {
      checks.violated(
        "event order",
        `${node.name} got ${got.join(", ")} instead of ${ids.join(", ")}`,
      );
    }
  }
  if (query === undefined || !tellsAll(run, sender.index)) return;
  for (const [what, names] of [["ack", query.acks], ["answer", query.responses]] as const) {
    const missing = running.filter(({ name }) => !names.has(name)).map(({ name }) => name);
    if (missing.length > 0) {
      checks.violated(
        "query answers",
        `no ${what} of ${missing.join(", ")} to a query of ${sender.name}`,
      );
    }
  }
}
