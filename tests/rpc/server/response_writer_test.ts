import { assertEquals, assertThrows } from "@std/assert";
import { writeResponse } from "../../../lib/rpc/protocol.ts";
import { ResponseBatch } from "../../../lib/rpc/server/response_writer.ts";
import { Writer } from "../../../lib/wire/msgpack/writer.ts";

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

Deno.test("what is taken stays as it is when the batch is filled again", () => {
  for (const size of [1, 20_000]) {
    const batch = new ResponseBatch();
    batch.add(new Uint8Array(size).fill(1));
    const taken = batch.take();
    batch.add(new Uint8Array(size).fill(2));
    assertEquals(taken, new Uint8Array(size).fill(1));
    assertEquals(batch.take(), new Uint8Array(size).fill(2));
  }
});

Deno.test("a response that cannot be encoded leaves nothing in the batch", () => {
  const batch = new ResponseBatch();
  const header = { seq: 1n, error: "" };
  batch.add(Uint8Array.of(1));
  assertThrows(
    () => batch.addResponse({ ...header, seq: 2n ** 64n }, "join", { Num: 2 }),
    RangeError,
  );
  batch.addResponse(header, "join", { Num: 2 });
  const expected = writeResponse(new Writer("bin"), header, "join", { Num: 2 }).bytes();
  assertEquals(batch.take(), Uint8Array.of(1, ...expected));
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
