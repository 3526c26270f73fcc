import { assertEquals } from "@std/assert";
import { type MemberEventType, UserEvent } from "../../lib/api/event.ts";
import type { Member } from "../../lib/api/member.ts";
import { addressOf } from "../../lib/sim/address_plan.ts";
import { Invariants } from "../../lib/sim/invariants.ts";
import type { Claim, NodeState, PushPull } from "../../lib/wire/messages/messages.ts";

/** Invariants of one node that was started, and what they report. */
function watch(): { invariants: Invariants; problems: string[] } {
  const problems: string[] = [];
  const invariants = new Invariants((node, problem) => problems.push(`${node}: ${problem}`));
  invariants.started(0, "n0");
  return { invariants, problems };
}

function member(name: string): Member {
  const versions = { protocolMin: 1, protocolMax: 5, protocolCur: 2 };
  const delegate = { delegateMin: 2, delegateMax: 5, delegateCur: 5 };
  return { name, address: addressOf(1), tags: {}, status: "alive", ...versions, ...delegate };
}

/** The problems that a node's member events about one member raise. */
function problemsOf(...types: MemberEventType[]): string[] {
  const { invariants, problems } = watch();
  for (const type of types) invariants.emitted(0, { type, members: [member("n1")] });
  return problems;
}

function stateOf(...claims: [node: string, incarnation: number, state?: NodeState][]): PushPull {
  const nodes = claims.map(([node, incarnation, state = "alive"]): Claim => ({
    node,
    incarnation,
    state,
    address: addressOf(1),
    meta: null,
    versions: null,
  }));
  return { type: "push-pull", join: false, nodes, userState: null };
}

Deno.test("member events in a legal order are not reported", () => {
  assertEquals(
    problemsOf(
      "member-join",
      "member-update",
      "member-failed",
      "member-join",
      "member-leave",
      "member-reap",
      "member-join",
    ),
    [],
  );
  assertEquals(problemsOf("member-join", "member-failed", "member-leave", "member-reap"), []);
});

Deno.test("member events in an illegal order are reported", () => {
  assertEquals(problemsOf("member-failed"), ["0: member-failed of n1, which was unknown"]);
  assertEquals(problemsOf("member-join", "member-join"), ["0: member-join of n1, which was alive"]);
  assertEquals(problemsOf("member-join", "member-leave", "member-failed").length, 1);
  assertEquals(problemsOf("member-join", "member-failed", "member-update").length, 1);
  assertEquals(problemsOf("member-join", "member-reap", "member-leave").length, 1);
});

Deno.test("the order of member events starts anew with a restart", () => {
  const { invariants, problems } = watch();
  invariants.emitted(0, { type: "member-join", members: [member("n1")] });
  invariants.started(0, "n0");
  invariants.emitted(0, { type: "member-join", members: [member("n1")] });
  assertEquals(problems, []);
});

Deno.test("a user event that is delivered twice is reported, a different one is not", () => {
  const { invariants, problems } = watch();
  const event = { name: "deploy", coalesce: false };
  const deliver = (lTime: number, payload: Uint8Array | null) =>
    invariants.emitted(0, new UserEvent({ ...event, lTime, payload }));
  deliver(5, Uint8Array.of(1));
  deliver(6, Uint8Array.of(1));
  deliver(5, Uint8Array.of(2));
  deliver(5, null);
  assertEquals(problems, []);
  deliver(5, Uint8Array.of(1));
  assertEquals(problems, ["0: user event deploy of time 5 was delivered twice"]);
});

Deno.test("an incarnation that decreases in a node's view is reported", () => {
  const { invariants, problems } = watch();
  invariants.streamSent(0, stateOf(["n1", 3], ["n2", 1]));
  invariants.streamSent(0, stateOf(["n1", 3], ["n2", 4]));
  assertEquals(problems, []);
  invariants.streamSent(0, stateOf(["n1", 2], ["n2", 4]));
  assertEquals(problems, ["0: the incarnation of n1 fell from 3 to 2"]);
});

Deno.test("an incarnation may decrease after the node was dead, forgotten or restarted", () => {
  const { invariants, problems } = watch();
  invariants.streamSent(0, stateOf(["n1", 3, "dead"], ["n2", 3], ["n3", 3]));
  invariants.started(2, "n3");
  invariants.streamSent(0, stateOf(["n1", 1], ["n3", 1]));
  invariants.streamSent(0, stateOf(["n1", 1], ["n2", 1], ["n3", 1]));
  assertEquals(problems, []);
});

Deno.test("an incarnation may decrease after the node has failed, if it was forgotten then", () => {
  const { invariants, problems } = watch();
  invariants.emitted(0, { type: "member-join", members: [member("n1")] });
  invariants.streamSent(0, stateOf(["n1", 2]));
  invariants.emitted(0, { type: "member-failed", members: [member("n1")] });
  invariants.streamSent(0, stateOf(["n1", 1]));
  assertEquals(problems, []);
});

Deno.test("clocks that run backwards and queues that are too long are reported", () => {
  const { invariants, problems } = watch();
  const stats = {
    member_time: "5",
    event_time: "2",
    query_time: "1",
    intent_queue: "0",
    event_queue: "10",
    query_queue: "0",
  };
  invariants.measured(0, { stats, maxQueueDepth: 10 });
  invariants.emitted(0, { type: "snapshot", entry: { type: "clock", lTime: 4 } });
  assertEquals(problems, []);
  invariants.measured(0, { stats: { ...stats, event_time: "1" }, maxQueueDepth: 9 });
  invariants.emitted(0, { type: "snapshot", entry: { type: "clock", lTime: 3 } });
  assertEquals(problems, [
    "0: event_time went from 2 to 1",
    "0: event_queue holds 10 broadcasts, more than 9",
    "0: snapshot clock went from 4 to 3",
  ]);
});
