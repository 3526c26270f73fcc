/** The library, without an agent around it, in one cluster with agents of Serf. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Serf } from "../../lib/host/serf.ts";
import { LoopbackCluster, nextEvent, statuses } from "../host/loopback_cluster.ts";
import { Agent, type AgentOptions } from "../support/agent.ts";
import { interopTest } from "../support/program.ts";
import type { SerfVersion } from "../support/serf_versions.ts";
import { until } from "../support/until.ts";

const text = new TextDecoder();

/** An agent of Serf for a small cluster on one machine. */
function startTheirs(
  serf: SerfVersion,
  { args = [], ...options }: AgentOptions,
): Promise<Agent> {
  return Agent.start(serf, { ...options, args: ["-profile=local", ...args] });
}

/** Waits until all see exactly these statuses. */
async function allSee(
  observers: readonly (Agent | Serf)[],
  expected: Record<string, string>,
): Promise<void> {
  const wanted = JSON.stringify(expected);
  await Promise.all(
    observers.map((observer) =>
      until(async () => {
        const seen = observer instanceof Agent ? await observer.statuses() : statuses(observer);
        return JSON.stringify(Object.fromEntries(Object.entries(seen).toSorted())) === wanted;
      }, { what: `${observer.name} sees ${wanted}` })
    ),
  );
}

interopTest("we join Serf, exchange events and queries, and leave", async (serf) => {
  await using theirs = await startTheirs(serf, {
    name: "theirs",
    args: ["-tag=role=go", "-event-handler=query:load=echo 0.5"],
  });
  await using cluster = new LoopbackCluster();
  const ours = await cluster.create("ours", { profile: "local", tags: { role: "deno" } });
  assertEquals(await ours.join([theirs.address]), 1);
  await allSee([ours, theirs], { ours: "alive", theirs: "alive" });
  assertEquals(ours.member("theirs")?.tags, { role: "go" });

  const events = ours.events();
  await theirs.cli(serf, "event", "-coalesce=false", "deploy", "from go");
  const event = await nextEvent(events, "user");
  assertEquals([event.name, text.decode(event.payload!)], ["deploy", "from go"]);
  ours.userEvent("hello", "from deno");
  await theirs.printed("Received event: user-event: hello");

  const answers: string[] = [];
  for await (const record of ours.query("load", null, { nodes: ["theirs"] })) {
    if (record.type === "response") answers.push(`${record.from}: ${text.decode(record.payload!)}`);
  }
  assertEquals(answers, ["theirs: 0.5\n"]);

  const asked = theirs.cli(serf, "query", "-no-ack", "-timeout=1s", "who", "are you");
  const query = await nextEvent(events, "query");
  await query.respond(`I got "${text.decode(query.payload!)}"`);
  assertStringIncludes((await asked).stdout, `Response from 'ours': I got "are you"`);

  await ours.leave();
  await allSee([theirs], { ours: "left", theirs: "alive" });
});

interopTest("Serf joins us, changes its tags, and leaves", async (serf) => {
  await using cluster = new LoopbackCluster();
  const ours = await cluster.create("ours", { profile: "local" });
  await using theirs = await startTheirs(serf, {
    name: "theirs",
    args: [`-join=${ours.address}`],
  });
  await allSee([ours, theirs], { ours: "alive", theirs: "alive" });
  const events = ours.events();
  await theirs.cli(serf, "tags", "-set", "zone=z1");
  await nextEvent(events, "member-update");
  assertEquals(ours.member("theirs")?.tags.zone, "z1");
  await ours.setTags({ lang: "ts" });
  const { stdout } = await theirs.cli(serf, "members", "-tag=lang=ts");
  assertStringIncludes(stdout, "ours");
  await theirs.cli(serf, "leave");
  assertEquals(await theirs.exit, 0);
  await allSee([ours], { ours: "alive", theirs: "left" });
});

interopTest("each side finds out that the other has died", async (serf) => {
  await using first = await startTheirs(serf, { name: "first" });
  await using second = await startTheirs(serf, {
    name: "second",
    args: [`-join=${first.address}`],
  });
  await using cluster = new LoopbackCluster();
  const [a, b] = await cluster.joined(2, { profile: "local" });
  await a.join([first.address]);
  const all = { first: "alive", n1: "alive", n2: "alive", second: "alive" };
  await allSee([a, b, first, second], all);
  second.signal("SIGKILL");
  await allSee([a, b, first], { ...all, second: "failed" });
  await b.shutdown();
  await allSee([a, first], { ...all, second: "failed", n2: "failed" });
});

interopTest("an encrypted cluster of both kinds works", async (serf) => {
  const encryptKey = crypto.getRandomValues(new Uint8Array(32));
  await using theirs = await startTheirs(serf, {
    name: "theirs",
    args: [`-encrypt=${encryptKey.toBase64()}`],
  });
  await using cluster = new LoopbackCluster();
  const ours = await cluster.create("ours", { profile: "local", encryptKey });
  assertEquals(await ours.join([theirs.address]), 1);
  await allSee([ours, theirs], { ours: "alive", theirs: "alive" });
  const { keys } = await ours.keys.list();
  assertEquals(keys, new Map([[encryptKey.toBase64(), 2]]));
});
