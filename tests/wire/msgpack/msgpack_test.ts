/** MessagePack: compared with recorded bytes and with `@std/msgpack`, and the variants that peers may send instead. */

import { assertEquals, assertThrows } from "@std/assert";
import { decode, encode, type ValueType } from "@std/msgpack";
import { DecodeError } from "../../../lib/base/errors.ts";
import { IncompleteError, Reader } from "../../../lib/wire/msgpack/reader.ts";
import { Writer } from "../../../lib/wire/msgpack/writer.ts";
import { float, list } from "../../../lib/wire/msgpack/struct.ts";
import { fromHex, toHex } from "../vectors.ts";

function read<T>(hex: string, field: (reader: Reader) => T): T {
  const reader = new Reader(fromHex(hex));
  const value = field(reader);
  assertEquals(reader.remaining, 0, `${hex} was not read to its end`);
  return value;
}

const integers = [
  ...[0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 0xffffffff, 0x100000000],
  ...[Number.MAX_SAFE_INTEGER, -1, -0x20, -0x21, -0x80, -0x81, -0x8000, -0x8001],
  ...[-0x80000000, -0x80000001, Number.MIN_SAFE_INTEGER],
];
const texts = ["", "a", "x".repeat(31), "x".repeat(32), "x".repeat(300), "Ünïcödé ✓", "\ufeffbom"];

Deno.test("integers are written in their smallest form, positive ones unsigned", () => {
  const written = integers.map((value) => toHex(new Writer().int(value).bytes()));
  assertEquals(written, [
    ...["00", "01", "7f", "cc80", "ccff", "cd0100", "cdffff", "ce00010000", "ceffffffff"],
    ...["cf0000000100000000", "cf001fffffffffffff", "ff", "e0", "d0df", "d080", "d1ff7f"],
    ...["d18000", "d2ffff7fff", "d280000000", "d3ffffffff7fffffff", "d3ffe0000000000001"],
  ]);
});

Deno.test("an integer that a number cannot hold exactly is not written", () => {
  for (const value of [2 ** 53, -(2 ** 53), 0.5, NaN, Infinity]) {
    assertThrows(() => new Writer().int(value), RangeError, "expected a safe integer");
  }
});

Deno.test("text and bytes look alike between agents, and never use str8 or bin", () => {
  const heads: Record<number, string> = {
    0: "a0",
    31: "bf",
    32: "da0020",
    255: "da00ff",
    65535: "daffff",
    65536: "db00010000",
  };
  for (const [length, head] of Object.entries(heads)) {
    const text = new Writer().string("x".repeat(Number(length))).bytes();
    const bytes = new Writer().binary(new Uint8Array(Number(length)).fill(0x78)).bytes();
    assertEquals(text, bytes);
    assertEquals(toHex(text.subarray(0, head.length / 2)), head);
    assertEquals(text.length, head.length / 2 + Number(length));
  }
});

Deno.test("the other dialect writes str8 and bin", () => {
  const writer = new Writer("bin").string("x".repeat(32)).binary(Uint8Array.of(1, 2));
  assertEquals(toHex(writer.bytes()), "d920" + "78".repeat(32) + "c4020102");
});

Deno.test("arrays, maps, booleans, nil and floats are written as Go writes them", () => {
  const writer = new Writer().array(15).array(16).array(65536).map(15).map(16).map(65536)
    .bool(true).bool(false).nil().binary(null).float(1.5);
  assertEquals(
    toHex(writer.bytes()),
    "9fdc0010dd000100008fde0010df00010000c3c2c0c0cb3ff8000000000000",
  );
  const many = Array.from({ length: 40 }, (_, i) => i / 7);
  const oneByOne = new Writer().array(many.length);
  for (const value of many) oneByOne.float(value);
  const writtenAsList = new Writer();
  list(float).write(writtenAsList, many);
  assertEquals(writtenAsList.bytes(), oneByOne.bytes());
});

Deno.test("another library reads what we write for RPC", () => {
  for (const value of integers) {
    assertEquals(Number(decode(new Writer("bin").int(value).bytes())), value);
  }
  for (const text of texts) {
    if (text.startsWith("\ufeff")) continue; // that library drops the mark
    assertEquals(decode(new Writer("bin").string(text).bytes()), text);
    assertEquals(decode(new Writer("raw").string(text).bytes()), text);
  }
  for (const length of [0, 1, 255, 256, 65536]) {
    const bytes = new Uint8Array(length).fill(200);
    assertEquals(decode(new Writer("bin").binary(bytes).bytes()), bytes);
  }
  const writer = new Writer("bin").map(3).string("list").array(2).bool(true).nil()
    .string("map").map(1).string("f").float(0.1).string("n").int(-70000);
  assertEquals(decode(writer.bytes()), { list: [true, null], map: { f: 0.1 }, n: -70000 });
});

Deno.test("we read what another library writes", () => {
  for (const value of integers) {
    const wide = value < -0x80000000 || value > 0xffffffff ? BigInt(value) : value;
    assertEquals(new Reader(encode(wide)).int(-(2 ** 63), 2 ** 63), value);
  }
  for (const text of texts) assertEquals(new Reader(encode(text)).string(), text);
  for (const length of [0, 1, 255, 256, 65536]) {
    const bytes = new Uint8Array(length).fill(200);
    assertEquals(new Reader(encode(bytes)).binary(), bytes);
  }
  assertEquals(new Reader(encode(0.1)).float(), 0.1);
});

Deno.test("we pass over what another library writes", () => {
  const values: ValueType[] = [
    ...integers.filter((value) => Math.abs(value) <= 0xffffffff),
    ...texts,
    ...[null, true, false, 0.25, 10n ** 18n, new Uint8Array(300)],
    ...[[], [[[]]], {}, { a: { b: [1, "two", null] } }, Array.from({ length: 100 }, () => [{}])],
  ];
  for (const value of values) {
    const reader = new Reader(new Uint8Array([...encode(value), 0x2a]));
    reader.skip();
    assertEquals(reader.int(0, 100), 42);
  }
});

Deno.test("an integer field takes every integer format whose value is in range", () => {
  const forms = ["05", "cc05", "cd0005", "ce00000005", "cf0000000000000005"];
  forms.push("d005", "d10005", "d200000005", "d30000000000000005");
  for (const hex of forms) assertEquals(read(hex, (reader) => reader.uint(8)), 5, hex);
  assertEquals(read("c0", (reader) => reader.uint(32)), 0);
  assertEquals(read("d3ffffffffffffff38", (reader) => reader.int(-200, 0)), -200);
  for (const hex of ["ff", "d0ff", "d1ffff", "cd0100", "d10100", "cfffffffffffffffff"]) {
    assertThrows(() => read(hex, (reader) => reader.uint(8)), DecodeError, "is outside 0 to 255");
  }
  for (const hex of ["cb3ff0000000000000", "a135", "c3", "90", "80"]) {
    assertThrows(() => read(hex, (reader) => reader.uint(8)), DecodeError, "expected an integer");
  }
});

Deno.test("text and bytes are read from raw, str8 and bin alike, and nil is nothing", () => {
  for (const hex of ["a26869", "d9026869", "da00026869", "db000000026869"]) {
    assertEquals(read(hex, (reader) => reader.string()), "hi");
    assertEquals(read(hex, (reader) => reader.binary()), fromHex("6869"));
  }
  for (const hex of ["c4026869", "c500026869", "c6000000026869"]) {
    assertEquals(read(hex, (reader) => reader.string()), "hi");
    assertEquals(read(hex, (reader) => reader.binary()), fromHex("6869"));
  }
  assertEquals(read("c0", (reader) => reader.string()), "");
  assertEquals(read("c0", (reader) => reader.binary()), null);
  assertEquals(read("a0", (reader) => reader.binary()), new Uint8Array());
  assertThrows(() => read("05", (reader) => reader.string()), DecodeError, "expected text");
  assertThrows(() => read("05", (reader) => reader.binary()), DecodeError, "expected bytes");
});

Deno.test("an array of small integers is read as bytes", () => {
  assertEquals(read("930105ccff", (reader) => reader.binary()), fromHex("0105ff"));
  assertThrows(() => read("91cd0100", (reader) => reader.binary()), DecodeError);
});

Deno.test("text that is not UTF-8 is read and written byte for byte", () => {
  const cases = [["a3ff6180", "\udcffa\udc80"], ["a2c3a9", "é"], ["a1e9", "\udce9"]];
  for (const [hex, text] of cases) {
    assertEquals(read(hex, (reader) => reader.string()), text);
    assertEquals(toHex(new Writer().string(text).bytes()), hex);
  }
  const long = "x".repeat(40) + "\udce9";
  assertEquals(new Reader(new Writer().string(long).bytes()).string(), long);
});

Deno.test("texts whose hashes collide are told apart", () => {
  const names = Array.from({ length: 5000 }, (_, i) => `node-${i}`);
  for (const name of [...names, ...names]) {
    assertEquals(new Reader(new Writer().string(name).bytes()).string(), name);
  }
});

Deno.test("0 and 1 are read as booleans, and nil as false", () => {
  const values = ["c2", "c3", "00", "01", "c0"].map((hex) => read(hex, (reader) => reader.bool()));
  assertEquals(values, [false, true, false, true, false]);
  assertThrows(() => read("02", (reader) => reader.bool()), DecodeError, "expected a boolean");
});

Deno.test("floats are read in both sizes, and not from integers", () => {
  assertEquals(read("cb3ff8000000000000", (reader) => reader.float()), 1.5);
  assertEquals(read("ca3fc00000", (reader) => reader.float()), 1.5);
  assertEquals(read("c0", (reader) => reader.float()), 0);
  assertThrows(() => read("01", (reader) => reader.float()), DecodeError, "expected a float");
  const floats = (hex: string) => read(hex, (reader) => list(float).read(reader));
  assertEquals(floats("93cb3ff8000000000000ca3fc00000cb3ff8000000000000"), [1.5, 1.5, 1.5]);
  assertEquals(floats("92cb3ff8000000000000c0"), [1.5, 0]);
  assertEquals(floats("c0"), []);
  assertThrows(() => floats("92cb3ff800000000000001"), DecodeError, "expected a float");
  assertThrows(() => floats("92cb3ff8000000000000cb3ff8"), DecodeError, "ends inside a value");
});

Deno.test("lengths that the input cannot hold are refused before anything is allocated", () => {
  const claims: [string, (reader: Reader) => unknown][] = [
    ["dbffffffff", (reader) => reader.string()],
    ["c6ffffffff", (reader) => reader.binary()],
    ["ddffffffff", (reader) => reader.binary()],
    ["ddffffffff", (reader) => reader.array()],
    ["dfffffffff", (reader) => reader.map()],
    ["ddffffffff", (reader) => reader.skip()],
    ["dfffffffff", (reader) => reader.struct([], () => false)],
  ];
  for (const [hex, field] of claims) assertThrows(() => read(hex, field), IncompleteError);
});

Deno.test("millions of empty values in a few bytes each are refused", () => {
  const bytes = new Uint8Array(3_000_005).fill(0xc0);
  bytes.set(fromHex("dd002dc6c0"));
  assertThrows(() => new Reader(bytes).array(), DecodeError, "more than 2097152 values");
});

Deno.test("input that ends inside a value is incomplete at every length", () => {
  const bytes = new Writer().map(2).string("key").array(2).int(70_000).float(1.5)
    .string("long").binary(new Uint8Array(300)).bytes();
  const readAll = (reader: Reader) =>
    reader.struct([], (key) => {
      if (key === "long") return reader.binary() !== null;
      return reader.array() === 2 && reader.int(0, 1e6) === 70_000 && reader.float() === 1.5;
    });
  readAll(new Reader(bytes));
  new Reader(bytes).skip();
  for (let length = 0; length < bytes.length; length++) {
    assertThrows(() => readAll(new Reader(bytes.subarray(0, length))), IncompleteError);
    assertThrows(() => new Reader(bytes.subarray(0, length)).skip(), IncompleteError);
  }
});
