/** What share of user events and queries arrives, by gossip alone, in a cluster whose network loses datagrams. */

import { type Cluster, type SimQuery, simulate } from "../../lib/sim/mod.ts";
import { Random } from "../../lib/sim/random.ts";

/** The clusters that are measured. */
export interface DeliveryOptions {
  readonly nodes: number;
  readonly seed: number;
}

/** Shares, from 0 to 1, of what there is when everything arrives. */
export interface Delivery {
  /** User events that were delivered, counting each for each member. */
  readonly events: number;
  /** Acks, and answers, of all members to queries, each sent directly and once. */
  readonly acks: number;
  readonly answers: number;
  /** The same of queries with a relay factor of 3. */
  readonly relayedAcks: number;
  readonly relayedAnswers: number;
}

/** How many messages of each kind are sent, one after the other, from anywhere. */
const MESSAGES = 20;
const GAP_MS = 100;
/** How long the gossip about the joins is waited for, and then that about the last message. */
const CALM_SECONDS = 30;
const SPREAD_SECONDS = 4;
const RELAY_FACTOR = 3;
/** State exchanges make up for what gossip has lost. This far apart, there are none. */
const NEVER_MS = 365 * 24 * 3_600_000;

/** Runs a cluster, and counts what arrives when a share of its datagrams is lost, of 0 to 1, for one share after another. */
export function measureDelivery(
  { nodes, seed }: DeliveryOptions,
  losses: readonly number[],
): Delivery[] {
  const cluster = simulate({ nodes, seed, tune: { pushPullIntervalMs: NEVER_MS } });
  const random = new Random(seed).fork("delivery");
  cluster.run({ seconds: CALM_SECONDS });
  cluster.answerQueries(({ name }) => new TextEncoder().encode(name));
  return losses.map((loss) => {
    cluster.loss = loss;
    return deliver(cluster, random);
  });
}

function deliver(cluster: Cluster, random: Random): Delivery {
  const { length: nodes } = cluster.nodes;
  const anybody = () => cluster.node(random.below(nodes));
  const event = `at ${cluster.now}`;
  inTurn(cluster, (i) => anybody().userEvent(event, String(i)));
  const [direct, relayed]: SimQuery[][] = [[], []];
  const ask = (relayFactor: number) =>
    anybody().query("who", null, { requestAck: true, relayFactor });
  inTurn(cluster, () => {
    direct.push(ask(0));
    relayed.push(ask(RELAY_FACTOR));
  });
  const shareOf = (counts: readonly number[]) => sum(counts) / (nodes * MESSAGES);
  return {
    events: shareOf(cluster.nodes.map((node) => node.heard(event))),
    acks: shareOf(direct.map(({ acks }) => acks.size)),
    answers: shareOf(direct.map(({ responses }) => responses.size)),
    relayedAcks: shareOf(relayed.map(({ acks }) => acks.size)),
    relayedAnswers: shareOf(relayed.map(({ responses }) => responses.size)),
  };
}

/** Sends one message after the other, and waits until nothing more can come of it. */
function inTurn(cluster: Cluster, send: (i: number) => void): void {
  for (let i = 0; i < MESSAGES; i++) {
    send(i);
    cluster.run({ ms: GAP_MS });
  }
  cluster.run({ seconds: SPREAD_SECONDS });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
