import { assertEquals } from "@std/assert";
import { ByteQueue } from "../../../lib/wire/framing/byte_queue.ts";

Deno.test("bytes come out in the order in which they went in, whatever the size of the chunks", () => {
  const input = Uint8Array.from({ length: 10_000 }, (_, i) => i * 7);
  for (const [chunk, piece] of [[1, 3], [3, 1], [1000, 999], [10_000, 1], [17, 4096]]) {
    const queue = new ByteQueue();
    const output: number[] = [];
    for (let i = 0; i < input.length; i += chunk) {
      queue.append(input.subarray(i, i + chunk));
      while (queue.length >= piece) output.push(...queue.take(piece));
    }
    output.push(...queue.bytes);
    assertEquals(Uint8Array.from(output), input, `${chunk} in, ${piece} out`);
  }
});

Deno.test("taking more bytes than there are takes all of them", () => {
  const queue = ByteQueue.of(Uint8Array.of(1, 2));
  assertEquals(queue.take(5), Uint8Array.of(1, 2));
  assertEquals(queue.length, 0);
});

Deno.test("a queue copies the chunks it is given", () => {
  const chunk = Uint8Array.of(1, 2, 3);
  const queue = new ByteQueue();
  queue.append(chunk);
  chunk.fill(0);
  assertEquals(queue.bytes, Uint8Array.of(1, 2, 3));
});
