import { assertEquals, assertStrictEquals } from "@std/assert";
import { AnswerBatch } from "../../../lib/rpc/server/answer_batch.ts";

Deno.test("answers come out in order, and only once", () => {
  const batch = new AnswerBatch();
  assertEquals(batch.isEmpty, true);
  batch.add(Uint8Array.of(1, 2));
  batch.add(new Uint8Array());
  batch.add(Uint8Array.of(3));
  assertEquals(batch.isEmpty, false);
  assertEquals(batch.take(), Uint8Array.of(1, 2, 3));
  assertEquals(batch.isEmpty, true);
});

Deno.test("a single answer is not copied", () => {
  const batch = new AnswerBatch();
  const answer = Uint8Array.of(1);
  batch.add(answer);
  assertStrictEquals(batch.take(), answer);
});

Deno.test("a batch is full from 64 KiB, and empty when it has been taken", () => {
  const batch = new AnswerBatch();
  batch.add(new Uint8Array(65_535));
  assertEquals(batch.isFull, false);
  batch.add(new Uint8Array(1));
  assertEquals(batch.isFull, true);
  assertEquals(batch.take().length, 65_536);
  assertEquals(batch.isFull, false);
});
