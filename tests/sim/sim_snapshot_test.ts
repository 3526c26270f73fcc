import { assertEquals } from "@std/assert";
import { addressOf } from "../../lib/sim/address_plan.ts";
import { SimSnapshot } from "../../lib/sim/sim_snapshot.ts";

/** A snapshot of two members, one of which is added 100 ms after the other. */
function snapshotOfTwo(): SimSnapshot {
  const snapshot = new SimSnapshot();
  snapshot.add({ type: "alive", name: "n0", address: addressOf(0) }, 1_000);
  snapshot.add({ type: "alive", name: "n1", address: addressOf(1) }, 1_100);
  return snapshot;
}

function namesIn(snapshot: SimSnapshot): string[] {
  return [...snapshot.read().alive.keys()];
}

Deno.test("a snapshot has what was flushed", () => {
  const snapshot = snapshotOfTwo();
  assertEquals(namesIn(snapshot), []);
  snapshot.flush();
  assertEquals(namesIn(snapshot), ["n0", "n1"]);
});

Deno.test("a crash loses lines that are younger than the flush interval", () => {
  const early = snapshotOfTwo();
  early.crash(1_400);
  assertEquals(namesIn(early), []);
  const late = snapshotOfTwo();
  late.crash(1_500);
  assertEquals(namesIn(late), ["n0", "n1"]);
});

Deno.test("a leave is written at once", () => {
  const snapshot = snapshotOfTwo();
  snapshot.add({ type: "clock", lTime: 7 }, 1_200);
  snapshot.add({ type: "leave" }, 1_300);
  snapshot.crash(1_300);
  assertEquals(namesIn(snapshot), []);
  assertEquals(snapshot.read().clock, 0);
});

Deno.test("a lost snapshot is empty, and a truncated one ends with its last whole line", () => {
  const lost = snapshotOfTwo();
  lost.flush();
  lost.lose();
  assertEquals(namesIn(lost), []);
  const truncated = snapshotOfTwo();
  truncated.flush();
  truncated.truncate(0.75);
  assertEquals(namesIn(truncated), ["n0"]);
  truncated.add({ type: "alive", name: "n2", address: addressOf(2) }, 2_000);
  truncated.flush();
  assertEquals(namesIn(truncated), ["n0", "n2"]);
});

Deno.test("what a full disk did not take is written half a minute after the failure, or when the process ends", () => {
  const namesAfter = (flushAt?: number) => {
    const snapshot = snapshotOfTwo();
    snapshot.disk = "full";
    snapshot.flush(1_500);
    snapshot.disk = "working";
    snapshot.flush(flushAt);
    return namesIn(snapshot);
  };
  assertEquals(namesAfter(31_000), []);
  assertEquals(namesAfter(31_500), ["n0", "n1"]);
  assertEquals(namesAfter(), ["n0", "n1"]);
});

Deno.test("a hanging disk takes everything as soon as it works, but a crash loses what waits for it", () => {
  const snapshot = snapshotOfTwo();
  snapshot.disk = "hanging";
  snapshot.flush(1_500);
  assertEquals(namesIn(snapshot), []);
  snapshot.disk = "working";
  snapshot.flush(1_600);
  assertEquals(namesIn(snapshot), ["n0", "n1"]);
  snapshot.disk = "hanging";
  snapshot.add({ type: "alive", name: "n2", address: addressOf(2) }, 2_000);
  snapshot.crash(9_000);
  snapshot.disk = "working";
  snapshot.flush(9_100);
  assertEquals(namesIn(snapshot), ["n0", "n1"]);
});
