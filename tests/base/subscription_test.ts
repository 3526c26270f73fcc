import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Subscription } from "../../lib/base/subscription.ts";

async function drain<T>(subscription: Subscription<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of subscription) values.push(value);
  return values;
}

Deno.test("values pushed before the first read are queued in order", async () => {
  const subscription = new Subscription<number>();
  for (const value of [1, 2, 3]) assert(subscription.push(value));
  assertEquals(subscription.size, 3);
  subscription.close();
  assertEquals(await drain(subscription), [1, 2, 3]);
});

Deno.test("a full subscription drops the newest values and counts them", async () => {
  const subscription = new Subscription<number>({ capacity: 2 });
  assertEquals([1, 2, 3, 4].map((value) => subscription.push(value)), [true, true, false, false]);
  assertEquals(subscription.dropped, 2);
  subscription.close();
  assertEquals(await drain(subscription), [1, 2]);
});

Deno.test("a waiting reader gets a value that is never queued", async () => {
  const subscription = new Subscription<string>({ capacity: 1 });
  const [first, second] = [subscription.next(), subscription.next()];
  subscription.push("a");
  subscription.push("b");
  assertEquals(subscription.size, 0);
  assertEquals(await first, { done: false, value: "a" });
  assertEquals(await second, { done: false, value: "b" });
});

Deno.test("closing ends all waiting readers and refuses further values", async () => {
  const subscription = new Subscription<number>();
  const waiting = [subscription.next(), subscription.next()];
  subscription.close();
  assertEquals(await Promise.all(waiting), [
    { done: true, value: undefined },
    { done: true, value: undefined },
  ]);
  assert(!subscription.push(1));
  assertEquals(subscription.dropped, 0);
  assertEquals((await subscription.next()).done, true);
});

Deno.test("the reason for closing is thrown once, after the queued values", async () => {
  const subscription = new Subscription<number>();
  subscription.push(1);
  subscription.close(new Error("gone"));
  assertEquals((await subscription.next()).value, 1);
  await assertRejects(() => subscription.next(), Error, "gone");
  assertEquals((await subscription.next()).done, true);
});

Deno.test("leaving the loop closes the subscription and runs onClose once", async () => {
  let closes = 0;
  const subscription = new Subscription<number>({ onClose: () => closes++ });
  subscription.push(1);
  subscription.push(2);
  for await (const value of subscription) if (value === 1) break;
  assert(subscription.closed);
  assertEquals(subscription.size, 0);
  subscription.close();
  assertEquals(closes, 1);
});

Deno.test("using and await using close the subscription", async () => {
  let closes = 0;
  const onClose = () => closes++;
  {
    using _plain = new Subscription({ onClose });
    await using _awaited = new Subscription({ onClose });
  }
  assertEquals(closes, 2);
});

Deno.test("a capacity below one is refused", () => {
  assertThrows(
    () => new Subscription({ capacity: 0 }),
    RangeError,
    "Cannot use capacity: got 0, expected 1 or more",
  );
});
