import { assertEquals } from "@std/assert";
import type { Cause } from "../../../lib/api/why/diagnosis.ts";
import type { EvidenceEntry, Observation, WhyReport } from "../../../lib/api/why/evidence.ts";
import { compareViews } from "../../../lib/api/why/compare.ts";
import { shiftTimes } from "../../../lib/api/why/shift_times.ts";
import { explain, tellStory } from "../../../lib/api/why/story.ts";
import { viewOf } from "../../../lib/api/why/view.ts";

/** The time of all reports. */
const NOW = 1_000_000;

type Probe = Observation & { type: "probe" };

/** A probe of ours, with three helpers. */
function probe(
  outcome: Probe["outcome"],
  stream: Probe["stream"],
  changes: Partial<Probe> = {},
): Probe {
  const helpers = ["db-1", "db-2", "db-3"];
  return {
    type: "probe",
    outcome,
    stream,
    tookMs: 1000,
    helpers,
    nacks: [],
    helper: "",
    ...changes,
  };
}

const OWN = { how: "own", from: "" } as const;
const GOSSIP = { how: "gossip", from: "db-1" } as const;

const SUSPECTED: Observation = {
  type: "suspected",
  by: "us-1",
  origin: OWN,
  incarnation: 1,
  expected: 2,
  minMs: 4000,
  maxMs: 24_000,
};

const REFUTED: Observation = { type: "alive", was: "suspect", origin: GOSSIP, incarnation: 2 };

function failedBy(by: string): Observation {
  const origin = by === "us-1" ? OWN : GOSSIP;
  return { type: "failed", by, origin, incarnation: 1, suspectedMs: 4000, confirmedBy: [] };
}

/** Observations as entries, 1 s apart, the last one 10 s ago. */
function entriesOf(observations: readonly Observation[]): EvidenceEntry[] {
  return observations.map((what, i) => {
    const timeMs = NOW - 10_000 - 1000 * (observations.length - 1 - i);
    return { timeMs, lastMs: timeMs, times: 1, healthScore: 0, lagMs: 0, what };
  });
}

/** What `us-1` reports about `web-3`, which answered a minute ago. */
function reportOf(
  observations: readonly Observation[],
  changes: Partial<WhyReport> = {},
): WhyReport {
  return {
    node: "web-3",
    observer: "us-1",
    timeMs: NOW,
    status: "alive",
    suspect: false,
    address: "10.0.0.7:7946",
    incarnation: 1,
    healthScore: 0,
    lagMs: 0,
    lastAnswer: { timeMs: NOW - 60_000, rttMs: 0.4 },
    lastPing: { timeMs: NOW - 60_000, elsewhere: "" },
    othersAnswering: 5,
    othersFailing: [],
    entries: entriesOf(observations),
    ...changes,
  };
}

function reconnect(stream: Probe["stream"]): Observation {
  return { type: "reconnect", stream };
}

/** What others say. */
const TOLD = [{ ...SUSPECTED, by: "db-1", origin: GOSSIP } as Observation, failedBy("db-1")];

const NACKED = { nacks: ["db-1", "db-2", "db-3"] };
const LEFT: Observation = { type: "left", origin: GOSSIP, incarnation: 1 };
const GONE = { status: "left" } as const;
const FAILED = { status: "failed" } as const;
const SELF = { observer: "web-3", lastAnswer: null, lastPing: null };
const NEVER = { lastAnswer: null };
const NOBODY = {
  othersAnswering: 0,
  othersFailing: [{ node: "db-1", heard: false, byTcp: false }],
};
const STALLED: Observation = { type: "stalled", ms: 2500 };

/** Cases by what they are about: what was observed, what else is known, and the cause that has to come out. */
const CASES: readonly (readonly [string, Cause, WhyReport])[] = [
  ["nothing happened", "healthy", reportOf([])],
  ["it left", "left", reportOf([{ type: "leave-intent", forced: false }, LEFT], GONE)],
  [
    "it was probed when it had left already, before that was known",
    "left",
    reportOf([probe("unanswered", "refused", NACKED), SUSPECTED, LEFT], GONE),
  ],
  ["nothing is left of what happened", "unexplained", reportOf([], FAILED)],
  [
    "its host refuses connections",
    "process-ended",
    reportOf([probe("unanswered", "refused", NACKED), SUSPECTED, failedBy("us-1")], FAILED),
  ],
  [
    "its host accepts connections",
    "process-frozen",
    reportOf([probe("unanswered", "silent"), SUSPECTED, failedBy("us-1")], FAILED),
  ],
  [
    "nothing comes back, and helpers say so too",
    "host-unreachable",
    reportOf([probe("unanswered", "unreachable", NACKED), SUSPECTED, failedBy("us-1")], FAILED),
  ],
  [
    "it came back later",
    "process-frozen",
    reportOf([
      ...[probe("unanswered", "silent", NACKED), SUSPECTED, failedBy("us-1")],
      { type: "alive", was: "dead", origin: GOSSIP, incarnation: 2 },
    ]),
  ],
  ["we did not probe it ourselves", "reported", reportOf(TOLD, FAILED)],
  [
    "we were told, and its host refuses to be reconnected",
    "process-ended",
    reportOf([...TOLD, reconnect("refused")], FAILED),
  ],
  [
    "we were told, and nobody answers when we reconnect",
    "process-frozen",
    reportOf([...TOLD, reconnect("silent")], FAILED),
  ],
  [
    "we were told, and nothing comes back when we reconnect",
    "host-unreachable",
    reportOf([...TOLD, reconnect("unreachable")], FAILED),
  ],
  [
    "we were told, its pings arrive, and nothing comes back when we reconnect",
    "one-way-loss",
    reportOf([...TOLD, { type: "pinged" }, reconnect("unreachable")], FAILED),
  ],
  [
    "we were told, and its pings arrive from another address than we reconnect to",
    "wrong-address",
    reportOf([...TOLD, reconnect("unreachable")], {
      ...FAILED,
      ...NEVER,
      lastPing: { timeMs: NOW - 5000, elsewhere: "192.168.0.7:7946" },
    }),
  ],
  [
    "we were told, and reach nobody when we reconnect",
    "observer-cut-off",
    reportOf([...TOLD, reconnect("unreachable")], { ...FAILED, ...NOBODY }),
  ],
  [
    "we were told, and what came of reconnecting tells nothing",
    "reported",
    reportOf([...TOLD, reconnect("failed")], FAILED),
  ],
  ["it answers by TCP only", "udp-blocked", reportOf([probe("stream", "answered", NACKED)])],
  [
    "we reach it by TCP, and helpers by UDP",
    "udp-blocked",
    reportOf([
      probe("helped", "answered", { helper: "db-1" }),
      probe("helped", "answered", { helper: "db-2" }),
    ]),
  ],
  ["helpers reach it", "link", reportOf([probe("helped", "unreachable", { helper: "db-1" })])],
  [
    "helpers reach it, and its pings arrive",
    "one-way-loss",
    reportOf([probe("helped", "unreachable", { helper: "db-1" }), { type: "pinged" }]),
  ],
  [
    "its pings arrive from another address, and it never answered",
    "wrong-address",
    reportOf([probe("unanswered", "refused", NACKED), SUSPECTED, { type: "pinged" }], {
      ...NEVER,
      lastPing: { timeMs: NOW - 5000, elsewhere: "192.168.0.7:7946" },
    }),
  ],
  [
    "it refutes, but never answered",
    "wrong-address",
    reportOf([probe("unanswered", "refused", NACKED), SUSPECTED, REFUTED], NEVER),
  ],
  [
    "another node has its name",
    "name-conflict",
    reportOf([
      { type: "conflict", address: "10.0.0.8:7946", origin: GOSSIP },
    ]),
  ],
  ["its answers come late", "slow", reportOf([probe("late", "answered")])],
  [
    "it is suspected and refutes again and again",
    "slow",
    reportOf([SUSPECTED, REFUTED, probe("unanswered", "silent"), SUSPECTED, REFUTED, REFUTED]),
  ],
  [
    "we stood still, and nobody else has found it",
    "observer-stalled",
    reportOf([STALLED, probe("unanswered", "open"), SUSPECTED]),
  ],
  [
    "we stood still, but helpers found it too",
    "host-unreachable",
    reportOf([STALLED, probe("unanswered", "unreachable", NACKED), SUSPECTED]),
  ],
  [
    "nobody answers us",
    "observer-cut-off",
    reportOf([probe("unanswered", "unreachable"), SUSPECTED], NOBODY),
  ],
  ["about ourselves: nothing", "healthy", reportOf([], SELF)],
  ["about ourselves: we stood still", "self-stalled", reportOf([STALLED], SELF)],
  ["about ourselves: nobody answers", "self-cut-off", reportOf([], { ...SELF, ...NOBODY })],
  [
    "about ourselves: others answer by TCP only",
    "self-without-udp",
    reportOf([], {
      ...SELF,
      ...NOBODY,
      othersFailing: [{ node: "db-1", heard: false, byTcp: true }],
    }),
  ],
  [
    "about ourselves: others suspect us",
    "self-suspected",
    reportOf(
      [{ type: "accused", of: "suspect", by: "db-1", origin: GOSSIP, incarnation: 1 }],
      SELF,
    ),
  ],
];

for (const [name, cause, report] of CASES) {
  Deno.test(`the cause is ${cause} when ${name}`, () => {
    assertEquals(explain(report).conclusion.cause, cause);
  });
}

/** Times of stories in these tests: seconds. */
const clock = (ms: number) => (ms / 1000).toFixed(3);

Deno.test("a story tells what happened in the order of time, then what that means", () => {
  const report = reportOf([
    probe("unanswered", "refused", { nacks: ["db-1", "db-3"] }),
    SUSPECTED,
    { type: "confirmed", by: "db-2", origin: GOSSIP, confirmations: 1, leftMs: 2900 },
    { ...failedBy("us-1"), suspectedMs: 3100 } as Observation,
  ], FAILED);
  assertEquals(tellStory(explain(report, { clock }), { clock }), [
    "web-3 is failed at 10.0.0.7:7946, incarnation 1, as seen by us-1",
    "Last answer to a ping: 940.000, 60 s ago, in 0.4 ms",
    "",
    "987.000  ping unanswered; TCP refused; db-1 and db-3 did not reach it either; no word from db-2",
    "988.000  suspected by us: it has 24.0 s to refute, 4.0 s once 2 others confirm",
    "989.000  suspected by db-2 (told by db-1) too: 2.9 s left",
    "990.000  declared failed by us after 3.1 s as a suspect",
    "",
    "Conclusion: failed at 990: 1 of our probes unanswered by UDP and TCP (refused), " +
    "2 of 3 helpers did not reach it either, suspected by db-2 too, suspect for 3.1 s; " +
    "our own health was good. " +
    "The process of web-3 has ended, or a firewall refuses: its host is up and refuses connections.",
  ]);
});

Deno.test("a story says when the observer itself was in bad health", () => {
  const entries = entriesOf([probe("unanswered", "unreachable"), SUSPECTED])
    .map((entry) => ({ ...entry, healthScore: 5, lagMs: 400 }));
  const { conclusion } = explain(reportOf([], { suspect: true, entries }), { clock });
  assertEquals(
    conclusion.text.split("; ")[1].split(". ")[0],
    "our own health was poor (score 5), our timers were 400 ms late",
  );
});

Deno.test("trouble of long ago counts only if nothing has happened since", () => {
  const [old] = entriesOf([probe("stream", "answered")]);
  const entries = [{ ...old, timeMs: 0, lastMs: 0 }, ...entriesOf([probe("late", "untried")])];
  assertEquals(viewOf(reportOf([], { entries })).streamOnly, 0);
  assertEquals(viewOf(reportOf([], { entries: entries.slice(0, 1) })).streamOnly, 1);
});

Deno.test("to reconnect belongs to the trouble before, however long ago that was", () => {
  const [probed, failed, tried] = entriesOf([
    probe("unanswered", "silent"),
    failedBy("us-1"),
    reconnect("refused"),
  ]);
  const long = { timeMs: 0, lastMs: 0 };
  const report = reportOf([], {
    ...FAILED,
    entries: [{ ...probed, ...long }, { ...failed, ...long }, tried],
  });
  const { conclusion } = explain(report, { clock });
  assertEquals(conclusion.cause, "process-ended");
  assertEquals(viewOf(report).failedBy, "us-1");
});

Deno.test("if nobody who tells has seen anything, those who have are named", () => {
  const explanation = explain(reportOf(TOLD, FAILED), { clock });
  const { cluster: { cause, text } } = compareViews(explanation, {
    views: [],
    silent: [],
    missing: [],
  });
  assertEquals([cause, text], [
    "reported",
    "Nobody who tells has probed it meanwhile. See the logs of db-1.",
  ]);
});

Deno.test("a story tells that a member could not be reconnected", () => {
  const report = reportOf([failedBy("db-1"), reconnect("refused")], FAILED);
  assertEquals(tellStory(explain(report, { clock }), { clock }).slice(3), [
    "989.000  declared failed by db-1 after 4.0 s as a suspect",
    "990.000  tried to reconnect: TCP refused",
    "",
    "Conclusion: failed at 989: not reached when we tried to reconnect (refused), suspect for 4.0 s, " +
    "declared failed by db-1; our own health was good. " +
    "The process of web-3 has ended, or a firewall refuses: its host is up and refuses connections.",
  ]);
});

Deno.test("shifting a report shifts all its times", () => {
  const report = reportOf([SUSPECTED]);
  const shifted = shiftTimes(report, 500);
  assertEquals(viewOf(shifted), viewOf(report));
  assertEquals(shifted.entries[0].timeMs, report.entries[0].timeMs + 500);
  assertEquals(shiftTimes(shifted, -500), report);
});
