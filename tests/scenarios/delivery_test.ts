import { assertGreater } from "@std/assert";
import { measureDelivery } from "./delivery.ts";
import { scenario } from "./scenario.ts";

/**
 * What share of 20 events, and of 20 queries, to each of 100 members must arrive by gossip alone. Each member
 * passes a message on in 12 packets; nobody happens to choose, or to reach, a share of about e^(-12 * (1 - loss)): 6 in a
 * million members without loss, 2 in 10,000 with 30 %. An answer is one packet; with a relay factor of 3, three more go by
 * way of another member.
 */
const expectations = [
  { loss: 0, events: 0.999, direct: 0.999, relayed: 0.999 },
  { loss: 0.1, events: 0.998, direct: 0.86, relayed: 0.994 },
  { loss: 0.3, events: 0.996, direct: 0.64, relayed: 0.93 },
];

scenario(
  "gossip without state exchanges delivers what the retransmit limit promises under loss",
  (seed) => {
    const deliveries = measureDelivery({ nodes: 100, seed }, expectations.map(({ loss }) => loss));
    for (const [i, { loss, events, direct, relayed }] of expectations.entries()) {
      const delivery = deliveries[i];
      assertGreater(delivery.events, events, `events, loss ${loss}`);
      assertGreater(delivery.acks, direct, `acks, loss ${loss}`);
      assertGreater(delivery.answers, direct, `answers, loss ${loss}`);
      assertGreater(delivery.relayedAcks, relayed, `relayed acks, loss ${loss}`);
      assertGreater(delivery.relayedAnswers, relayed, `relayed answers, loss ${loss}`);
    }
  },
);
