/** The examples in `tests/examples`, with three members each. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Cache } from "../../examples/cache.ts";
import { askForTerm, Fence, leaderOf, standForElection, type Term } from "../../examples/leader.ts";
import { lookUp, lookUpHealthy, offer } from "../../examples/service_registry.ts";
import { serveApp } from "../../examples/web_app.ts";
import { addJob, work } from "../../examples/work_queue.ts";
import { LoopbackCluster } from "../../host/loopback_cluster.ts";
import { until } from "../../support/until.ts";
import type { Serf } from "../../../mod.ts";

/** Runs a test with three members, n1 to n3, who know each other. */
async function withMembers(run: (members: readonly Serf[]) => Promise<void>): Promise<void> {
  await using cluster = new LoopbackCluster();
  const members = await cluster.joined(3);
  await until(() => members.every((one) => one.members().length === 3));
  await run(members);
}

/** Shuts a member down without a word, and waits until the others know. */
async function lose(member: Serf, others: readonly Serf[]): Promise<void> {
  await member.shutdown();
  await until(() => others.every((one) => one.member(member.name)?.status === "failed"));
}

test("jobs are shared, and those of a member that goes are done by others", () =>
  withMembers(async (members) => {
    const done = new Map<string, string>();
    const waiting = Promise.withResolvers<void>();
    for (const serf of members) {
      work(serf, async (job) => {
        // One of them takes its time, for ever.
        if (serf.name === "n3") await waiting.promise;
        else done.set(job, serf.name);
      });
    }
    const jobs = Array.from({ length: 20 }, (_, i) => `job-${i}`);
    for (const job of jobs) addJob(members[0], job);
    await until(() => new Set(done.values()).size === 2);
    await lose(members[2], members.slice(0, 2));
    await until(() => done.size === jobs.length, { detail: () => [...done.keys()].join() });
  }));

test("there is one leader, and a new one has a higher token", () =>
  withMembers(async ([first, ...others]) => {
    const terms: Term[] = [];
    for (const serf of [first, ...others]) standForElection(serf, (term) => terms.push(term));
    await until(() => terms.length > 0);
    const [old] = terms;
    assert.equal(old.leader, "n1");
    assert.deepEqual(others.map(leaderOf), ["n1", "n1"]);
    await until(() => others.every((serf) => serf.stats().eventTime > old.token));
    await lose(first, others);
    await until(() => terms.some(({ leader }) => leader === "n2"));
    const now = terms.find(({ leader }) => leader === "n2")!;
    assert(now.token > old.token);

    const fence = new Fence();
    assert.deepEqual([fence.admits(old), fence.admits(now)], [true, true]);
    assert.deepEqual([fence.admits(old), fence.admits(now)], [false, true]);
    assert.equal(fence.admits({ leader: "n3", token: now.token }), false);
    await until(() => others[1].stats().eventTime > now.token);
    askForTerm(others[1]);
    await until(() => terms.some(({ leader }) => leader === "n3"));
    assert.equal(fence.admits(terms.find(({ leader }) => leader === "n3")!), true);
  }));

test("services are found by their tags, and the healthy ones by a query", () =>
  withMembers(async ([one, two, three]) => {
    offer(one, { name: "web", port: 8080, health: () => "ok" });
    offer(two, { name: "web", port: 8081, health: () => "overloaded" });
    const found = () => lookUp(three, "web").map(({ member, port }) => `${member}:${port}`);
    await until(() => found().length === 2);
    assert.deepEqual(found().sort(), ["n1:8080", "n2:8081"]);
    await until(async () => {
      const healthy = (await lookUpHealthy(three, "web")).map(({ member }) => member);
      return healthy.join() === "n1";
    });
    await lose(one, [two, three]);
    assert.deepEqual(found(), ["n2:8081"]);
  }));

test("a cache that is told so loads again", () =>
  withMembers(async (members) => {
    let version = 1;
    const caches = members.map((serf) => new Cache(serf, (key) => Promise.resolve(key + version)));
    const values = () => Promise.all(caches.map((cache) => cache.get("price")));
    assert.deepEqual(await values(), ["price1", "price1", "price1"]);
    version = 2;
    assert.deepEqual(await values(), ["price1", "price1", "price1"]);
    caches[0].invalidate("price");
    await until(async () => (await values()).join() === "price2,price2,price2");
  }));

test("instances of a web application find each other and share counters", () =>
  withMembers(async (members) => {
    const servers = await Promise.all(members.map(serveApp));
    try {
      const urls = members.map(({ tags }) => tags.url);
      await until(() =>
        members.every((one) => one.members().every(({ tags }) => tags.url !== undefined))
      );
      const instances = await (await fetch(`${urls[1]}/instances`)).json();
      assert.deepEqual(instances.map(({ url }: { url: string }) => url).sort(), urls.toSorted());
      const counts = [];
      for (const url of urls) {
        const answer = await fetch(`${url}/counters/visits`, { method: "POST" });
        counts.push(await answer.json());
      }
      assert.deepEqual(counts.map(({ count }) => count), [1, 2, 3]);
      assert.equal(new Set(counts.map(({ instance }) => instance)).size, 1);
    } finally {
      for (const server of servers) server.close();
    }
  }));
