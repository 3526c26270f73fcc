import { assertEquals } from "@std/assert";
import { RecordStream } from "../../../lib/rpc/server/record_stream.ts";
import { ResponseBatch } from "../../../lib/rpc/server/response_writer.ts";
import { until } from "../../support/until.ts";

/** A source of numbers from 0 to 255, and what a stream did with them. */
function stream(write: (records: Uint8Array) => Promise<void>, before: readonly number[] = []) {
  let listener: ((value: number) => void) | undefined;
  const seen = { drops: 0, failures: [] as unknown[] };
  const made = new RecordStream<number>({
    subscribe: (given) => {
      before.forEach(given);
      listener = given;
      return { [Symbol.dispose]: () => listener = undefined };
    },
    encode: (value) => Uint8Array.of(value),
    write,
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

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i % 256);

Deno.test("a stream writes what comes at once together, and what comes meanwhile together next", async () => {
  const written: number[][] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const { offer } = stream(async (records) => {
    written.push([...records]);
    await promise;
  }, [0, 1]);
  for (let i = 2; i < 10; i++) offer(i);
  await until(() => written.length === 1);
  for (let i = 10; i < 100; i++) offer(i);
  resolve();
  await until(() => written.length === 2);
  assertEquals(written, [numbers(10), numbers(100).slice(10)]);
});

Deno.test("a stream begins to write before the turn that caused a value has ended", async () => {
  const steps: string[] = [];
  const { offer } = stream(() => {
    steps.push("write");
    return Promise.resolve();
  });
  offer(1);
  queueMicrotask(() => steps.push("next"));
  steps.push("offered");
  await until(() => steps.length === 3);
  assertEquals(steps, ["offered", "write", "next"]);
});

Deno.test("what waits is moved to a batch, unless something is being written", async () => {
  const written: number[][] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const { made, offer } = stream(async (records) => {
    written.push([...records]);
    await promise;
  });
  const batch = new ResponseBatch();
  offer(1);
  offer(2);
  made.moveTo(batch);
  assertEquals([...batch.take()], [1, 2]);
  offer(3);
  await until(() => written.length === 1);
  offer(4);
  made.moveTo(batch);
  assertEquals(batch.isEmpty, true);
  resolve();
  await until(() => written.length === 2);
  assertEquals(written, [[3], [4]]);
});

Deno.test("a stream takes 512 values at once, and drops further ones", async () => {
  const sent: number[] = [];
  const { seen, offer } = stream((records) => {
    sent.push(...records);
    return Promise.resolve();
  }, numbers(512));
  assertEquals(seen.drops, 0);
  for (let i = 0; i < 1_000; i++) offer(0);
  assertEquals(seen.drops, 1_000);
  await until(() => sent.length > 0);
  assertEquals(sent, numbers(512));
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
  const { made, seen, offer, subscribed } = stream(async (records) => {
    sent.push(...records);
    await promise;
  }, [0]);
  await until(() => sent.length === 1);
  offer(1);
  made[Symbol.dispose]();
  resolve();
  await promise;
  assertEquals([sent, seen.drops, seen.failures, subscribed()], [[0], 0, [], false]);
});
