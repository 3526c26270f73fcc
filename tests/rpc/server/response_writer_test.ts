import { assertEquals, assertStrictEquals } from "@std/assert";
import { ResponseBatch } from "../../../lib/rpc/server/response_writer.ts";

Deno.test("a batch has its responses in order, and is empty once it is taken", () => {
  const batch = new ResponseBatch();
  assertEquals(batch.isEmpty, true);
  batch.add(Uint8Array.of(1, 2));
  batch.add(new Uint8Array());
  batch.add(Uint8Array.of(3));
  assertEquals(batch.isEmpty, false);
  assertEquals(batch.take(), Uint8Array.of(1, 2, 3));
  assertEquals(batch.isEmpty, true);
});

Deno.test("a single response is not copied", () => {
  const batch = new ResponseBatch();
  const response = Uint8Array.of(1);
  batch.add(response);
  assertStrictEquals(batch.take(), response);
});

Deno.test("a batch is full from 64 KiB on", () => {
  const batch = new ResponseBatch();
  batch.add(new Uint8Array(65_535));
  assertEquals(batch.isFull, false);
  batch.add(new Uint8Array(1));
  assertEquals(batch.isFull, true);
  assertEquals(batch.take().length, 65_536);
  assertEquals(batch.isFull, false);
});
