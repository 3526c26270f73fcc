import { assertEquals, assertLess } from "@std/assert";
import { rendezvous } from "../../lib/api/rendezvous.ts";

const members = Array.from({ length: 10 }, (_, i) => ({ name: `web-${i}` }));
const keys = Array.from({ length: 10_000 }, (_, i) => `session-${i}`);

/** The names of those responsible for a key, first to last. */
function names(of: readonly { readonly name: string }[], key: string): string[] {
  return rendezvous(of, key).map(({ name }) => name);
}

Deno.test("the order depends on names and key alone, and never changes", () => {
  assertEquals(names(members, "session-42"), names(members.toReversed(), "session-42"));
  assertEquals(names(members.slice(0, 4), "session-1"), [
    "web-3",
    "web-2",
    "web-1",
    "web-0",
  ]);
  assertEquals(names(members.slice(0, 4), ""), ["web-3", "web-1", "web-2", "web-0"]);
  assertEquals(rendezvous([], "session-1"), []);
});

Deno.test("members of the same name are both there", () => {
  assertEquals(names([{ name: "a" }, { name: "a" }], "key"), ["a", "a"]);
});

Deno.test("keys are spread evenly", () => {
  const counts = new Map<string, number>();
  for (const key of keys) {
    const [owner] = names(members, key);
    counts.set(owner, (counts.get(owner) ?? 0) + 1);
  }
  assertEquals(counts.size, members.length);
  // Six standard deviations of a fair choice.
  for (const count of counts.values()) assertLess(Math.abs(count - 1_000), 180);
});

Deno.test("only the keys of a member that goes move, to the next and evenly", () => {
  const rest = members.slice(1);
  const heirs = new Map<string, number>();
  for (const key of keys) {
    const [owner, next] = names(members, key);
    const [now] = names(rest, key);
    assertEquals(now, owner === "web-0" ? next : owner);
    if (owner === "web-0") heirs.set(now, (heirs.get(now) ?? 0) + 1);
  }
  assertEquals(heirs.size, rest.length);
  for (const count of heirs.values()) assertLess(Math.abs(count - 111), 66);
});
