/** What is concluded from which facts, as a table. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Member } from "../../../lib/api/member.ts";
import type { Cause } from "../../../lib/api/why/diagnosis.ts";
import type { Observation } from "../../../lib/api/why/evidence.ts";
import type { Explanation } from "../../../lib/api/why/story.ts";
import { Address } from "../../../lib/base/address.ts";
import { runChecks } from "../../../lib/cli/doctor/checks/all_checks.ts";
import type {
  AgentFacts,
  ConfigFacts,
  Facts,
  HostFacts,
  MemberProbe,
} from "../../../lib/cli/doctor/facts.ts";
import {
  exitCodeOf,
  type Finding,
  findingsAsJson,
  formatFindings,
} from "../../../lib/cli/doctor/finding.ts";

const host: HostFacts = {
  addresses: ["127.0.0.1", "10.0.0.1"],
  process: { pid: 42, udpDrops: 0, openDescriptors: 30, descriptorLimit: 65_536 },
};

function member(name: string, ip: string, changes: Partial<Member> = {}): Member {
  return {
    name,
    address: Address.parse(ip, 7946),
    status: "alive",
    tags: {},
    ...{ protocolMin: 1, protocolMax: 5, protocolCur: 2 },
    ...{ delegateMin: 2, delegateMax: 5, delegateCur: 5 },
    ...changes,
  };
}

function probe(name: string, changes: Partial<MemberProbe> = {}): MemberProbe {
  const udp = { 60: 1, 600: 1, 1400: 1 };
  return { member: name, address: "10.0.0.2:7946", status: "alive", udp, tcp: true, ...changes };
}

const stats = { health_score: "0", encrypted: "false", event_queue: "0" };

function agent(changes: Partial<AgentFacts> = {}): AgentFacts {
  return {
    name: "one",
    members: [member("one", "10.0.0.1"), member("two", "10.0.0.2")],
    stats: [stats, stats],
    answerMs: 5,
    tagBytes: 20,
    log: [],
    probes: [probe("one", { address: "10.0.0.1:7946" }), probe("two")],
    ...changes,
  };
}

const config: ConfigFacts = {
  notices: [],
  ports: [],
  joins: [],
  tagBytes: 2,
  files: [],
  handlers: new Map(),
  openRpc: false,
};

const refused = "dial tcp 10.0.0.2:7946: connect: connection refused";
const silent = { 60: 0, 600: 0, 1400: 0 };
const file = { path: "/s", exists: true, ageMs: 0, readableByAll: false };

const ofAgent = (changes: Partial<AgentFacts>): Facts => ({ agent: agent(changes), host });
const ofHost = (changes: Partial<NonNullable<HostFacts["process"]>>): Facts => ({
  agent: agent(),
  host: { ...host, process: { ...host.process!, ...changes } },
});
const ofConfig = (changes: Partial<ConfigFacts>): Facts => ({
  config: { ...config, ...changes },
  host,
});
const ofProbe = (changes: Partial<MemberProbe>) => ofAgent({ probes: [probe("two", changes)] });
const ofLog = (...log: string[]) => ofAgent({ log });
const ofWhy = (...explanations: Explanation[]) => ofAgent({ explanations });

/** What agent `one` says of a member, or of itself; a minute ago it has noted something. */
function explanation(
  node: string,
  cause: Cause,
  changes: Partial<Explanation> = {},
): Explanation {
  const what: Observation = { type: "stalled", ms: 2_000 };
  const at = { timeMs: 1_000_000, lastMs: 1_000_000 };
  return {
    node,
    observer: "one",
    timeMs: 1_060_000,
    status: "alive",
    suspect: false,
    address: "10.0.0.2:7946",
    incarnation: 1,
    ...{ healthScore: 0, lagMs: 0, lastAnswer: null, lastPing: null },
    ...{ othersAnswering: 3, othersFailing: [] },
    entries: [{ ...at, times: 1, healthScore: 0, lagMs: 0, what }],
    conclusion: { cause, text: `because of ${cause}.` },
    ...changes,
  };
}

const checkup = { member: "two", skewMs: 0, uncertaintyMs: 1 };

/** Facts, and the only finding about them that is not good. */
const cases: readonly (readonly [Facts, Finding["status"], string])[] = [
  [{ agent: { error: "dial: refused" }, host }, "fail", "dial: refused"],
  // Other members.
  [ofProbe({ udp: silent }), "fail", "two (10.0.0.2:7946) answers by TCP but not by UDP"],
  [ofProbe({ udp: { 60: 1, 600: 1, 1400: 0 } }), "fail", "packets of 600 bytes but not of 1400"],
  [ofProbe({ tcp: refused }), "fail", `answers by UDP but not by TCP (${refused})`],
  [ofProbe({ udp: silent, tcp: refused }), "fail", "listed as alive, answers neither by UDP nor"],
  [ofProbe({ udp: { 60: 1, 600: 3, 1400: 1 } }), "warn", "answered only at attempt 3"],
  [ofProbe({ status: "failed" }), "warn", "is listed as failed, but answers"],
  [
    ofAgent({ members: [member("one", "10.0.0.1"), member("two", "10.0.0.1")] }),
    "fail",
    "one and two are both listed at 10.0.0.1:7946",
  ],
  [
    ofAgent({
      members: [member("one", "10.0.0.1"), member("two", "10.0.0.2", { delegateCur: 4 })],
    }),
    "warn",
    "different versions of the Serf protocol: 1 speak 5, 1 speak 4",
  ],
  // The agent's address.
  [
    ofAgent({ members: [member("one", "127.0.0.1"), member("two", "10.0.0.2")] }),
    "fail",
    "advertises 127.0.0.1:7946, which is another machine to everybody else",
  ],
  [
    ofAgent({ members: [member("one", "10.0.0.9")] }),
    "warn",
    "advertises 10.0.0.9:7946, which no interface of this machine has; it answers there",
  ],
  [
    ofAgent({
      members: [member("one", "10.0.0.9")],
      probes: [probe("one", { udp: silent, tcp: refused })],
    }),
    "fail",
    "which no interface of this machine has, and nobody answers there",
  ],
  [
    ofAgent({ checkups: [{ ...checkup, seesAgentAt: "10.0.0.7:7946" }] }),
    "fail",
    "advertises 10.0.0.1:7946, but two knows it at 10.0.0.7:7946",
  ],
  [ofAgent({ checkups: [{ ...checkup, skewMs: -2500 }] }), "warn", "clock of two is 2.5 s behind"],
  // Load, limits and contents.
  [ofAgent({ stats: [stats, { ...stats, health_score: "3" }] }), "warn", "health score is 3"],
  [ofAgent({ answerMs: 2_500 }), "warn", "the agent took 2.5 s to answer"],
  [
    ofAgent({ stats: [{ event_queue: "300" }, { event_queue: "300" }] }),
    "warn",
    "300 messages wait in the event queue",
  ],
  [ofAgent({ stats: [stats, { query_queue: "300" }] }), "fail", "in the query queue, and grows"],
  [ofAgent({ tagBytes: 500 }), "warn", "tags take 500 of 512 bytes"],
  [ofAgent({ handlers: new Map([["./x", "not found"]]) }), "fail", "`./x` cannot run: not found"],
  [
    ofAgent({
      keys: {
        members: 3,
        counts: new Map([["aaaaaaaa==", 3], ["bbbbbbbb==", 2]]),
        complaints: new Map(),
      },
    }),
    "fail",
    "the key bbbbbb… is installed on 2 of 3 members",
  ],
  [
    ofAgent({
      keys: { members: 1, counts: new Map(), complaints: new Map([["two", "no keyring"]]) },
    }),
    "fail",
    "two cannot list its keys: no keyring",
  ],
  [ofHost({ udpDrops: 7 }), "warn", "the agent's socket has dropped 7 datagrams"],
  [ofHost({ descriptorLimit: 256 }), "warn", "30 descriptors open, limit 256 (pid 42)"],
  [ofHost({ descriptorLimit: 32 }), "fail", "30 descriptors open, limit 32 (pid 42)"],
  // What the agent says of others, and of itself.
  [
    ofWhy(explanation("two", "process-ended", { status: "failed" })),
    "fail",
    "two: because of process-ended.",
  ],
  [
    ofWhy(explanation("two", "process-frozen", { suspect: true })),
    "fail",
    "two: because of process-frozen.",
  ],
  [
    ofWhy(explanation("two", "observer-stalled", { suspect: true })),
    "warn",
    "two: because of observer-stalled.",
  ],
  [ofWhy(explanation("one", "self-stalled")), "warn", "this agent, one: because of self-stalled."],
  // The log, in the words of Serf 0.8.2, of Serf 0.11.0 and of ours.
  [
    ofLog(
      "[ERR] memberlist: Conflicting address for two. Mine: 10.0.0.2:7946 Theirs: 10.0.0.3:7946 Old state: alive",
      "[ERR] memberlist: Conflicting address for two. Mine: 10.0.0.2:7946 Theirs: 10.0.0.3:7946 Old state: 0",
    ),
    "fail",
    "two agents call themselves two: one at 10.0.0.2:7946, one at 10.0.0.3:7946 (2 times)",
  ],
  [
    ofLog(
      "[ERR] serf: Node name conflicts with another node at 10.0.0.3:7946. Names must be unique! (Resolution enabled: true)",
    ),
    "fail",
    "another agent, at 10.0.0.3:7946, has the name of this one",
  ],
  [
    ofLog("[ERR] memberlist: Decrypt packet failed: no installed keys could decrypt the message"),
    "fail",
    "encrypted with a key that this agent does not have",
  ],
  [
    ofLog(
      "[ERR] memberlist: failed to receive: Remote state is encrypted and encryption is not configured",
    ),
    "fail",
    "with encryption, and it has no key",
  ],
  [
    ofLog(
      "[ERR] memberlist: failed to receive: Encryption is configured but remote state is not encrypted",
    ),
    "fail",
    "without encryption, and it has keys",
  ],
  [
    ofLog("[WARN] memberlist: Got ping for unexpected node 'old' from=10.0.0.5:7946"),
    "warn",
    "10.0.0.5:7946 looks here for a member called old",
  ],
  ...[
    "Was able to connect to two but other probes failed, network may be misconfigured",
    "Was able to connect to two over TCP but UDP probes failed, network may be misconfigured",
  ].map((line) =>
    [
      ofLog(`[WARN] memberlist: ${line}`),
      "warn",
      "the agent reached two by TCP when UDP was not answered",
    ] as const
  ),
  [
    ofLog("[ERR] agent: Error invoking script './deploy.sh': exit status 1"),
    "warn",
    "the event handler `./deploy.sh` failed: exit status 1",
  ],
  // A configuration.
  [ofConfig({ error: "Error reading 'x'" }), "fail", "Error reading 'x'"],
  [ofConfig({ notices: ["Warning: low"] }), "warn", "Warning: low"],
  [ofConfig({ openRpc: true }), "warn", "RPC is open to other machines, without a token"],
  [
    ofConfig({
      ports: [{
        purpose: "RPC",
        address: "127.0.0.1:7373",
        error: "in use",
        holder: { pid: 7, command: "nc" },
      }],
    }),
    "fail",
    "RPC 127.0.0.1:7373 is in use by pid 7 (nc)",
  ],
  [
    ofConfig({
      ports: [{ purpose: "RPC", address: "1.2.3.4:1", error: "not an address of this machine" }],
    }),
    "fail",
    "RPC 1.2.3.4:1: not an address of this machine",
  ],
  [
    ofConfig({ advertise: "127.0.0.1:7946", joins: ["10.0.0.2"] }),
    "fail",
    "would advertise 127.0.0.1:7946, and join 10.0.0.2, which cannot reach it there",
  ],
  [
    ofConfig({ advertise: "1.2.3.4:7946" }),
    "warn",
    "would advertise 1.2.3.4:7946, which no interface of this machine has",
  ],
  [ofConfig({ tagBytes: 600 }), "fail", "tags take 600 of 512 bytes"],
  [
    ofConfig({ files: [{ ...file, purpose: "keyring", readableByAll: true }] }),
    "warn",
    "everybody on this machine can read the keyring file /s",
  ],
  [
    ofConfig({ files: [{ ...file, purpose: "snapshot", ageMs: 3 * 24 * 3_600_000 }] }),
    "warn",
    "the snapshot file /s is 3 days old",
  ],
  [
    ofConfig({ files: [{ ...file, purpose: "tags", error: "permission denied" }] }),
    "fail",
    "the tags file /s: permission denied",
  ],
];

Deno.test("each problem is told, and nothing else", () => {
  for (const [facts, status, seen] of cases) {
    const bad = runChecks(facts).filter((finding) => finding.status !== "ok");
    assertEquals(bad.map(({ status }) => status), [status], seen);
    assertStringIncludes(bad[0].seen, seen);
    assert(bad[0].advice !== undefined || seen.startsWith("Warning"), seen);
  }
});

Deno.test("a healthy agent and a good configuration have good findings only", () => {
  const keys = { members: 2, counts: new Map([["k", 2]]), complaints: new Map() };
  const healthy = agent({ log: ["[INFO] serf: EventMemberJoin: two"], checkups: [checkup], keys });
  const good = {
    ...config,
    advertise: "10.0.0.1:7946",
    files: [{ ...file, purpose: "tags" }],
  } as const;
  const findings = runChecks({ agent: healthy, config: good, host });
  assertEquals(findings.filter(({ status }) => status !== "ok"), []);
  assert(findings.length > 12);
  assertEquals(exitCodeOf(findings), 0);
});

Deno.test("trouble that is over is none", () => {
  const findings = runChecks(ofWhy(
    explanation("one", "self-stalled", { timeMs: 2_000_000 }),
    explanation("two", "process-frozen"),
  ));
  assertEquals(findings.filter(({ status }) => status !== "ok"), []);
  assertEquals(
    findings.find(({ check }) => check === "why")?.seen,
    "asked about 1 other member: none is failed or suspected",
  );
});

Deno.test("a member that is alive is explained if it does not answer from here", () => {
  const findings = runChecks(ofAgent({
    probes: [probe("two", { udp: silent, tcp: "dial tcp 10.0.0.2:7946: i/o timeout" })],
    explanations: [explanation("one", "healthy"), explanation("two", "one-way-loss")],
  }));
  assertEquals(
    findings.filter(({ status }) => status === "fail").map(({ check }) => check),
    ["reachability", "why"],
  );
});

Deno.test("how a stream fails tells what is wrong with a silent member", () => {
  const advice = (tcp: string) =>
    runChecks(ofProbe({ udp: silent, tcp })).find(({ status }) => status === "fail")?.advice ?? "";
  assertStringIncludes(advice(refused), "nothing listens there");
  assertStringIncludes(advice("read tcp 10.0.0.1:9->10.0.0.2:7946: i/o timeout"), "stands still");
  assertStringIncludes(advice("dial tcp 10.0.0.2:7946: i/o timeout"), "down or cut off");
  assertStringIncludes(advice("EOF"), "the same keys");
});

Deno.test("of many members with problems, the first are named and the others counted", () => {
  const probes = Array.from({ length: 30 }, (_, i) => probe(`n${i}`, { tcp: refused }));
  const bad = runChecks(ofAgent({ probes })).filter(({ status }) => status === "fail");
  assertEquals(bad.length, 21);
  assertEquals(bad[20].seen, "10 more members with such problems");
});

Deno.test("control characters in names are escaped on a terminal", () => {
  const seen = "a\x1b[2Jb answers";
  assertEquals(
    formatFindings([{ check: "x", status: "ok", seen }]),
    "ok    x  a\\x1b[2Jb answers",
  );
});

Deno.test("a port that the agent itself uses is none that is taken", () => {
  const ports = [{ purpose: "RPC", address: "x:1", error: "in use", isTheAgent: true }] as const;
  assertEquals(exitCodeOf(runChecks(ofConfig({ ports }))), 0);
});

Deno.test("findings are printed with the worst last, and as JSON", () => {
  const findings = [
    { check: "ports", status: "fail", seen: "in use", advice: "Stop it." },
    { check: "load", status: "ok", seen: "fine" },
  ] as const;
  assertEquals(
    formatFindings(findings),
    "ok    load   fine\nfail  ports  in use\n             Stop it.",
  );
  assertEquals(findingsAsJson(findings), {
    status: "fail",
    findings: [
      { check: "ports", status: "fail", seen: "in use", advice: "Stop it." },
      { check: "load", status: "ok", seen: "fine", advice: null },
    ],
  });
  assertEquals([[], findings.slice(1), findings].map(exitCodeOf), [0, 0, 2]);
});
