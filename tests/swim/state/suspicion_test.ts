import { assert, assertEquals } from "@std/assert";
import { Suspicion } from "../../../lib/swim/state/suspicion.ts";

const range = { token: 1, now: 50_000, minMs: 4_000, maxMs: 24_000 };

Deno.test("a suspicion that expects no confirmations lasts for the minimum", () => {
  const suspicion = new Suspicion("a", { ...range, expected: 0 });
  assertEquals(suspicion.endsAt, 54_000);
  assertEquals(suspicion.confirm("b"), false);
  assertEquals(suspicion.endsAt, 54_000);
});

Deno.test("each confirmation shortens a suspicion, down to the minimum", () => {
  const suspicion = new Suspicion("a", { ...range, expected: 2 });
  assertEquals(suspicion.endsAt, 74_000);
  assert(suspicion.confirm("b"));
  assertEquals(suspicion.endsAt, 61_381);
  assert(suspicion.confirm("c"));
  assertEquals(suspicion.endsAt, 54_000);
  assertEquals(suspicion.confirmations, 2);
});

Deno.test("no member is counted twice, and the one that suspected first not at all", () => {
  const suspicion = new Suspicion("a", { ...range, expected: 2 });
  assertEquals(suspicion.confirm("a"), false);
  assert(suspicion.confirm("b"));
  assertEquals(suspicion.confirm("b"), false);
  assertEquals(suspicion.confirmations, 1);
});

Deno.test("a suspicion tells who suspects, for how long and for how long still", () => {
  const suspicion = new Suspicion("a", { ...range, expected: 2 });
  suspicion.confirm("b");
  const { node, suspectedBy, ageMs, leftMs } = suspicion.info("x", 51_500);
  assertEquals([node, suspectedBy, ageMs, leftMs], ["x", ["a", "b"], 1_500, 9_881]);
  assertEquals(suspicion.info("x", 90_000).leftMs, 0);
});

Deno.test("a postponed suspicion ends later, also when it is confirmed afterwards", () => {
  const suspicion = new Suspicion("a", { ...range, expected: 1 });
  suspicion.postpone(7_000, 2);
  assertEquals([suspicion.endsAt, suspicion.token], [81_000, 2]);
  assert(suspicion.confirm("b"));
  assertEquals(suspicion.endsAt, 61_000);
});

Deno.test("more confirmations than expected are not counted", () => {
  const suspicion = new Suspicion("a", { ...range, expected: 1 });
  assert(suspicion.confirm("b"));
  assertEquals(suspicion.confirm("c"), false);
  assertEquals(suspicion.endsAt, 54_000);
});
