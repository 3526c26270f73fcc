import { assertEquals, assertThrows } from "@std/assert";
import { DecodeError } from "../../../lib/base/errors.ts";
import { Reader } from "../../../lib/wire/msgpack/reader.ts";
import { Writer } from "../../../lib/wire/msgpack/writer.ts";
import {
  binary,
  bool,
  encodeTyped,
  type Field,
  i64,
  list,
  mapOf,
  nullable,
  optional,
  struct,
  text,
  u16,
  u53,
  u64,
} from "../../../lib/wire/msgpack/struct.ts";
import { fromHex, toHex } from "../vectors.ts";

const person = struct({
  Zip: u16,
  Name: text,
  Alive: bool,
  Nick: optional(text),
});

function write<T>(field: Field<T>, value: T): string {
  const writer = new Writer();
  field.write(writer, value);
  return toHex(writer.bytes());
}

function read<T>(field: Field<T>, hex: string): T {
  return field.read(new Reader(fromHex(hex)));
}

const ada = { Zip: 5, Name: "Ada", Alive: true, Nick: undefined };

Deno.test("keys are written in ascending order, whatever the order of declaration", () => {
  assertEquals(write(person, ada), "83a5416c697665c3a44e616d65a3416461a35a697005");
});

Deno.test("an optional field without a value is left out, and its key is not counted", () => {
  assertEquals(
    write(person, { ...ada, Nick: "Countess" }),
    "84a5416c697665c3a44e616d65a3416461a44e69636ba8436f756e74657373a35a697005",
  );
});

Deno.test("keys are read in any order, unknown ones are passed over, missing ones are zero", () => {
  assertEquals(read(person, "83a44e616d65a3416461a14e9380a14ec0a35a697005"), {
    ...ada,
    Alive: false,
  });
  assertEquals(read(person, "80"), { Zip: 0, Name: "", Alive: false, Nick: undefined });
});

Deno.test("a key that every object has is unknown, too", () => {
  const [prototype, constructor] = ["__proto__", "constructor"].map((key) => write(text, key));
  const value = read(person, `83${prototype}80${constructor}05a35a697005`);
  assertEquals(value, { ...ada, Name: "", Alive: false });
  assertEquals(Object.getPrototypeOf(value), Object.prototype);
});

Deno.test("keys in their usual order may leave some out, and may be of another format", () => {
  const usual = "a5416c697665c3a44e616d65a3416461a35a697005";
  assertEquals(read(person, `83${usual}`), ada);
  assertEquals(read(person, "82a44e616d65a3416461a35a697005"), { ...ada, Alive: false });
  assertEquals(read(person, `84a14ec0${usual}`), ada);
  assertEquals(read(person, "83a5416c697665c3da00044e616d65a3416461a35a697005"), ada);
});

Deno.test("of equal keys the last one counts, and case matters", () => {
  assertEquals(read(person, "83a35a697001a37a697002a35a697003").Zip, 3);
});

Deno.test("an array is filled in by order of declaration, and nil is all zero", () => {
  assertEquals(read(person, "9305a3416461c3"), ada);
  assertEquals(read(person, "9105"), { ...ada, Name: "", Alive: false });
  assertEquals(read(person, "9605a3416461c3c08080"), ada);
  assertEquals(read(person, "c0"), { ...ada, Zip: 0, Name: "", Alive: false });
});

Deno.test("a value of the wrong kind is an error", () => {
  assertThrows(() => read(person, "81a35a6970a135"), DecodeError, "expected an integer");
  assertThrows(() => read(person, "a3416461"), DecodeError, "expected a map");
});

Deno.test("nil differs from empty only where it has a meaning of its own", () => {
  const names = list(text);
  assertEquals(read(names, "c0"), []);
  assertEquals(read(names, "90"), []);
  assertEquals(write(names, []), "90");
  assertEquals(read(nullable(names), "c0"), null);
  assertEquals(read(nullable(names), "90"), []);
  assertEquals(write(nullable(names), null), "c0");
  assertEquals(read(mapOf(u64), "c0"), new Map());
});

Deno.test("maps keep their order both ways, and the last of equal keys counts", () => {
  const times = mapOf(u64);
  const hex = "83a162cd0100a16101a2e282ac02".replace("a2e282ac", "a3e282ac");
  assertEquals([...read(times, hex)], [["b", 256], ["a", 1], ["€", 2]]);
  assertEquals(write(times, read(times, hex)), hex);
  assertEquals([...read(times, "82a16101a16102")], [["a", 2]]);
});

Deno.test("bytes are read as a copy", () => {
  const input = fromHex("a3010203");
  const value = binary.read(new Reader(input));
  input.fill(0);
  assertEquals(value, fromHex("010203"));
});

Deno.test("a u64 is a number up to 2^53 - 1 and a bigint beyond, both ways", () => {
  const cases: [hex: string, value: number | bigint][] = [
    ["00", 0],
    ["cdffff", 0xffff],
    ["cf0000000100000000", 2 ** 32],
    ["cf001fffffffffffff", Number.MAX_SAFE_INTEGER],
    ["cf0020000000000000", 2n ** 53n],
    ["cf0020000000000001", 2n ** 53n + 1n],
    ["cf8000000000000000", 2n ** 63n],
    ["cfffffffffffffffff", 2n ** 64n - 1n],
  ];
  for (const [hex, value] of cases) {
    assertEquals(read(u64, hex), value);
    assertEquals(write(u64, value), hex);
  }
  assertEquals(read(u64, "d37fffffffffffffff"), 2n ** 63n - 1n);
  assertEquals(write(u64, 5n), "05");
  assertThrows(() => read(u64, "d3ffffffffffffffff"), DecodeError, "-1 is below 0");
  assertThrows(() => write(u64, 2n ** 64n), RangeError, "expected 0 to 2^64 - 1");
});

Deno.test("a u53 beyond 2^53 - 1 is refused, an int64 becomes the last safe integer", () => {
  assertEquals(read(u53, "cf001fffffffffffff"), Number.MAX_SAFE_INTEGER);
  assertThrows(() => read(u53, "cf0020000000000000"), DecodeError, "is outside");
  assertEquals(read(i64, "cf7fffffffffffffff"), Number.MAX_SAFE_INTEGER);
  assertEquals(read(i64, "d38000000000000000"), Number.MIN_SAFE_INTEGER);
  assertEquals(read(i64, "d3fffffffffffffff6"), -10);
});

Deno.test("a typed message is its type byte and then the value", () => {
  assertEquals(toHex(encodeTyped(9, text, "hi")), "09a26869");
});

Deno.test("a long list of nothing does not fit into a short input", () => {
  assertThrows(() => read(list(nullable(person)), "ddffffffff"), DecodeError);
  assertThrows(() => read(mapOf(text), "dfffffffff"), DecodeError);
});
