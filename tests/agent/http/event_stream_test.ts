import { assert, assertEquals, assertRejects } from "@std/assert";
import { EventRing } from "../../../lib/agent/http/events/event_ring.ts";
import { EventStreams } from "../../../lib/agent/http/events/event_stream.ts";
import { UserEvent } from "../../../lib/api/event.ts";
import { FakeQuery, member } from "../../rpc/client/fake_agent.ts";
import { until } from "../../support/until.ts";
import { HttpFixture, problem } from "./http_fixture.ts";

interface Received {
  readonly id: string;
  readonly event: string;
  // deno-lint-ignore no-explicit-any
  readonly data: any;
}

/** Reads Server-Sent Events; leaving the loop ends the stream. */
async function* read(response: Response): AsyncGenerator<Received> {
  assertEquals(response.headers.get("content-type"), "text/event-stream");
  let rest = "";
  for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split("\n\n");
    rest = blocks.pop()!;
    for (const block of blocks) {
      const fields = new Map(
        block.split("\n").map((line) => {
          const [, name, value] = /^(\w*): ?(.*)$/.exec(line)!;
          return [name, value];
        }),
      );
      const [id, event, data] = ["id", "event", "data"].map((name) => fields.get(name)!);
      yield { id, event, data: JSON.parse(data) };
    }
  }
}

/** The first events of a stream. */
async function take(response: Response, count: number): Promise<Received[]> {
  const events: Received[] = [];
  for await (const event of read(response)) if (events.push(event) === count) break;
  return events;
}

function userEvent(name: string, payload = ""): UserEvent {
  return new UserEvent({
    lTime: 7,
    name,
    payload: new TextEncoder().encode(payload),
    coalesce: false,
  });
}

Deno.test("a stream shows every event, with its cursor", async () => {
  using api = new HttpFixture();
  const response = await api.request("GET", "/v1/stream");
  api.agent.emit({ type: "member-failed", members: [member("bravo", { status: "failed" })] });
  api.agent.emit(userEvent("deploy", "v2\n"));
  api.agent.emit(new FakeQuery("load"));
  api.agent.emit(userEvent("caf\udce9"));
  const [start, failed, user, query, odd] = await take(response, 5);
  assertEquals(odd.data.Name, "caf\ufffd");
  const { run } = api.ring;
  assertEquals(start, {
    id: `${run}-0`,
    event: "start",
    data: { Node: "alpha", Oldest: `${run}-0`, Latest: `${run}-0` },
  });
  assertEquals([failed.id, failed.event], [`${run}-1`, "member-failed"]);
  assertEquals(failed.data.Members[0].Name, "bravo");
  assertEquals([user.id, user.event], [`${run}-2`, "user"]);
  const { Time, ...rest } = user.data;
  assert(Date.parse(Time) > 0);
  assertEquals(rest, {
    Event: "user",
    LTime: 7,
    Name: "deploy",
    Payload: "djIK",
    Coalesce: false,
  });
  assertEquals([query.id, query.data.Name, query.data.SourceNode], [`${run}-3`, "load", "bravo"]);
});

Deno.test("a stream goes on where the last one ended, without a gap", async () => {
  using api = new HttpFixture();
  for (const name of ["a", "b", "c"]) api.agent.emit(userEvent(name));
  const [, a, b] = await take(await api.request("GET", "/v1/stream?after=oldest"), 3);
  assertEquals([a.data.Name, b.data.Name], ["a", "b"]);
  api.agent.emit(userEvent("d"));
  const headers = { "last-event-id": b.id };
  const again = await take(await api.request("GET", "/v1/stream?after=oldest", { headers }), 3);
  assertEquals(again.map(({ event, data }) => data.Name ?? event), ["start", "c", "d"]);
  const byQuery = await take(await api.request("GET", `/v1/stream?after=${a.id}`), 2);
  assertEquals(byQuery[1].data.Name, "b");
});

Deno.test("a stream says how many events were lost", async () => {
  using api = new HttpFixture({ events: 2 });
  for (const name of ["a", "b", "c", "d"]) api.agent.emit(userEvent(name));
  const after = `${api.ring.run}-1`;
  const events = await take(await api.request("GET", `/v1/stream?after=${after}`), 4);
  assertEquals(events.map(({ event, data }) => data.Name ?? event), ["start", "gap", "c", "d"]);
  assertEquals(events[1].data, { Reason: "overrun", Lost: 1 });
  assertEquals(events[1].id, `${api.ring.run}-2`);
});

Deno.test("a cursor of an agent that has started again is a gap of unknown size", async () => {
  using api = new HttpFixture();
  api.agent.emit(userEvent("a"));
  const events = await take(await api.request("GET", "/v1/stream?after=0-17"), 3);
  assertEquals(events.map(({ event, data }) => data.Name ?? event), ["start", "gap", "a"]);
  assertEquals(events[1].data, { Reason: "restart", Lost: null });
});

Deno.test("a reader that is slow loses the oldest events, learns of it, and holds up nobody", async () => {
  using api = new HttpFixture({ events: 3 });
  const slow = read(await api.request("GET", "/v1/stream"));
  assertEquals((await slow.next()).value?.event, "start");
  for (let i = 1; i <= 10; i++) api.agent.emit(userEvent(`e${i}`));
  const seen: unknown[] = [];
  for await (const { event, data } of slow) {
    seen.push(event === "gap" ? data.Lost : data.Name);
    if (data.Name === "e10") break;
  }
  // What was under way when the reader stopped may have come before the gap.
  const lost = seen.find((item) => typeof item === "number");
  assertEquals(seen.slice(-3), ["e8", "e9", "e10"]);
  assertEquals(Number(lost) + seen.length - 1, 10);
});

Deno.test("filters are those of event handlers", async () => {
  using api = new HttpFixture();
  const response = await api.request("GET", "/v1/stream?type=member-failed,user:deploy");
  api.agent.emit(userEvent("other"));
  api.agent.emit({ type: "member-join", members: [member("bravo")] });
  api.agent.emit(userEvent("deploy"));
  api.agent.emit({ type: "member-failed", members: [member("bravo")] });
  const events = await take(response, 3);
  assertEquals(events.map(({ event }) => event), ["start", "user", "member-failed"]);
});

Deno.test("a wrong filter or cursor is refused", async () => {
  using api = new HttpFixture();
  assertEquals(await problem(api.request("GET", "/v1/stream?type=user,members")), [
    400,
    'Cannot use type: got "members", expected a type of events',
  ]);
  const headers = { "last-event-id": "42" };
  assertEquals(await problem(api.request("GET", "/v1/stream", { headers })), [
    400,
    'Cannot use cursor: got "42", expected the id of an event',
  ]);
});

Deno.test("the ring keeps the latest events, by number and by bytes", () => {
  using api = new HttpFixture({ events: 100 });
  for (let i = 0; i < 250; i++) api.agent.emit(userEvent("e"));
  assertEquals([api.ring.oldest, api.ring.latest], [151, 250]);
  assertEquals(api.ring.after(248).map(({ seq }) => seq), [249, 250]);
  assertEquals(api.ring.after(0).length, 100);
});

Deno.test("a client that waits hears that the stream is alive, and where it is", async () => {
  const ring = new EventRing();
  using streams = new EventStreams(ring, "alpha", { heartbeatMs: 5 });
  const filters = [{ type: "query", name: "" }] as const;
  ring.push(userEvent("before"));
  const stream = streams.open({ filters }).pipeThrough(new TextDecoderStream());
  ring.push(userEvent("kept from it"));
  streams.wake();
  let seen = "";
  for await (const text of stream) {
    seen += text;
    if (seen.includes(`\n\nid: ${ring.cursor(2)}\n\n`)) break;
  }
  assertEquals(seen.includes("kept from it"), false);
  assertEquals(streams.size, 0);
});

Deno.test("a client that reads nothing is given up", async () => {
  using streams = new EventStreams(new EventRing(), "alpha", { heartbeatMs: 5, stalledMs: 20 });
  const stream = streams.open({ filters: [{ type: "*", name: "" }] });
  await until(() => streams.size === 0);
  await assertRejects(() => stream.getReader().read(), Error, "The client reads nothing");
});

Deno.test("streams end when the server does", async () => {
  const api = new HttpFixture();
  const events = read(await api.request("GET", "/v1/stream"));
  assertEquals((await events.next()).value?.event, "start");
  const next = events.next();
  api[Symbol.dispose]();
  assertEquals((await next).done, true);
});
