import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { Random } from "../../lib/sim/random.ts";
import { Interner, NameTable, oncePer } from "../../lib/base/memory_economy.ts";

interface Value {
  readonly name: string;
  readonly version: number;
}

function tableOf(...names: string[]): NameTable<Value> {
  const table = new NameTable<Value>({ nameOf: ({ name }) => name, random: () => 0.5 });
  for (const name of names) table.set({ name, version: 1 });
  return table;
}

const many = Array.from({ length: 1_000 }, (_, i) => `n${i}`);

function namesIn(table: NameTable<Value>): string[] {
  return Array.from(table.values(), ({ name }) => name);
}

Deno.test("the values of a name table are found by name and by position", () => {
  const table = tableOf(...many);
  assertEquals(table.size, 1_000);
  for (const [i, name] of many.entries()) {
    assertEquals(table.get(name)?.name, name);
    assertEquals(table.at(i)?.name, name);
  }
  assertEquals([table.get("n1000"), table.at(1_000)], [undefined, undefined]);
  assertEquals(tableOf().get(""), undefined);
});

Deno.test("a value replaces the one with the same name", () => {
  const table = tableOf("a", "b", "c");
  assertEquals(table.set({ name: "b", version: 2 }), { name: "b", version: 1 });
  assertEquals(table.set({ name: "d", version: 1 }), undefined);
  assertEquals(namesIn(table), ["a", "b", "c", "d"]);
  assertEquals(table.get("b")?.version, 2);
});

Deno.test("values that were swapped are found at their new positions", () => {
  const table = tableOf("a", "b", "c");
  table.swap(0, 2);
  table.swap(1, 1);
  assertEquals(namesIn(table), ["c", "b", "a"]);
  assertEquals(["a", "b", "c"].map((name) => table.get(name)?.name), ["a", "b", "c"]);
});

Deno.test("the last value moves to the position of one that is removed", () => {
  const table = tableOf("a", "b", "c");
  table.delete("a");
  assertEquals(namesIn(table), ["c", "b"]);
  table.delete("b");
  table.delete("x");
  assertEquals(namesIn(table), ["c"]);
});

Deno.test("a name table agrees with a map after any number of additions and removals", () => {
  const table = tableOf();
  const map = new Map<string, Value>();
  const random = new Random(7);
  for (let i = 0; i < 20_000; i++) {
    const name = `n${random.below(300)}`;
    if (random.chance(0.5)) {
      table.delete(name);
      map.delete(name);
    } else {
      table.set({ name, version: i });
      map.set(name, { name, version: i });
    }
    assertEquals(table.size, map.size);
    assertEquals(table.get(name), map.get(name));
  }
  assert(map.size > 0);
  assertEquals(namesIn(table).sort(), [...map.keys()].sort());
  for (const [name, value] of map) assertEquals(table.get(name), value);
});

Deno.test("equal values of one source are shared, those of another source are not", () => {
  const interner = new Interner<object, Value>((a, b) => a.version === b.version);
  const [source, other] = [{}, {}];
  const first = { name: "a", version: 1 };
  assertStrictEquals(interner.intern(source, first), first);
  assertStrictEquals(interner.intern(source, { ...first }), first);
  assertEquals(interner.intern(source, { name: "a", version: 2 }).version, 2);
  assert(interner.intern(other, { ...first }) !== first);
});

Deno.test("of each source, the last four different values are kept", () => {
  const interner = new Interner<object, Value>((a, b) => a.version === b.version);
  const source = {};
  const values = [1, 2, 3, 4, 5].map((version) => ({ name: "a", version }));
  for (const value of values) interner.intern(source, value);
  for (const value of values.slice(1)) {
    assertStrictEquals(interner.intern(source, { ...value }), value);
  }
  assert(interner.intern(source, { ...values[0] }) !== values[0]);
});

Deno.test("what is made once per object is made once", () => {
  let calls = 0;
  const lengthOf = oncePer((text: { readonly text: string }) => (calls++, text.text.length));
  const [a, b] = [{ text: "one" }, { text: "three" }];
  assertEquals([lengthOf(a), lengthOf(b), lengthOf(a)], [3, 5, 3]);
  assertEquals(calls, 2);
});
