import { assertEquals } from "@std/assert";
import { RecentMessages } from "../../../lib/serf/events/recent_messages.ts";

function newRing(size: number): RecentMessages<string> {
  return new RecentMessages<string>(size, (a, b) => a === b);
}

Deno.test("an item is new once for each time", () => {
  const recent = newRing(4);
  assertEquals(recent.add(1, "x"), true);
  assertEquals(recent.add(1, "x"), false);
  assertEquals(recent.add(1, "y"), true);
  assertEquals(recent.add(2, "x"), true);
});

Deno.test("a newer time takes the slot of an older one", () => {
  const recent = newRing(4);
  recent.add(1, "x");
  recent.add(5, "x");
  assertEquals([...recent.slots()], [[1, { lTime: 5, items: ["x"] }]]);
});

Deno.test("a slot that was returned does not change any more", () => {
  const recent = newRing(4);
  recent.add(1, "x");
  const [[, slot]] = recent.slots();
  recent.add(1, "y");
  assertEquals(slot.items, ["x"]);
});

Deno.test("a time is too old when it is more than the size of the ring behind the clock", () => {
  const recent = newRing(4);
  assertEquals(recent.isTooOld(0, 4), false);
  assertEquals(recent.isTooOld(0, 5), true);
  assertEquals(recent.isTooOld(1, 5), false);
});

Deno.test("times beyond the exact numbers have slots like others", () => {
  const recent = newRing(4);
  const time = 2n ** 53n;
  assertEquals(recent.add(Number.MAX_SAFE_INTEGER, "x"), true);
  assertEquals(recent.add(time, "x"), true);
  assertEquals(recent.add(time, "x"), false);
  assertEquals(recent.add(time + 1n, "x"), true);
  assertEquals([...recent.slots()].map(([index]) => index), [3, 0, 1]);
  assertEquals(recent.isTooOld(Number.MAX_SAFE_INTEGER, time + 3n), false);
  assertEquals(recent.isTooOld(Number.MAX_SAFE_INTEGER, time + 4n), true);
});

Deno.test("only 4,096 items of one time are taken", () => {
  const recent = newRing(4);
  for (let i = 0; i < 4_096; i++) assertEquals(recent.add(1, `${i}`), true);
  assertEquals(recent.add(1, "one more"), false);
  assertEquals(recent.add(2, "one more"), true);
});

Deno.test("with a memory budget the oldest times give way, and are no news again", () => {
  const recent = new RecentMessages<string>(4, (a, b) => a === b, {
    bytes: 10,
    sizeOf: (text) => text.length,
  });
  assertEquals([recent.add(1, "aaaa"), recent.add(2, "bbb"), recent.add(2, "ccc")], [
    true,
    true,
    true,
  ]);
  assertEquals(recent.add(3, "d"), true);
  assertEquals([...recent.slots()].map(([, { items }]) => items), [["bbb", "ccc"], ["d"]]);
  assertEquals(recent.add(1, "aaaa"), false);
  assertEquals(recent.add(2, "too long"), false);
  assertEquals(recent.add(6, "eeee"), true);
  assertEquals([...recent.slots()].map(([, { items }]) => items), [["d"], ["eeee"]]);
  assertEquals(recent.add(7, "ffffff"), true);
  assertEquals([...recent.slots()].map(([, { items }]) => items), [["eeee"], ["ffffff"]]);
  assertEquals(recent.add(8, "far too long"), false);
});

Deno.test("what gave way for lack of memory is no news either for a ring that goes on from a saved one", () => {
  const ring = () =>
    new RecentMessages<string>(4, (a, b) => a === b, { bytes: 5, sizeOf: (text) => text.length });
  const [recent, again] = [ring(), ring()];
  recent.add(1, "aaaa");
  recent.add(2, "bb");
  again.load(recent.save());
  assertEquals([again.add(1, "a"), again.add(2, "bb"), again.add(2, "b")], [false, false, true]);
  assertEquals([again.add(2, "bbb"), again.add(3, "cccc")], [false, true]);
  assertEquals([...again.slots()].map(([, { items }]) => items), [["cccc"]]);
});
