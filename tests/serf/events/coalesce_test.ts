import { assert, assertEquals } from "@std/assert";
import { Address } from "../../../lib/base/address.ts";
import {
  CoalesceWindow,
  MemberCoalescer,
  UserCoalescer,
} from "../../../lib/serf/events/coalesce.ts";
import { type MemberEvent, type MemberEventType, UserEvent } from "../../../lib/api/event.ts";
import type { IncomingQuery } from "../../../lib/serf/output.ts";
import type { Member } from "../../../lib/api/member.ts";

function member(name: string, tags: Record<string, string> = {}): Member {
  return {
    name,
    address: Address.parse("127.0.0.1", 7946),
    tags,
    status: "alive",
    protocolMin: 1,
    protocolMax: 5,
    protocolCur: 2,
    delegateMin: 2,
    delegateMax: 5,
    delegateCur: 5,
  };
}

function happens(type: MemberEventType, ...names: string[]): MemberEvent {
  return { type, members: names.map((name) => member(name)) };
}

function user(name: string, lTime: number, text = "", coalesce = true): UserEvent {
  return new UserEvent({ name, lTime, payload: new TextEncoder().encode(text), coalesce });
}

const query: IncomingQuery = {
  type: "query",
  lTime: 1,
  id: 1,
  name: "load",
  payload: null,
  sourceNode: "a",
  deadline: 0,
};

/** Event type and member names of each event. */
function summary(events: readonly MemberEvent[]): [MemberEventType, string[]][] {
  return events.map(({ type, members }) => [type, members.map(({ name }) => name)]);
}

Deno.test("member events are grouped by type", () => {
  const coalescer = new MemberCoalescer();
  assert(coalescer.handle(happens("member-join", "a")));
  assert(coalescer.handle(happens("member-leave", "b")));
  assert(coalescer.handle(happens("member-join", "c", "d")));
  assertEquals(summary(coalescer.flush()), [
    ["member-join", ["a", "c", "d"]],
    ["member-leave", ["b"]],
  ]);
  assertEquals(coalescer.flush(), []);
});

Deno.test("only the last event of a member counts", () => {
  const coalescer = new MemberCoalescer();
  coalescer.handle(happens("member-join", "a"));
  coalescer.handle(happens("member-failed", "a"));
  assertEquals(summary(coalescer.flush()), [["member-failed", ["a"]]]);
});

Deno.test("a member that failed and came back since the last flush is left out", () => {
  const coalescer = new MemberCoalescer();
  coalescer.handle(happens("member-join", "a"));
  coalescer.flush();
  coalescer.handle(happens("member-failed", "a"));
  coalescer.handle(happens("member-join", "a"));
  assertEquals(coalescer.flush(), []);
});

Deno.test("every update is delivered, with the newest tags", () => {
  const coalescer = new MemberCoalescer();
  const update = (version: string): MemberEvent => ({
    type: "member-update",
    members: [member("a", { version })],
  });
  coalescer.handle(update("1"));
  coalescer.handle(update("2"));
  assertEquals(coalescer.flush(), [update("2")]);
  coalescer.handle(update("3"));
  assertEquals(coalescer.flush(), [update("3")]);
});

Deno.test("a member that is reaped, comes back and is reaped again is delivered both times", () => {
  const coalescer = new MemberCoalescer();
  for (let round = 0; round < 2; round++) {
    coalescer.handle(happens("member-reap", "a"));
    assertEquals(summary(coalescer.flush()), [["member-reap", ["a"]]]);
  }
});

Deno.test("the member coalescer does not take user events and queries", () => {
  const coalescer = new MemberCoalescer();
  assert(!coalescer.handle(user("deploy", 1)));
  assert(!coalescer.handle(query));
});

Deno.test("of user events those with the highest time are kept, by name", () => {
  const coalescer = new UserCoalescer();
  const events = [
    user("deploy", 5, "old"),
    user("restart", 2),
    user("deploy", 7, "one"),
    user("deploy", 6, "late"),
    user("deploy", 7, "two"),
  ];
  for (const event of events) assert(coalescer.handle(event));
  assertEquals(coalescer.flush(), [events[2], events[4], events[1]]);
  assertEquals(coalescer.flush(), []);
});

Deno.test("a user event that is older than one that was delivered is dropped, one of the same time is not", () => {
  const coalescer = new UserCoalescer();
  coalescer.markDelivered(user("deploy", 7));
  coalescer.handle(user("deploy", 3));
  coalescer.handle(user("restart", 3));
  assertEquals(coalescer.flush(), [user("restart", 3)]);
  coalescer.handle(user("deploy", 7, "other"));
  assertEquals(coalescer.flush(), [user("deploy", 7, "other")]);
});

Deno.test("only 1,024 names are remembered, the latest", () => {
  const coalescer = new UserCoalescer();
  for (let i = 0; i <= 1_024; i++) coalescer.markDelivered(user(`${i}`, 7));
  for (const name of ["0", "1"]) coalescer.handle(user(name, 3));
  assertEquals(coalescer.flush(), [user("0", 3)]);
});

Deno.test("undecided user events come out in order, all of them unless they are known to be coalesced", () => {
  const coalescer = new UserCoalescer();
  const undecided = [user("x", 3, "", false), user("y", 1, "", false), user("x", 2, "", false)];
  for (const event of undecided) coalescer.handleUndecided(event);
  assertEquals(coalescer.flush(), [undecided[1], undecided[2], undecided[0]]);
  for (const event of undecided) coalescer.handleUndecided(event);
  assertEquals(coalescer.decide("x", true), []);
  assertEquals(coalescer.decide("y", false), [undecided[1]]);
  assertEquals(coalescer.flush(), [user("x", 3)]);
});

Deno.test("the user coalescer does not take user events without the flag, queries and member events", () => {
  const coalescer = new UserCoalescer();
  assert(!coalescer.handle(user("deploy", 1, "", false)));
  assert(!coalescer.handle(query));
  assert(!coalescer.handle(happens("member-join", "a")));
});

Deno.test("a window closes when no event came for the quiescent period", () => {
  const window = new CoalesceWindow(3_000, 1_000);
  assertEquals(window.touch(0), 1_000);
  assertEquals(window.touch(600), undefined);
  assertEquals(window.expire(1_000), 600);
  assertEquals(window.expire(1_600), undefined);
});

Deno.test("a window closes after the period although events keep coming", () => {
  const window = new CoalesceWindow(3_000, 1_000);
  let timer = window.touch(0) as number;
  const expired: number[] = [];
  for (let now = 0; now <= 3_500; now += 100) {
    if (now === timer) {
      const more = window.expire(now);
      if (more === undefined) expired.push(now);
      else timer = now + more;
    }
    if (expired.length === 0) assertEquals(window.touch(now), undefined);
  }
  assertEquals(expired, [3_000]);
});

Deno.test("a window opens again with the first event after it closed", () => {
  const window = new CoalesceWindow(3_000, 1_000);
  window.touch(0);
  assertEquals(window.expire(1_000), undefined);
  assertEquals(window.touch(5_000), 1_000);
});

Deno.test("a timer that fires early by a rounding error closes the window", () => {
  const window = new CoalesceWindow(3_000, 1_000);
  window.touch(0.1);
  assertEquals(window.expire(1_000.1 - 1e-9), undefined);
});
