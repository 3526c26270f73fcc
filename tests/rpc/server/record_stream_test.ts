import { assertEquals } from "@std/assert";
import { RecordStream } from "../../../lib/rpc/server/record_stream.ts";
import { until } from "../../support/until.ts";

/** A source of numbers, and what a stream did with them. */
function stream(send: (value: number) => Promise<void>, before: readonly number[] = []) {
  let listener: ((value: number) => void) | undefined;
  const seen = { drops: 0, failures: [] as unknown[] };
  const made = new RecordStream<number>({
    subscribe: (given) => {
      before.forEach(given);
      listener = given;
      return { [Symbol.dispose]: () => listener = undefined };
    },
    send,
    onDrop: () => seen.drops++,
    onFailure: (error) => seen.failures.push(error),
  });
  return {
    made,
    seen,
    offer: (value: number) => listener?.(value),
    subscribed: () => listener !== undefined,
  };
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

Deno.test("a stream sends one value at a time and in order", async () => {
  const sent: number[] = [];
  let sending = 0;
  const { offer } = stream(async (value) => {
    assertEquals(++sending, 1);
    await Promise.resolve();
    sending--;
    sent.push(value);
  }, [0, 1]);
  for (let i = 2; i < 100; i++) offer(i);
  await until(() => sent.length === 100);
  assertEquals(sent, numbers(100));
});

Deno.test("a stream takes 512 values at once, and drops further ones", async () => {
  const sent: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const { seen, offer } = stream(async (value) => {
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

Deno.test("a stream that cannot send unsubscribes, and reports the failure once", async () => {
  const failure = new Error("broken pipe");
  const { seen, offer, subscribed } = stream(() => Promise.reject(failure), [1, 2]);
  await until(() => !subscribed());
  offer(3);
  assertEquals(seen, { drops: 0, failures: [failure] });
});

Deno.test("an ended stream forgets what it has not sent", async () => {
  const sent: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const { made, seen, subscribed } = stream(async (value) => {
    sent.push(value);
    await promise;
  }, numbers(10));
  await until(() => sent.length === 1);
  made[Symbol.dispose]();
  resolve();
  await promise;
  assertEquals([sent, seen.drops, seen.failures, subscribed()], [[0], 0, [], false]);
});
