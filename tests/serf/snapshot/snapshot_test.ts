import { assert, assertEquals } from "@std/assert";
import { Random } from "../../../lib/sim/random.ts";
import { Address } from "../../../lib/base/address.ts";
import {
  compactionThreshold,
  formatCompacted,
  formatEntry,
  parseSnapshot,
  type SnapshotEntry,
  SnapshotReplay,
  type SnapshotState,
} from "../../../lib/serf/snapshot/snapshot.ts";

/** The state as plain data. */
function plain(state: SnapshotState) {
  return {
    alive: texts(state.alive),
    lost: texts(state.lost),
    clocks: [state.clock, state.eventClock, state.queryClock],
  };
}

function texts(addresses: ReadonlyMap<string, Address>): Record<string, string> {
  return Object.fromEntries(Array.from(addresses, ([name, { text }]) => [name, text]));
}

function warningsOf(text: string): string[] {
  return parseSnapshot(text).warnings.map(({ level, text }) => `[${level}] ${text}`);
}

const v4 = Address.parse("10.0.0.1", 7946);
const v6 = Address.parse("fe80::1", 7947);

const entries: SnapshotEntry[] = [
  { type: "alive", name: "web 1", address: v4 },
  { type: "alive", name: "z\u00fcrich", address: v6 },
  { type: "clock", lTime: 12 },
  { type: "event-clock", lTime: 3 },
  { type: "query-clock", lTime: 9007199254740991 },
  { type: "not-alive", name: "web 1" },
  { type: "lost", name: "web 1", address: v4 },
  { type: "leave" },
  { type: "alive", name: "back", address: v4 },
  { type: "clock", lTime: 20 },
];

Deno.test("entries are written as Serf writes them", () => {
  assertEquals(entries.map(formatEntry), [
    "alive: web 1 10.0.0.1:7946\n",
    "alive: z\u00fcrich [fe80::1]:7947\n",
    "clock: 12\n",
    "event-clock: 3\n",
    "query-clock: 9007199254740991\n",
    "not-alive: web 1\n",
    "# lost: web 1 10.0.0.1:7946\n",
    "leave\n",
    "alive: back 10.0.0.1:7946\n",
    "clock: 20\n",
  ]);
});

Deno.test("a mapped IPv4 address is written in dotted form", () => {
  const mapped = new Address(
    Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 1),
    7946,
  );
  assertEquals(
    formatEntry({ type: "alive", name: "a", address: mapped }),
    "alive: a 10.0.0.1:7946\n",
  );
});

Deno.test("a name with a newline cannot forge lines", () => {
  const name = "x\nleave";
  assertEquals(formatEntry({ type: "alive", name, address: v4 }), "");
  assertEquals(formatEntry({ type: "not-alive", name }), "");
});

Deno.test("a file parses to the state after all its entries", () => {
  for (const rejoinAfterLeave of [false, true]) {
    const replay = new SnapshotReplay({ rejoinAfterLeave });
    let text = "";
    for (const entry of entries) {
      replay.apply(entry);
      text += formatEntry(entry);
      assertEquals(plain(parseSnapshot(text, { rejoinAfterLeave }).state), plain(replay));
    }
  }
});

Deno.test("a leave clears members and clocks, and entries after it count again", () => {
  const text = entries.map(formatEntry).join("");
  assertEquals(plain(parseSnapshot(text).state), {
    alive: { back: "10.0.0.1:7946" },
    lost: {},
    clocks: [20, 0, 0],
  });
});

Deno.test("a leave is ignored, with a log line, if the node is to rejoin after a leave", () => {
  const text = entries.map(formatEntry).join("");
  const { state, warnings } = parseSnapshot(text, { rejoinAfterLeave: true });
  assertEquals(plain(state), {
    alive: { "z\u00fcrich": "[fe80::1]:7947", back: "10.0.0.1:7946" },
    lost: { "web 1": "10.0.0.1:7946" },
    clocks: [20, 3, 9007199254740991],
  });
  assertEquals(warnings, [
    { type: "log", level: "INFO", text: "serf: Ignoring previous leave in snapshot" },
  ]);
});

Deno.test("the latest 16 members that failed are kept until they are back or have left", () => {
  const replay = new SnapshotReplay();
  for (let i = 0; i < 20; i++) replay.apply({ type: "lost", name: `n${i}`, address: v4 });
  replay.apply({ type: "alive", name: "n10", address: v4 });
  replay.apply({ type: "not-alive", name: "n11" });
  const { state } = parseSnapshot(formatCompacted(replay));
  const kept = [4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17, 18, 19].map((i) => `n${i}`);
  assertEquals([...state.lost.keys()], kept);
});

Deno.test("a comment that only looks like a member that failed is none", () => {
  const { state, warnings } = parseSnapshot("# lost: a\n# lost: b c:d\n# lost:\n");
  assertEquals([state.lost.size, warnings], [0, []]);
});

Deno.test("comments and old coordinate lines are skipped silently", () => {
  const { state, warnings } = parseSnapshot("# hello\ncoordinate: {}\nclock: 4\n#clock: 9\n");
  assertEquals(state.clock, 4);
  assertEquals(warnings, []);
});

Deno.test("lines that cannot be read are skipped with Serf's warning", () => {
  assertEquals(warningsOf("clock:4\nfoo: bar\n\nleave \n"), [
    "[WARN] serf: Unrecognized snapshot line: clock:4",
    "[WARN] serf: Unrecognized snapshot line: foo: bar",
    "[WARN] serf: Unrecognized snapshot line: ",
    "[WARN] serf: Unrecognized snapshot line: leave ",
  ]);
  assertEquals(warningsOf("clock: x\nevent-clock: -1\nquery-clock: 99999999999999999999\n"), [
    '[WARN] serf: Failed to convert clock time: strconv.ParseUint: parsing "x": invalid syntax',
    '[WARN] serf: Failed to convert event clock time: strconv.ParseUint: parsing "-1": invalid syntax',
    '[WARN] serf: Failed to convert query clock time: strconv.ParseUint: parsing "99999999999999999999": value out of range',
  ]);
  const bad = ["a", "a 1.2.3.4", "a host:1", "a [::1:5", "a 1.2.3.4:70000", "a 1.2.3.4:"];
  assertEquals(
    warningsOf(bad.map((rest) => `alive: ${rest}\n`).join("")),
    bad.map((rest) => `[WARN] serf: Failed to parse address: alive: ${rest}`),
  );
});

Deno.test("a file cut off at any byte parses to the state of its whole lines", () => {
  const lines = entries.map(formatEntry);
  const bytes = new TextEncoder().encode(lines.join(""));
  for (let length = 0; length <= bytes.length; length++) {
    const cut = bytes.subarray(0, length);
    const { state, warnings, wholeLength } = parseSnapshot(cut);
    const wholeLines = new TextDecoder().decode(cut.subarray(0, wholeLength)).split("\n").length -
      1;
    assert(wholeLength === 0 || bytes[wholeLength - 1] === 0x0a);
    assert(!cut.subarray(wholeLength).includes(0x0a));
    const replay = new SnapshotReplay();
    for (const entry of entries.slice(0, wholeLines)) replay.apply(entry);
    assertEquals(plain(state), plain(replay));
    assertEquals(warnings, []);
  }
});

Deno.test("any bytes parse without an exception", () => {
  const random = new Random(99);
  for (let round = 0; round < 200; round++) {
    const bytes = Uint8Array.from(
      { length: 80 },
      () => random.chance(1 / 7) ? 0x0a : random.below(256),
    );
    const { wholeLength } = parseSnapshot(bytes);
    assertEquals(wholeLength, bytes.lastIndexOf(0x0a) + 1);
  }
});

Deno.test("a compacted file has the same state as the one that it replaces", () => {
  const text = entries.slice(0, 6).map(formatEntry).join("");
  const { state } = parseSnapshot(text);
  const compacted = formatCompacted(state);
  assertEquals(
    compacted,
    "alive: z\u00fcrich [fe80::1]:7947\nclock: 12\nevent-clock: 3\nquery-clock: 9007199254740991\n",
  );
  assertEquals(plain(parseSnapshot(compacted).state), plain(state));
});

Deno.test("the file is compacted from 128 KiB on, or 256 bytes a member", () => {
  assertEquals(compactionThreshold(0), 131_072);
  assertEquals(compactionThreshold(512), 131_072);
  assertEquals(compactionThreshold(513), 131_328);
});

Deno.test("clocks beyond the exact numbers are written and read exactly", () => {
  for (const lTime of [2n ** 53n, 2n ** 53n + 1n, 2n ** 63n]) {
    const line = formatEntry({ type: "event-clock", lTime });
    assertEquals(line, `event-clock: ${String(lTime)}\n`);
    assertEquals(parseSnapshot(line).state.eventClock, lTime);
  }
});

Deno.test("a clock that nobody can have counted to is passed over with a warning", () => {
  const text = "event-clock: 7\nevent-clock: 18446744073709551615\nclock: 9\n";
  assertEquals(plain(parseSnapshot(text).state).clocks, [9, 7, 0]);
  assertEquals(warningsOf(text), ["[WARN] serf: Ignoring event clock time 18446744073709551615"]);
});
