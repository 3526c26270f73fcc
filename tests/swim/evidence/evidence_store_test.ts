import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import type { Observation } from "../../../lib/api/why/evidence.ts";
import { Awareness } from "../../../lib/swim/failure_detector/awareness.ts";
import {
  EVIDENCE_BYTES,
  EvidenceStore,
  MAX_ENTRIES,
} from "../../../lib/swim/evidence/evidence_store.ts";
import { aliveOf, answer, fail, hear, hearFrom, startNode, suspectOf } from "../hand_world.ts";

/** A store in a world whose time the test sets. */
function storeOf(maxBytes?: number) {
  const world = { now: 0 };
  const awareness = new Awareness(8);
  return { world, awareness, store: new EvidenceStore({ world, awareness, maxBytes }) };
}

const OWN = { how: "own", from: "" } as const;

/** A refutation, of which each is an entry of its own. */
function refuted(incarnation: number): Observation {
  return { type: "alive", was: "suspect", origin: OWN, incarnation };
}

function failed(by: string): Observation {
  return { type: "failed", by, origin: OWN, incarnation: 1, suspectedMs: 0, confirmedBy: [] };
}

const UNANSWERED: Observation = {
  type: "probe",
  outcome: "unanswered",
  tookMs: 1000,
  stream: "refused",
  helpers: [],
  nacks: [],
  helper: "",
};

Deno.test("of each member the latest 32 entries are kept", () => {
  const { store } = storeOf();
  for (let i = 1; i <= 40; i++) store.record("a", refuted(i));
  const entries = store.log("a")!.entries;
  assertEquals(entries.length, MAX_ENTRIES);
  assertEquals([entries[0].what, entries.at(-1)!.what], [refuted(9), refuted(40)]);
});

Deno.test("what repeats itself is counted in one entry, also if it alternates", () => {
  const { store, world } = storeOf();
  for (world.now = 1; world.now <= 20; world.now++) {
    store.record("a", world.now % 2 === 0 ? { type: "pinged" } : UNANSWERED);
  }
  const entries = store.log("a")!.entries;
  assertEquals(entries.map(({ what, at, lastAt, times }) => [what.type, at, lastAt, times]), [
    ["probe", 1, 19, 10],
    ["pinged", 2, 20, 10],
  ]);
  store.record("a", refuted(2));
  store.record("a", UNANSWERED);
  assertEquals(store.log("a")!.entries.length, 4);
});

Deno.test("stalls add up", () => {
  const { store } = storeOf();
  store.record("self", { type: "stalled", ms: 300 });
  store.record("self", { type: "stalled", ms: 500 });
  assertEquals(store.log("self")!.entries.map(({ what }) => what), [{ type: "stalled", ms: 800 }]);
});

Deno.test("attempts to reconnect that end alike are counted in one entry", () => {
  const { store } = storeOf();
  for (const stream of ["refused", "refused", "unreachable"] as const) {
    store.record("a", { type: "reconnect", stream });
  }
  assertEquals(store.log("a")!.entries.map(({ times }) => times), [2, 1]);
});

Deno.test("an entry that turns out to repeat the one before it is counted there", () => {
  const { store } = storeOf();
  store.record("a", UNANSWERED);
  const open: Observation = { ...UNANSWERED, stream: "open" };
  const entry = store.record("a", open)!;
  assertEquals(store.log("a")!.entries.length, 2);
  const before = store.bytes;
  assertEquals(store.amend("a", entry, UNANSWERED), store.log("a")!.entries[0]);
  assertEquals(store.log("a")!.entries.map(({ times }) => times), [2]);
  assertLess(store.bytes, before);
});

Deno.test("quiet members are forgotten first, then those whose evidence is the oldest", () => {
  const { store, world } = storeOf(20_000);
  store.record("oldest", failed("b"));
  store.record("answering", failed("b"));
  for (let i = 0; i < 5; i++) store.record(`refuting${i}`, refuted(1));
  world.now = 1;
  store.answered("answering", 1);
  const names = () => [...store.logs()].map(([name]) => name);
  for (let i = 0; names().includes("answering"); i++) store.record(`failed${i}`, failed("b"));
  assert(!names().includes("refuting0"));
  assert(names().includes("oldest") && names().includes("failed0"));
  for (let i = 0; names().includes("oldest"); i++) store.record(`later${i}`, failed("b"));
  assert(names().includes("later0"));
});

Deno.test("the last answers of as many members are kept as there is room for", () => {
  const { store, world } = storeOf(20_000);
  for (let i = 0; i < 78; i++) {
    world.now = i;
    store.answered(`n${i}`, 0.5);
  }
  assertEquals(store.answer("n0"), { at: 0, rttMs: 0.5 });
  assertEquals(store.answeredSince(70), 8);
  store.answered("n0", 0.25);
  assertEquals(store.answer("n0"), { at: 77, rttMs: 0.25 });
  store.answered("n78", 1);
  assertEquals([store.answer("n0"), store.answer("n78")], [undefined, { at: 77, rttMs: 1 }]);
});

Deno.test("whatever happens, the evidence stays within its limit", () => {
  const { store, world } = storeOf();
  let most = 0;
  for (let i = 0; i < 50_000; i++) {
    world.now = i;
    const name = `node-${(i * 7919) % 20_000}`;
    if (i % 3 === 0) store.answered(name, 1);
    else store.record(name, i % 2 === 0 ? refuted(i) : failed("x"));
    most = Math.max(most, store.bytes);
  }
  assertLess(most, EVIDENCE_BYTES + 1000);
  assertGreater(most, 0.8 * EVIDENCE_BYTES);
});

Deno.test("without room nothing is kept", () => {
  const { store } = storeOf(0);
  store.answered("a", 1);
  store.pinged("a", undefined);
  assertEquals(store.record("a", UNANSWERED), undefined);
  assertEquals([[...store.logs()], store.answer("a"), store.bytes], [[], undefined, 0]);
});

Deno.test("an entry has the health score and the lag of its time", () => {
  const { store, world, awareness } = storeOf();
  awareness.apply(3);
  store.timerLate(120);
  store.record("a", refuted(1));
  world.now = 60_000;
  awareness.apply(-3);
  store.record("a", refuted(2));
  const entries = store.log("a")!.entries.map(({ healthScore, lagMs }) => [healthScore, lagMs]);
  assertEquals(entries, [[3, 120], [0, 0]]);
});

Deno.test("a ping of a member that does not answer is evidence, and routine otherwise", () => {
  const { store, world } = storeOf();
  store.pinged("a", undefined);
  assertEquals(store.log("a"), undefined);
  store.record("a", UNANSWERED);
  store.pinged("a", undefined);
  assertEquals(store.log("a")!.entries.map(({ what }) => what.type), ["probe", "pinged"]);
  world.now = 1;
  store.answered("a", 1);
  store.pinged("a", undefined);
  assertEquals(store.log("a")!.entries.length, 2);
});

/** The types of what a machine has recorded about a node. */
function recorded(swim: ReturnType<typeof startNode>["swim"], node: string): string[] {
  return swim.evidence.log(node)?.entries.map(({ what }) => what.type) ?? [];
}

Deno.test("a healthy member leaves no entries", () => {
  const { swim, world } = startNode({ knows: ["n1", "n2"] });
  world.run(60_000);
  assertEquals([recorded(swim, "n1"), recorded(swim, "n2"), recorded(swim, "self")], [[], [], []]);
  assertGreater(swim.evidence.answer("n1")!.at, 0);
});

Deno.test("a failed probe is recorded with its stream and helpers, what comes late included", () => {
  const { swim, world } = startNode({ knows: ["n1", "n2"], peersAnswer: false });
  world.runUntil(() => recorded(swim, "n1").length > 0);
  const [{ what }] = swim.evidence.log("n1")!.entries;
  assert(what.type === "probe");
  assertEquals([what.outcome, what.stream, what.helpers, what.nacks], [
    ...["unanswered", "open"],
    ["n2"],
    [],
  ]);
  const { exchange, id } = world.requests[0];
  assert(exchange.message.type === "ping");
  const { sequence } = exchange.message;
  hearFrom("n2", swim, { type: "nack", sequence });
  fail(swim, id, "read tcp A->B: i/o timeout");
  const amended = swim.evidence.log("n1")!.entries[0].what;
  assert(amended.type === "probe");
  assertEquals([amended.stream, amended.nacks], ["silent", ["n2"]]);
  answer(swim, world.requests[1].id, { type: "ack", sequence, payload: null });
  hear(swim, { type: "ack", sequence, payload: null });
  assertEquals(recorded(swim, "n1"), ["probe", "suspected", "late-ack"]);
});

Deno.test("a suspicion is recorded from its beginning to its refutation or end", () => {
  const { swim, world } = startNode({ knows: ["n1", "n2", "n3", "n4"] });
  hearFrom("n2", swim, suspectOf("n1", "n2"));
  hearFrom("n2", swim, suspectOf("n1", "n3"));
  hearFrom("n4", swim, aliveOf("n1", { incarnation: 2 }));
  hearFrom("n2", swim, { type: "dead", node: "n1", incarnation: 2, from: "n3" });
  world.run(1);
  assertEquals(recorded(swim, "n1"), ["suspected", "confirmed", "alive", "failed"]);
  hearFrom("n3", swim, suspectOf("self", "n3"));
  assertEquals(recorded(swim, "self"), ["accused"]);
});
