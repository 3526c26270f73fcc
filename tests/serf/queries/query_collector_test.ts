import { assertEquals } from "@std/assert";
import type { QueryRecord } from "../../../lib/api/query.ts";
import { type Completion, QueryCollector } from "../../../lib/serf/queries/query_collector.ts";
import type { QueryResponseMessage } from "../../../lib/wire/messages/serf_messages.ts";

function ack(from: string): QueryResponseMessage {
  return { type: "query-response", lTime: 1, id: 1, from, flags: 1, payload: null };
}

function answer(from: string): QueryResponseMessage {
  return { ...ack(from), flags: 0, payload: Uint8Array.of(1) };
}

/** A collector that awaits the members `a` and `b`, and what it told its sink: `over` at the end. */
function collect(completion: Partial<Completion> = {}): [QueryCollector, string[]] {
  const said: string[] = [];
  const wanted = {
    members: new Set(["a", "b"]),
    acks: true,
    responses: true,
    failures: false,
    ...completion,
  };
  const collector = new QueryCollector(1, wanted, {
    record: ({ type, from }: QueryRecord) => said.push(`${type} ${from}`),
    over: () => said.push("over"),
  });
  return [collector, said];
}

Deno.test("a query is over when all awaited members have acknowledged and responded", () => {
  const [collector, said] = collect();
  for (const message of [ack("a"), answer("b"), answer("a")]) collector.receive(message);
  assertEquals(said, ["ack a", "response b", "response a"]);
  collector.receive(ack("b"));
  assertEquals(said.slice(-2), ["ack b", "over"]);
});

Deno.test("only responses count for a query that asks for no acks", () => {
  const [collector, said] = collect({ acks: false });
  collector.receive(ack("a"));
  collector.receive(ack("b"));
  collector.receive(answer("a"));
  assertEquals(said.includes("over"), false);
  collector.receive(answer("b"));
  assertEquals(said.at(-1), "over");
});

Deno.test("acks alone end a query that has no responses", () => {
  const [collector, said] = collect({ responses: false });
  collector.receive(ack("a"));
  collector.receive(ack("b"));
  assertEquals(said, ["ack a", "ack b", "over"]);
});

Deno.test("an ack with a payload is a failure, once, and a response is still awaited", () => {
  const failed = { ...ack("a"), payload: Uint8Array.of(0x6e, 0x6f) };
  const [collector, said] = collect({ failures: true });
  assertEquals(collector.receive(failed), "new");
  assertEquals(collector.receive(failed), "duplicate");
  collector.receive(ack("b"));
  assertEquals(collector.receive({ ...failed, from: "b" }), "failure");
  assertEquals(said, ["ack a", "failure a", "ack b", "failure b"]);
  collector.receive(answer("a"));
  collector.receive(answer("b"));
  assertEquals(said.slice(-3), ["response a", "response b", "over"]);
  const [indifferent, heard] = collect();
  assertEquals([indifferent.receive(failed), indifferent.receive(failed)], ["new", "duplicate"]);
  assertEquals(heard, ["ack a"]);
});

Deno.test("a duplicate ack or response is ignored", () => {
  const [collector, said] = collect();
  for (let i = 0; i < 3; i++) {
    collector.receive(ack("a"));
    collector.receive(answer("a"));
  }
  assertEquals(said, ["ack a", "response a"]);
});

Deno.test("an unexpected member is recorded, but does not count", () => {
  const [collector, said] = collect({ acks: false });
  collector.receive(answer("x"));
  collector.receive(answer("y"));
  assertEquals(said, ["response x", "response y"]);
});

Deno.test("a member that is gone is not awaited any more", () => {
  const [collector, said] = collect();
  for (const message of [ack("a"), answer("a"), ack("b")]) collector.receive(message);
  collector.memberGone("x");
  assertEquals(said.includes("over"), false);
  collector.memberGone("b");
  assertEquals(said.slice(-2), ["ack b", "over"]);
});

Deno.test("a member that is gone may still respond, and is subtracted once", () => {
  const [collector, said] = collect({ acks: false });
  collector.memberGone("b");
  collector.memberGone("b");
  collector.receive(answer("b"));
  assertEquals(said, ["response b"]);
  collector.receive(answer("a"));
  assertEquals(said, ["response b", "response a", "over"]);
});

Deno.test("a query that waits for its timeout does not end when members go", () => {
  const [collector, said] = collect({ acks: false, responses: false });
  collector.memberGone("a");
  collector.memberGone("b");
  assertEquals(said, []);
});

Deno.test("a query that awaits no member ends only when it is told to", () => {
  const [collector, said] = collect({ members: new Set() });
  collector.receive(ack("x"));
  collector.receive(answer("x"));
  assertEquals(said, ["ack x", "response x"]);
  collector.finish();
  collector.finish();
  collector.receive(answer("y"));
  assertEquals(said, ["ack x", "response x", "over"]);
});

Deno.test("a flood of forged responses is cut off, and awaited members still count", () => {
  const [collector, said] = collect({ acks: false });
  for (let i = 0; i < 5_000; i++) collector.receive(answer(`forged ${i}`));
  assertEquals(said.length, 2 + 1_024);
  collector.receive(answer("a"));
  collector.receive(answer("b"));
  assertEquals(said.slice(-3), ["response a", "response b", "over"]);
});

Deno.test("a collector that goes on from a saved one knows whom it has heard", () => {
  const failed = { ...ack("a"), payload: Uint8Array.of(0x6e, 0x6f) };
  const [collector] = collect({ failures: true });
  for (const message of [failed, answer("b")]) collector.receive(message);
  const [again, said] = collect({ failures: true });
  again.load(collector.save());
  assertEquals([failed, answer("b")].map((message) => again.receive(message)), [
    "duplicate",
    "duplicate",
  ]);
  for (const message of [answer("a"), ack("b")]) again.receive(message);
  assertEquals(said, ["response a", "ack b", "over"]);
  const [over] = collect();
  over.load(again.save());
  assertEquals([over.isQuiet, over.receive(ack("a"))], [true, "ignored"]);
});
