/** The queue of what is to be gossiped, from many broadcasts queued to all of them sent. */

import { BroadcastQueue } from "../../../lib/swim/gossip/broadcast_queue.ts";
import type { Message } from "../../../lib/wire/messages/messages.ts";
import { claimOf } from "./samples.ts";
import type { Suite } from "./suite.ts";
import { callsPerSecond } from "./timing.ts";

/** How often each broadcast is sent in a cluster of 10 to 99 nodes. */
const TRANSMITS = 8;
const PACKET_BYTES = 1_400;

/** Sends a second, for queues of several lengths. */
export const broadcastQueue: Suite = {
  name: "broadcast-queue",
  run(report) {
    for (const depth of [10, 100, 1_000, 4_000]) {
      const messages = Array.from(
        { length: depth },
        (_, i): Message => ({ type: "alive", claim: claimOf(i) }),
      );
      const metric = {
        benchmark: "broadcast-queue",
        variant: `${depth} broadcasts, each sent ${TRANSMITS} times`,
        metric: "sends",
        unit: "/s",
      };
      const rounds = callsPerSecond(() => queueAndSend(messages));
      report.add("ours", metric, ...rounds.map((rate) => rate * depth * TRANSMITS));
    }
  },
};

function queueAndSend(messages: readonly Message[]): number {
  const queue = new BroadcastQueue(() => TRANSMITS);
  for (const [i, message] of messages.entries()) queue.queue({ message, name: `web-${i}` });
  let sent = 0;
  while (queue.length > 0) sent += queue.take(2, PACKET_BYTES).length;
  return sent;
}
