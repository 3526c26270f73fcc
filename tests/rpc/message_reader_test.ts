import { assertEquals, assertLess, assertRejects } from "@std/assert";
import { encode, type ValueType } from "@std/msgpack";
import { DecodeError } from "../../lib/base/errors.ts";
import { MessageReader } from "../../lib/rpc/message_reader.ts";
import { ChunkSource, pieces } from "./chunk_source.ts";

const samples: readonly ValueType[] = [
  { Command: "event", Seq: 1 },
  null,
  [1, [2, [3, { a: [] }]]],
  new Uint8Array(40_000).fill(7),
  "x".repeat(70_000),
  -1,
  1.5,
  { nested: { deeper: [true, false, null] } },
];
const values = samples.map(encode);
const stream = Uint8Array.from(values.flatMap((value) => [...value]));

async function readAll(reader: MessageReader): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  for (let value; (value = await reader.read()) !== null;) found.push(value.slice());
  return found;
}

for (const size of [1, 7, 1_000, 16_384, 1_000_000]) {
  Deno.test(`values are found in pieces of ${size} bytes`, async () => {
    const reader = new MessageReader(new ChunkSource(pieces(stream, size)), { maxBytes: 100_000 });
    assertEquals(await readAll(reader), values);
    assertEquals(await reader.read(), null);
  });
}

Deno.test("a value that has been received is read without waiting, a part of one is not", async () => {
  const [first, second, third] = values;
  const part = third.subarray(0, third.length - 1);
  const pieces = [Uint8Array.of(...first, ...second, ...part), third.subarray(third.length - 1)];
  const reader = new MessageReader(new ChunkSource(pieces), { maxBytes: 100_000 });
  assertEquals(reader.readReceived(), undefined);
  assertEquals(await reader.read(), first);
  assertEquals(reader.readReceived(), second);
  assertEquals(reader.readReceived(), undefined);
  assertEquals(await reader.read(), third);
});

Deno.test("a stream that ends inside a value is an error", async () => {
  const reader = new MessageReader(new ChunkSource([stream.subarray(0, stream.length - 1)]), {
    maxBytes: 100_000,
  });
  await assertRejects(() => readAll(reader), DecodeError, "unexpected EOF");
});

Deno.test("a value may have the largest size, but not one byte more", async () => {
  const bytes = encode(new Uint8Array(1_000));
  const read = (maxBytes: number) =>
    new MessageReader(new ChunkSource(pieces(bytes, 100)), { maxBytes }).read();
  assertEquals(await read(bytes.length), bytes);
  await assertRejects(() => read(bytes.length - 1), DecodeError, "value of more than 1002 bytes");
});

for (
  const [what, claim] of [
    ["bytes", "c6ffffffff"],
    ["text", "dbffffffff"],
    ["entries of an array", "ddffffffff"],
    ["entries of a map", "dfffffffff"],
    ["entries inside an array", "91ddffffffff"],
  ]
) {
  Deno.test(`a length of 4 billion ${what} is refused before they arrive`, async () => {
    const source = new ChunkSource([
      Uint8Array.fromHex(claim),
      ...pieces(new Uint8Array(10_000_000), 65_536),
    ]);
    const reader = new MessageReader(source, { maxBytes: 1_000_000 });
    await assertRejects(() => reader.read(), DecodeError, "value of more than 1000000 bytes");
    assertEquals(source.delivered, claim.length / 2);
  });
}

Deno.test("endlessly nested arrays are refused at the limit", async () => {
  const nested = Array.from(pieces(new Uint8Array(1_000_000).fill(0x91), 10_000));
  const source = new ChunkSource(nested);
  await assertRejects(
    () => new MessageReader(source, { maxBytes: 50_000 }).read(),
    DecodeError,
    "value of more than 50000 bytes",
  );
  assertLess(source.delivered, 100_000);
});
