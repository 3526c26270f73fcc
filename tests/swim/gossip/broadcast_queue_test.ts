import { assert, assertEquals } from "@std/assert";
import { BroadcastQueue } from "../../../lib/swim/gossip/broadcast_queue.ts";
import { messageLength } from "../../../lib/wire/messages/message_codec.ts";
import type { Message } from "../../../lib/wire/messages/messages.ts";
import { userMessage } from "../hand_world.ts";

function queueOf(limit: number, ...messages: Message[]): BroadcastQueue {
  const queue = new BroadcastQueue(() => limit);
  for (const message of messages) queue.queue({ message });
  return queue;
}

Deno.test("the longest message goes first, and of equals the newest", () => {
  const [short, oldLong, newLong] = [userMessage(10), userMessage(20), userMessage(20)];
  const queue = queueOf(5, oldLong, short, newLong);
  assertEquals(queue.take(2, 1_000), [newLong, oldLong, short]);
});

Deno.test("messages that were sent less go first, whatever their length", () => {
  const [first, second, third] = [userMessage(50), userMessage(40), userMessage(10)];
  const queue = queueOf(5, first);
  assertEquals(queue.take(0, 60), [first]);
  queue.queue({ message: second });
  assertEquals(queue.take(0, 40), [second]);
  queue.queue({ message: third });
  assertEquals(queue.take(0, 1_000), [third, first, second]);
});

Deno.test("a message counts with its overhead, and shorter ones pass one that does not fit", () => {
  const [long, middle, short] = [userMessage(50), userMessage(30), userMessage(18)];
  const queue = queueOf(5, long, middle, short);
  assertEquals(queue.take(2, 52), [long]);
  assertEquals(queue.take(2, 52), [middle, short]);
  assertEquals(queue.take(2, 19), []);
  assertEquals(queue.take(2, 20), [short]);
});

Deno.test("a message is sent as often as the limit says, and then finished", () => {
  let finished = 0;
  const queue = new BroadcastQueue(() => 3, (waiter) => finished = waiter);
  queue.queue({ message: userMessage(10), waiter: 5 });
  for (const left of [1, 1, 0]) {
    assertEquals(finished, 0);
    assertEquals(queue.take(2, 100).length, 1);
    assertEquals(queue.length, left);
  }
  assertEquals(finished, 5);
  assertEquals(queue.take(2, 100), []);
});

Deno.test("a message is in a packet at most once", () => {
  const message = userMessage(10);
  assertEquals(queueOf(9, message).take(2, 10_000), [message]);
});

Deno.test("a newer broadcast of a name replaces the older one, which is finished", () => {
  const finished: number[] = [];
  const queue = new BroadcastQueue(() => 3, (waiter) => finished.push(waiter));
  const newer = userMessage(10);
  queue.queue({ message: userMessage(30), name: "a", waiter: 1 });
  queue.queue({ message: userMessage(30), name: "b", waiter: 2 });
  assertEquals(queue.take(2, 100).length, 2);
  queue.queue({ message: newer, name: "a", waiter: 3 });
  assertEquals(finished, [1]);
  assertEquals(queue.length, 2);
  assertEquals(queue.take(2, 12), [newer]);
});

Deno.test("broadcasts without a name never replace each other", () => {
  const queue = queueOf(3, userMessage(10), userMessage(10));
  assertEquals(queue.length, 2);
});

Deno.test("a name is free again when its broadcast is finished", () => {
  let finished = 0;
  const queue = new BroadcastQueue(() => 1, () => finished++);
  const broadcast = { message: userMessage(10), name: "a", waiter: 1 };
  queue.queue(broadcast);
  queue.take(0, 100);
  queue.queue(broadcast);
  assertEquals(finished, 1);
  assertEquals(queue.length, 1);
});

Deno.test("pruning drops what was sent most, then the shortest, then the oldest", () => {
  const dropped: string[] = [];
  const names: string[] = [];
  const queue = new BroadcastQueue(() => 9, (waiter) => dropped.push(names[waiter]));
  const add = (name: string, length: number) =>
    queue.queue({ message: userMessage(length), name, waiter: names.push(name) - 1 });
  add("sent", 60);
  queue.take(0, 60);
  add("long", 50);
  add("old short", 10);
  add("new short", 10);
  queue.prune(4);
  assertEquals(dropped, []);
  queue.prune(3);
  queue.prune(1);
  assertEquals(dropped, ["sent", "old short", "new short"]);
  assertEquals(queue.length, 1);
});

Deno.test("a callback may queue again under a name that is just being finished", () => {
  const again = userMessage(20);
  const queue = new BroadcastQueue(() => 1, () => queue.queue({ message: again, name: "b" }));
  queue.queue({ message: userMessage(12), name: "b" });
  queue.queue({ message: userMessage(15), name: "a", waiter: 1 });
  assertEquals(queue.take(0, 100).length, 2);
  assertEquals(queue.take(0, 100), [again]);
  assertEquals(queue.length, 0);
});

/** The specification: for each message, it sorts all that wait and takes the first one that fits. */
class SlowQueue {
  items: { message: Message; transmits: number; id: number }[] = [];
  #id = 0;

  queue(message: Message): void {
    this.items.push({ message, transmits: 0, id: ++this.#id });
  }

  take(overhead: number, limit: number, retransmitLimit: number): Message[] {
    const taken: Message[] = [];
    const back: typeof this.items = [];
    let tier = 0;
    for (;;) {
      const fits = this.items
        .filter((item) => messageLength(item.message) <= limit - overhead)
        .filter((item) => item.transmits >= tier)
        .sort((a, b) =>
          a.transmits - b.transmits || messageLength(b.message) - messageLength(a.message) ||
          b.id - a.id
        );
      if (fits.length === 0) break;
      const [item] = fits;
      tier = item.transmits;
      limit -= overhead + messageLength(item.message);
      taken.push(item.message);
      this.items.splice(this.items.indexOf(item), 1);
      item.transmits++;
      if (item.transmits < retransmitLimit) back.push(item);
    }
    this.items.push(...back);
    return taken;
  }
}

Deno.test("the order is that of a queue which sorts", () => {
  const fast = new BroadcastQueue(() => 4);
  const slow = new SlowQueue();
  let seed = 7;
  const below = (n: number) => (seed = (seed * 48_271) % 2_147_483_647) % n;
  for (let step = 0; step < 400; step++) {
    if (below(3) > 0) {
      const message = userMessage(5 + below(60));
      fast.queue({ message });
      slow.queue(message);
    } else {
      const limit = below(200);
      assertEquals(fast.take(2, limit), slow.take(2, limit, 4), `step ${step}`);
      assertEquals(fast.length, slow.items.length);
    }
  }
  assert(fast.length > 0);
});
