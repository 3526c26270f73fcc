/** How an instance starts, ends, and says so. */

import { assertEquals, assertRejects, assertStrictEquals, assertStringIncludes } from "@std/assert";
import { ClosedError } from "../../lib/base/errors.ts";
import { Serf } from "../../lib/host/serf.ts";
import { until } from "../support/until.ts";
import { FAST, LoopbackCluster, statuses } from "./loopback_cluster.ts";

Deno.test("a node that loses its name reports the conflict to whatever waits for it, and to later calls", async () => {
  await using cluster = new LoopbackCluster();
  const [a, b] = await cluster.joined(3);
  await until(() => a.members().length === 3 && b.members().length === 3);
  const loser = await cluster.create("n1", { bind: "127.0.0.9:0" });
  const events = loser.events();
  const reading = (async () => {
    for await (const _ of events);
  })();
  const query = loser.query("wait", null, { waitForTimeout: true, timeoutMs: 60_000 });
  await loser.join([b.address.text]);
  // Accepts connections, into its backlog, and never says a word.
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const joining = loser.join([`127.0.0.1:${silent.addr.port}`]);
  const lost = "Serf was shut down: another node has the name n1";
  const failing = [reading, query.collect(), joining]
    .map((promise) => assertRejects(() => promise, ClosedError));
  for (const { message } of await Promise.all(failing)) assertEquals(message, lost);
  assertEquals(await loser.closed, { reason: "conflict" });
  for (const call of [() => loser.join([]), () => loser.setTags({}), () => loser.keys.list()]) {
    assertEquals((await assertRejects(call, ClosedError)).message, lost);
  }
  await assertRejects(() => loser.events().next(), ClosedError, lost);
  assertEquals(statuses(b).n1, "alive");
  assertEquals(a.state, "alive");
});

Deno.test("a start rejects when its signal is aborted", async () => {
  const reason = new Error("changed my mind");
  const signal = AbortSignal.abort(reason);
  assertStrictEquals(await assertRejects(() => Serf.create({ signal })), reason);
  const aborter = new AbortController();
  const starting = Serf.create({ name: "a", bind: "127.0.0.1:0", signal: aborter.signal });
  aborter.abort(reason);
  assertStrictEquals(await assertRejects(() => starting), reason);
});

Deno.test("an operation rejects with the reason of its signal, and goes on", async () => {
  await using cluster = new LoopbackCluster();
  const [a, b] = await cluster.joined(2, { tags: { role: "web" } });
  await until(() => a.members().length === 2 && b.members().length === 2);
  const reason = new Error("enough");
  const aborted = { signal: AbortSignal.abort(reason) };
  for (
    const call of [
      () => b.join([a.address.text], aborted),
      () => b.setTags({ never: "set" }, aborted),
      () => b.updateTags({ set: { never: "set" } }, aborted),
      () => b.forceLeave("n1", aborted),
      () => b.keys.list(aborted),
      () => b.leave(aborted),
      () => Promise.try(() => b.query("x", null, aborted)),
      () => Promise.try(() => b.events(aborted)),
    ]
  ) assertStrictEquals(await assertRejects(call), reason);
  assertEquals(b.tags, { role: "web" });
  assertEquals(b.state, "alive");

  const aborter = new AbortController();
  const { signal } = aborter;
  const events = b.events({ types: ["user:never"], signal });
  const query = b.query("x", null, { signal, timeoutMs: 60_000 });
  const ending = [
    b.setTags({ role: "db" }, { signal }),
    b.leave({ signal }),
    events.next(),
    query.collect(),
  ].map((promise) => assertRejects(() => promise));
  aborter.abort(reason);
  for (const error of await Promise.all(ending)) assertStrictEquals(error, reason);
  await until(() => a.member("n2")?.status === "left");
  assertEquals(a.member("n2")?.tags, { role: "db" });
});

Deno.test("an instance leaves at the end of its scope if that is wanted", async () => {
  await using cluster = new LoopbackCluster();
  const a = await cluster.create("a");
  const join = async (name: string, leaveOnDispose: boolean) => {
    const serf = await Serf.create({ ...FAST, name, bind: "127.0.0.2:0", leaveOnDispose });
    await serf.join([a.address.text]);
    return serf;
  };
  const closed: Promise<unknown>[] = [];
  {
    await using polite = await join("polite", true);
    await using curt = await join("curt", false);
    closed.push(polite.closed, curt.closed);
  }
  assertEquals(await Promise.all(closed), [{ reason: "left" }, { reason: "shutdown" }]);
  await until(() => a.member("polite")?.status === "left" && a.member("curt")?.status === "failed");
  {
    await using leaving = await join("leaving", true);
    closed.push(leaving.closed);
    leaving.leave();
  }
  assertEquals(await closed[2], { reason: "left" });
});

Deno.test("Deno.inspect shows the name, address and state of an instance", async () => {
  await using cluster = new LoopbackCluster();
  const a = await cluster.create("a");
  const { text } = a.address;
  const shown = Deno.inspect(a);
  assertEquals(
    shown.replace(/\s+/g, " "),
    `Serf { name: "a", address: "${text}", state: "alive", members: 1 }`,
  );
  assertEquals(Deno.inspect(a.address), `Address ${text}`);
  assertStringIncludes(Deno.inspect(a.local), `address: Address ${text}`);
  const { inspect } = await import("node:util");
  assertEquals(inspect(a.address), `Address ${text}`);
});
