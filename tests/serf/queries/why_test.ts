import { assert, assertEquals, assertThrows } from "@std/assert";
import { WHY_QUERY } from "../../../lib/api/internal_names.ts";
import type { MemberView } from "../../../lib/api/why/view.ts";
import { DecodeError } from "../../../lib/base/errors.ts";
import { decodeView, encodeView } from "../../../lib/serf/queries/internal/view_codec.ts";
import { simulate } from "../../../lib/sim/mod.ts";

/** A view in which every field says something. */
const view: MemberView = {
  observer: "db-1",
  isSelf: false,
  state: "suspect",
  address: "10.0.0.7:7946",
  answeredAgoMs: 1000,
  pingedAgoMs: 0,
  elsewhere: "10.0.0.8:7946",
  beganAgoMs: 5000,
  latestAgoMs: 10,
  unanswered: 1,
  helped: 2,
  late: 3,
  streamOnly: 4,
  pings: 5,
  stream: "silent",
  asked: 3,
  nacked: 2,
  suspectedBy: ["a", "b"],
  failedBy: "a",
  failedAgoMs: 20,
  suspectedMs: 3100,
  toldBy: "a",
  refutations: 6,
  aliveAgoMs: -1,
  forced: true,
  conflict: "10.0.0.9:7946",
  accusedBy: ["c"],
  healthScore: 7,
  lagMs: 8,
  stalls: 9,
  stalledMs: 10,
  othersAnswering: 11,
  othersFailing: ["d"],
  othersHeard: ["e"],
  othersByTcp: ["f"],
};

Deno.test("a view survives its encoding", () => {
  assertEquals(decodeView("db-1", encodeView(view)), view);
});

Deno.test("a view of another format is ignored, and nonsense is refused", () => {
  const other = encodeView(view);
  // After the three bytes of the array's header comes the version.
  assertEquals([...other.subarray(0, 4)], [0xdc, 0, 35, 1]);
  other[3] = 2;
  assertEquals(decodeView("db-1", other), undefined);
  assertThrows(() => decodeView("db-1", new Uint8Array([0xc1])), DecodeError);
  assertThrows(() => decodeView("db-1", new Uint8Array()), DecodeError);
});

Deno.test("views fit into an answer, also those with the longest names", () => {
  const long = (letter: string) => letter.repeat(128);
  const cluster = simulate({ nodes: 6, node: (i) => ({ name: long("abcdef"[i]) }) });
  cluster.node(3).kill();
  cluster.run({ seconds: 60 });
  const asking = cluster.node(0).whyAll(long("d"));
  cluster.runUntil(() => asking.done, { seconds: 10 });
  const { views, silent } = asking.explanation!;
  assertEquals([views.length, silent], [5, []]);
});

Deno.test("a member that is asked too often answers ten times in a second", () => {
  const cluster = simulate({ nodes: 2 });
  const [a, b] = cluster.nodes;
  const queries = Array.from({ length: 30 }, () => a.query(WHY_QUERY, a.name));
  cluster.run({ seconds: 5 });
  const answers = queries.map(({ responses }) => responses.has(b.name));
  assertEquals(answers.filter((answered) => answered).length, 10);
  assert(queries.every(({ done }) => done));
});

Deno.test("a member that has never heard of a name says that it knows nothing", () => {
  const cluster = simulate({ nodes: 2 });
  const query = cluster.node(0).query(WHY_QUERY, "nobody");
  cluster.run({ seconds: 3 });
  const answer = decodeView("n1", query.responses.get("n1")!)!;
  assertEquals([answer.state, answer.address, answer.beganAgoMs], ["none", "", -1]);
});
