/** What share of user events and queries arrives, by gossip alone, in a cluster whose network loses datagrams. */

import { type Cluster, type SimQuery, simulate } from "../../lib/sim/mod.ts";
import { Random } from "../../lib/sim/random.ts";

/** The cluster that is measured. */
export interface DeliveryCase {
  readonly nodes: number;
  readonly seed: number;
  /** Share of datagrams that are lost, 0 to 1. */
  readonly loss: number;
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

/** Runs a cluster and counts what arrives. */
export function measureDelivery({ nodes, seed, loss }: DeliveryCase): Delivery {
  const cluster = simulate({ nodes, seed, tune: { pushPullIntervalMs: NEVER_MS } });
  const random = new Random(seed).fork("delivery");
  const anybody = () => cluster.node(random.below(nodes));
  cluster.run({ seconds: CALM_SECONDS });
  cluster.answerQueries(({ name }) => new TextEncoder().encode(name));
  cluster.loss = loss;

  inTurn(cluster, (name) => anybody().userEvent(name));
  const heard = cluster.nodes.map((node) =>
    node.events().filter(({ type }) => type === "user").length
  );
  const [direct, relayed]: SimQuery[][] = [[], []];
  inTurn(cluster, (name) => {
    direct.push(anybody().query(name, null, { requestAck: true }));
    relayed.push(anybody().query(name, null, { requestAck: true, relayFactor: RELAY_FACTOR }));
  });
  const everything = nodes * MESSAGES;
  return {
    events: sum(heard) / everything,
    acks: sum(direct.map(({ acks }) => acks.size)) / everything,
    answers: sum(direct.map(({ responses }) => responses.size)) / everything,
    relayedAcks: sum(relayed.map(({ acks }) => acks.size)) / everything,
    relayedAnswers: sum(relayed.map(({ responses }) => responses.size)) / everything,
  };
}

/** Does something with one name after the other, and waits until nothing more can come of it. */
function inTurn(cluster: Cluster, send: (name: string) => void): void {
  for (let i = 0; i < MESSAGES; i++) {
    send(`message-${i}`);
    cluster.run({ ms: GAP_MS });
  }
  cluster.run({ seconds: SPREAD_SECONDS });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
