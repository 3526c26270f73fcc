import { assertEquals } from "@std/assert";
import { RecordFeed } from "../../../lib/rpc/server/record_feed.ts";
import { until } from "../../host/until.ts";

/** A source of numbers, and what a feed did with them. */
function feed(send: (value: number) => Promise<void>, before: readonly number[] = []) {
  let sink: ((value: number) => void) | undefined;
  const seen = { drops: 0, failures: [] as unknown[] };
  const made = new RecordFeed<number>({
    attach: (given) => {
      before.forEach(given);
      sink = given;
      return { [Symbol.dispose]: () => sink = undefined };
    },
    send,
    onDrop: () => seen.drops++,
    onFailure: (error) => seen.failures.push(error),
  });
  return {
    made,
    seen,
    offer: (value: number) => sink?.(value),
    attached: () => sink !== undefined,
  };
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

Deno.test("a feed sends one value at a time and in order", async () => {
  const sent: number[] = [];
  let sending = 0;
  const { offer } = feed(async (value) => {
    assertEquals(++sending, 1);
    await Promise.resolve();
    sending--;
    sent.push(value);
  }, [0, 1]);
  for (let i = 2; i < 100; i++) offer(i);
  await until(() => sent.length === 100);
  assertEquals(sent, numbers(100));
});

Deno.test("a feed takes all of a full ring at once, and drops what more there is", async () => {
  const sent: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const { seen, offer } = feed(async (value) => {
    await promise;
    sent.push(value);
  }, numbers(512));
  assertEquals(seen.drops, 0);
  for (let i = 0; i < 1_000; i++) offer(1_000 + i);
  assertEquals(seen.drops, 999); // one has gone from the queue to be sent
  resolve();
  await until(() => sent.length === 513);
  assertEquals(sent, [...numbers(512), 1_000]);
});

Deno.test("a feed that cannot send lets go of its source and says why, once", async () => {
  const failure = new Error("broken pipe");
  const { seen, offer, attached } = feed(() => Promise.reject(failure), [1, 2]);
  await until(() => !attached());
  offer(3);
  assertEquals(seen, { drops: 0, failures: [failure] });
});

Deno.test("an ended feed forgets what it has not sent", async () => {
  const sent: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const { made, seen, attached } = feed(async (value) => {
    sent.push(value);
    await promise;
  }, numbers(10));
  await until(() => sent.length === 1);
  made[Symbol.dispose]();
  resolve();
  await promise;
  assertEquals([sent, seen.drops, seen.failures, attached()], [[0], 0, [], false]);
});
