import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { ClosedError } from "../../lib/base/errors.ts";
import { Serf } from "../../lib/host/serf.ts";
import { LoopbackCluster, nextEvent, statuses } from "./loopback_cluster.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";
import { until } from "../support/until.ts";

const decoder = new TextDecoder();

Deno.test("a new instance is a cluster of one that knows itself", async () => {
  await using serf = await Serf.create({
    name: "solo",
    bind: "127.0.0.9:0",
    tags: { role: "web" },
  });
  assertEquals(serf.name, "solo");
  assertEquals(serf.address.host, "127.0.0.9");
  assert(serf.address.port > 0);
  assertEquals(serf.bindAddress.text, serf.address.text);
  assertEquals(serf.encrypted, false);
  assertEquals(serf.state, "alive");
  assertEquals(serf.tags, { role: "web" });
  assertEquals(serf.local.status, "alive");
  assertEquals(statuses(serf), { solo: "alive" });
  assertEquals(serf.member("nobody"), undefined);
  assertEquals(serf.stats().members, 1);
  assertEquals(serf.coordinate("solo")?.vec.length, 8);
});

Deno.test("a blocked event loop lowers the health of its own nodes, and they suspect nobody", async () => {
  await using cluster = new LoopbackCluster();
  const members = await cluster.joined(3);
  await until(() => members.every((serf) => serf.members().length === 3));
  const end = performance.now() + 1_500;
  while (performance.now() < end);
  const late = /^(n\d) WARN memberlist: Timers fired \d{4} ms late, not accusing others meanwhile$/;
  await until(() => {
    const names = cluster.log.flatMap((line) => late.exec(line)?.[1] ?? []);
    return new Set(names).size === 3;
  });
  assertEquals(cluster.log.filter((line) => line.includes("no acks received")), []);
});

Deno.test("three instances in one process join and see each other alive", async () => {
  await using cluster = new LoopbackCluster();
  const members = await cluster.joined(3);
  const everybody = { n1: "alive", n2: "alive", n3: "alive" } as const;
  await until(() => members.every((serf) => Object.keys(statuses(serf)).length === 3));
  for (const serf of members) assertEquals(statuses(serf), everybody);
});

Deno.test("a join reaches every address, and reports how many", async () => {
  await using cluster = new LoopbackCluster();
  const [a, b] = await cluster.joined(2);
  const c = await cluster.create("c");
  const unused = "127.0.0.200:1";
  assertEquals(await c.join([a.address.text, unused, `b/${b.address.text}`]), 2);
  assertEquals(await c.join([]), 0);
});

Deno.test("a member that leaves is listed as left, and its instance ends as left", async () => {
  await using cluster = new LoopbackCluster();
  const [a, b, c] = await cluster.joined(3);
  await until(() => a.members().length === 3 && b.members().length === 3);
  await c.leave();
  assertEquals(c.state, "left");
  await until(() => a.member("n3")?.status === "left" && b.member("n3")?.status === "left");
  await c.leave();
  await c.shutdown();
  assertEquals(c.state, "shutdown");
  assertEquals(await c.closed, { reason: "left" });
});

Deno.test("a member that is shut down is detected as failed, and force-leave turns that into left", async () => {
  await using cluster = new LoopbackCluster();
  const [a, b, c] = await cluster.joined(3);
  await until(() => a.members().length === 3);
  const events = a.events();
  await c.shutdown();
  assertEquals(await c.closed, { reason: "shutdown" });
  const failed = await nextEvent(events, "member-failed");
  assertEquals(failed.members.map(({ name }) => name), ["n3"]);
  await until(() => b.member("n3")?.status === "failed");
  await b.forceLeave("n3");
  await until(() => a.member("n3")?.status === "left" && b.member("n3")?.status === "left");
  await b.forceLeave("n3", { prune: true });
  await until(() => a.member("n3") === undefined && b.member("n3") === undefined);
});

Deno.test("a member that comes back under its name is alive again", async () => {
  await using cluster = new LoopbackCluster();
  const [a, b] = await cluster.joined(2);
  const { port } = b.bindAddress;
  await b.leave();
  await b.shutdown();
  await until(() => a.member("n2")?.status === "left");
  const again = await cluster.create("n2", { bind: `127.0.0.2:${port}` });
  await again.join([a.address.text]);
  await until(() => a.member("n2")?.status === "alive");
});

Deno.test("changed tags reach the others", async () => {
  await using cluster = new LoopbackCluster();
  const [a, b] = await cluster.joined(2, { tags: { role: "web" } });
  const events = a.events();
  await b.setTags({ role: "db", zone: "z1" });
  assertEquals(b.tags, { role: "db", zone: "z1" });
  await nextEvent(events, "member-update");
  assertEquals(a.member("n2")?.tags, { role: "db", zone: "z1" });
});

Deno.test("tags that are too large are refused and change nothing", async () => {
  await using cluster = new LoopbackCluster();
  const a = await cluster.create("a", { tags: { role: "web" } });
  await assertRejects(
    () => a.setTags({ huge: "x".repeat(600) }),
    RangeError,
    "Encoded length of tags exceeds limit of 512 bytes",
  );
  assertEquals(a.tags, { role: "web" });
});

Deno.test("a user event is delivered to all members, its sender included", async () => {
  await using cluster = new LoopbackCluster();
  const members = await cluster.joined(3);
  await until(() => members.every((serf) => serf.members().length === 3));
  const subscriptions = members.map((serf) => serf.events());
  members[1].userEvent("deploy", "v1", { coalesce: true });
  members[1].userEvent("done");
  for (const events of subscriptions) {
    const first = await nextEvent(events, "user");
    const second = await nextEvent(events, "user");
    const [deploy, done] = [first, second].toSorted((x, y) => x.lTime < y.lTime ? -1 : 1);
    assertEquals([deploy.name, decoder.decode(deploy.payload!), deploy.coalesce], [
      "deploy",
      "v1",
      true,
    ]);
    assertEquals([done.name, done.payload, done.coalesce], ["done", null, false]);
  }
});

Deno.test("a user event that is too large is refused", async () => {
  await using cluster = new LoopbackCluster();
  const a = await cluster.create("a");
  assertThrows(
    () => a.userEvent("big", new Uint8Array(600)),
    RangeError,
    "user event exceeds configured limit of 512 bytes before encoding",
  );
});

Deno.test("a query is answered by the members that it is for, and ends", async () => {
  await using cluster = new LoopbackCluster();
  const [a, b, c] = await cluster.joined(3);
  await until(() => [a, b, c].every((serf) => serf.members().length === 3));
  const answer = async (serf: Serf) => {
    const query = await nextEvent(serf.events(), "query");
    await query.respond(`${serf.name} got ${query.text()} from ${query.sourceNode}`);
    await assertRejects(() => query.respond("again"), Error, "response already sent");
  };
  const answered = Promise.all([answer(b), answer(c)]);
  const answers: string[] = [];
  const acks: string[] = [];
  const records = a.query("load", "now", { nodes: ["n2", "n3"], requestAck: true });
  for await (const record of records) {
    if (record.type === "ack") acks.push(record.from);
    else if (record.type === "response") answers.push(decoder.decode(record.payload!));
  }
  await answered;
  assertEquals(acks.toSorted(), ["n2", "n3"]);
  assertEquals(answers.toSorted(), ["n2 got now from n1", "n3 got now from n1"]);
});

Deno.test("a collected query says who answered and who did not", async () => {
  await using cluster = new LoopbackCluster();
  const [a, b] = await cluster.joined(3, { tags: { role: "web" } });
  await until(() => a.members().length === 3);
  await a.updateTags({ set: { role: "db" } });
  await until(() => b.member("n1")?.tags.role === "db");
  const answering = nextEvent(b.events(), "query").then((query) => query.respond('{"load":0.5}'));
  const options = { tags: { role: "^we" }, requestAck: true, timeoutMs: 200 };
  const { acks, responses, missing } = await a.query("load", null, options).collect();
  await answering;
  assertEquals(acks.toSorted(), ["n2", "n3"]);
  assertEquals(responses.map((response) => [response.from, response.json()]), [
    ["n2", { load: 0.5 }],
  ]);
  assertEquals(missing, ["n3"]);
});

Deno.test("members are filtered by expressions that are taken as ^P$", async () => {
  await using cluster = new LoopbackCluster();
  const [a, , c] = await cluster.joined(3);
  await until(() => a.members().length === 3);
  await c.updateTags({ set: { role: "db" } });
  await until(() => a.member("n3")?.tags.role === "db");
  const names = (filter: Parameters<Serf["members"]>[0]) =>
    a.members(filter).map(({ name }) => name).toSorted();
  assertEquals(names({ name: "n[12]" }), ["n1", "n2"]);
  assertEquals(names({ tags: { role: "" } }), ["n1", "n2"]);
  assertEquals(names({ tags: { role: "d." }, status: "alive" }), ["n3"]);
  assertEquals(names({ status: "failed" }), []);
  assertEquals(a.members({}), a.members());
});

Deno.test("updating some tags leaves the others as they are", async () => {
  await using cluster = new LoopbackCluster();
  const a = await cluster.create("a", { tags: { role: "web", zone: "z1", both: "old" } });
  await a.updateTags({ set: { version: "2", both: "kept" }, delete: ["role", "both"] });
  assertEquals(a.tags, { zone: "z1", both: "kept", version: "2" });
});

Deno.test("events that nobody reads are dropped and counted, and a shutdown ends the subscription", async () => {
  await using cluster = new LoopbackCluster();
  const a = await cluster.create("a");
  const events = a.events({ capacity: 2 });
  for (let i = 0; i < 5; i++) a.userEvent(`e${i}`);
  assertEquals([events.size, events.dropped], [2, 3]);
  await a.shutdown();
  const names: string[] = [];
  for await (const event of events) if (event.type === "user") names.push(event.name);
  assertEquals(names, ["e0", "e1"]);
});

Deno.test("a closed subscription gets nothing more, and others go on", async () => {
  await using cluster = new LoopbackCluster();
  const a = await cluster.create("a");
  const [closed, open] = [a.events(), a.events()];
  closed[Symbol.dispose]();
  a.userEvent("x");
  assertEquals([closed.size, open.size], [0, 1]);
});

Deno.test("after a shutdown every operation fails, and shutting down again has no effect", async () => {
  const serf = await Serf.create({ name: "gone", bind: "127.0.0.1:0" });
  const query = serf.query("q", null, { timeoutMs: 60_000 });
  await Promise.all([serf.shutdown(), serf.shutdown()]);
  assertEquals(await query.next(), { done: true, value: undefined });
  await assertRejects(() => serf.join(["127.0.0.1:1"]), ClosedError, "can't Join after Leave");
  await assertRejects(() => serf.leave(), ClosedError);
  await assertRejects(() => serf.setTags({}), ClosedError);
  await assertRejects(() => serf.forceLeave("x"), ClosedError);
  await assertRejects(() => serf.keys.list(), ClosedError);
  assertThrows(() => serf.userEvent("x"), ClosedError);
  assertThrows(() => serf.query("x"), ClosedError);
  assertEquals(serf.events().closed, true);
  assertEquals(statuses(serf), { gone: "alive" });
});

Deno.test("a shutdown fails the operations that are under way", async () => {
  await using cluster = new LoopbackCluster();
  const [a] = await cluster.joined(2, { advanced: { leavePropagateDelayMs: 60_000 } });
  const leaving = assertRejects(() => a.leave(), ClosedError, "Serf was shut down");
  await assertRejects(() => a.leave(), ClosedError, "Leave already in progress");
  await a.shutdown();
  await leaving;
});

Deno.test("an error that the log option throws is reported and does no harm", async () => {
  const reported: unknown[] = [];
  const report = (event: ErrorEvent) => {
    event.preventDefault();
    reported.push(event.error);
  };
  globalThis.addEventListener("error", report);
  try {
    const failure = new Error("from the log");
    await using serf = await Serf.create({
      name: "noisy",
      bind: "127.0.0.1:0",
      log: () => {
        throw failure;
      },
    });
    assertEquals(statuses(serf), { noisy: "alive" });
    assertInstanceOf(reported[0], Error);
    assertEquals(reported[0], failure);
  } finally {
    globalThis.removeEventListener("error", report);
  }
});

Deno.test("a log and metrics that throw do not end the process, and the node works", async () => {
  const source = `
    import { Serf } from "${import.meta.resolve("../../mod.ts")}";
    const fail = () => { throw new Error("from the user"); };
    const options = { log: fail, metrics: { count: fail, sample: fail, gauge: fail } };
    const a = await Serf.create({ name: "a", bind: "127.0.0.1:0", profile: "local", ...options });
    const b = await Serf.create({ name: "b", bind: "127.0.0.1:0", profile: "local" });
    await b.join([a.address.text]);
    const { responses, acks } = await b.query("x", null, { requestAck: true }).collect();
    await a.shutdown();
    console.log(acks.length, (await a.closed).reason);
    await b.shutdown();
  `;
  using directory = new TemporaryDirectory();
  directory.write({ "user.ts": source });
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check"]
      .concat(["--config", new URL(import.meta.resolve("../../deno.json")).pathname])
      .concat(directory.file("user.ts")),
    env: { NO_COLOR: "1" },
  }).output();
  const said = new TextDecoder().decode(stderr);
  assertEquals(new TextDecoder().decode(stdout), "2 shutdown\n", said);
  assertEquals(said.match(/the option (log|metrics) throws/g)?.length, 2, said);
});

Deno.test("many instances live in one process", async () => {
  await using cluster = new LoopbackCluster();
  const members = await cluster.joined(10);
  await until(() => members.every((serf) => serf.members().length === 10));
});
