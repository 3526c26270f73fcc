/** A cluster of `Serf` instances on the loopback network. */

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import process from "node:process";
import { test } from "node:test";
import { KeyError, type KeyResult, Serf, type SerfOptions } from "../../../mod.ts";
import { FAST } from "../../host/loopback_cluster.ts";
import { until } from "../../support/until.ts";

/** An agent, called `peer`, whose cluster is joined. */
export interface AgentToJoin {
  /** What the test says of it. */
  readonly what: string;
  readonly address: string;
  /** The key of its cluster, in base64. */
  readonly encryptKey: string;
}

const KEY = btoa("0123456789abcdef");
/** Of 24 bytes, which not every `node:crypto` knows. */
const NEW_KEY = btoa("0123456789abcdef01234567");

function create(name: string, options: SerfOptions = {}): Promise<Serf> {
  return Serf.create({ name, bind: "127.0.0.1:0", ...FAST, ...options });
}

/** Statuses by name, as an instance sees them. */
function statuses(serf: Serf): Record<string, string> {
  return Object.fromEntries(serf.members().map(({ name, status }) => [name, status]).toSorted());
}

/** Repeats a key operation while members do not answer in time: three runtimes share the machine. */
async function answered(operation: () => Promise<KeyResult>): Promise<KeyResult> {
  let result: KeyResult | undefined;
  await until(async () => {
    try {
      result = await operation();
      return true;
    } catch (error) {
      if (error instanceof KeyError && error.result.failures === 0) return false;
      throw error;
    }
  });
  return result!;
}

test("three members find each other, talk, change keys, and part", async () => {
  const log: string[] = [];
  const options: SerfOptions = {
    encryptKey: KEY,
    log: (level, text) => void log.push(`${level} ${text}`),
  };
  const a = await create("a", { ...options, tags: { role: "web" } });
  const b = await create("b", options);
  const c = await create("c", options);
  try {
    assert.equal(await b.join([a.address.text]), 1);
    assert.equal(await c.join([a.address.text, b.address.text]), 2);
    const all = { a: "alive", b: "alive", c: "alive" };
    for (const one of [a, b, c]) {
      await until(() => Object.keys(statuses(one)).length === 3, { detail: () => log.join("\n") });
      assert.deepEqual(statuses(one), all);
    }
    assert.deepEqual(c.member("a")?.tags, { role: "web" });

    const updates = c.events({ types: ["member-update"] });
    await a.setTags({ role: "database" });
    const { value: update } = await updates.next();
    assert.deepEqual(update?.members.map(({ tags }) => tags), [{ role: "database" }]);
    updates.close();

    const deploys = c.events({ types: ["user:deploy"] });
    b.userEvent("deploy", "v1.2.3");
    assert.equal((await deploys.next()).value?.text(), "v1.2.3");
    deploys.close();

    const questions = b.events({ types: ["query:load"] });
    const answering = (async () => {
      const { value: question } = await questions.next();
      await question?.respond("0.42");
    })();
    const answer = await c.query("load", null, { nodes: ["b"], requestAck: true }).collect();
    await answering;
    questions.close();
    assert.deepEqual(answer.responses.map((one) => [one.from, one.text()]), [["b", "0.42"]]);
    assert.deepEqual(answer.missing, []);

    await answered(() => a.keys.install(NEW_KEY));
    await answered(() => a.keys.use(NEW_KEY));
    await answered(() => a.keys.remove(KEY));
    const { keys } = await answered(() => b.keys.list());
    assert.deepEqual([...keys], [[NEW_KEY, 3]]);

    await c.leave();
    await c.shutdown();
    assert.equal((await c.closed).reason, "left");
    await until(() => statuses(a).c === "left" && statuses(b).c === "left");
    await b.shutdown();
    await until(() => statuses(a).b === "failed", { detail: () => log.join("\n") });
    await assert.rejects(async () => await b.join([a.address.text]), { name: "ClosedError" });
  } finally {
    await Promise.all([a, b, c].map((one) => one.shutdown()));
  }
});

const peers: readonly AgentToJoin[] = JSON.parse(process.env.SERF_TEST_PEERS ?? "[]");

for (const { what, address, encryptKey } of peers) {
  test(`a member joins ${what}, asks it and leaves`, async () => {
    // Members of other runtimes join too.
    const member = await create(crypto.randomUUID(), { encryptKey });
    try {
      assert.equal(await member.join([address]), 1);
      await until(() => member.member("peer")?.status === "alive");
      const query = member.query("ready", null, { nodes: ["peer"], requestAck: true });
      assert.deepEqual((await query.collect()).acks, ["peer"]);
      await member.leave();
    } finally {
      await member.shutdown();
    }
  });
}

test("a member that is restarted with its snapshot joins again", async () => {
  const folder = await mkdtemp(`${tmpdir()}/serf-`);
  const a = await create("a");
  let b = await create("b", { snapshotPath: `${folder}/snapshot` });
  try {
    await b.join([a.address.text]);
    await b.shutdown();
    b = await create("b", { snapshotPath: `${folder}/snapshot` });
    await until(() => statuses(b).a === "alive");
    await until(() => statuses(a).b === "alive");
  } finally {
    await Promise.all([a.shutdown(), b.shutdown()]);
    await rm(folder, { recursive: true });
  }
});

test("what goes wrong at a start, and in a join, has Serf's words", async () => {
  const a = await create("a");
  try {
    const { host, port } = a.bindAddress;
    await assert.rejects(create("b", { bind: `${host}:${port}` }), {
      message:
        `Failed to create memberlist: could not set up network transport: failed to obtain an ` +
        `address: failed to start TCP listener on "${host}" port ${port}: ` +
        `listen tcp ${host}:${port}: bind: address already in use`,
    });
    await assert.rejects(create("b", { snapshotPath: "/nonexistent/snapshot" }), {
      message: "Failed to setup snapshot: failed to open snapshot: " +
        "open /nonexistent/snapshot: no such file or directory",
    });
    await assert.rejects(a.join(["127.0.0.1:1"]), {
      message: "Cannot join cluster: the only address failed\n" +
        "  failed to join 127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused",
    });
    await assert.rejects(a.join(["nobody.invalid"]), /lookup nobody\.invalid.*: no such host$/);
  } finally {
    await a.shutdown();
  }
});

test("a log that throws ends nothing", async () => {
  const a = await create("a", {
    log: () => {
      throw new Error("the log is full");
    },
  });
  assert.deepEqual(statuses(a), { a: "alive" });
  await a.shutdown();
});
