/** `Serf` and `RpcClient` have one vocabulary: a program is the same for both, but for an `await`. */

import { assertEquals } from "@std/assert";
import type { Serf } from "../../lib/host/serf.ts";
import type { RpcClient } from "../../lib/rpc/client/client.ts";
import { LoopbackCluster } from "../host/loopback_cluster.ts";
import { Serving } from "../rpc/serve.ts";

/** Uses everything that both have. The compiler sees to it that names, order of arguments and types are the same. */
async function exercise(node: Serf | RpcClient): Promise<unknown[]> {
  const { signal } = new AbortController();
  const events = await node.events({ types: ["user:deploy"], capacity: 10, signal });
  await node.userEvent("deploy", "v1", { coalesce: true });
  const { value: event } = await events.next();
  const query = await node.query("load", null, { nodes: ["a"], requestAck: true, timeoutMs: 50 });
  const result = await query.collect();
  await node.setTags({ old: "1", role: "web" }, { signal });
  await node.updateTags({ set: { new: "2" }, delete: ["old"] }, { signal });
  const joined = await node.join([], { replay: true, signal });
  await node.forceLeave("nobody", { prune: true, signal });
  const members = await node.members({ name: "a|alpha", status: "alive" });
  const coordinate = await node.coordinate("nobody");
  const stats = await node.stats();
  for (const call of [() => node.keys.use("a2V5"), () => node.keys.list({ signal })]) {
    await call().catch(() => {});
  }
  return [
    event?.text(),
    event?.coalesce,
    result,
    joined,
    members.length,
    coordinate,
    stats.encrypted,
  ];
}

Deno.test("the same program runs on a member and on a client of an agent", async () => {
  await using cluster = new LoopbackCluster();
  const serf = await cluster.create("a");
  const result = { acks: ["a"], responses: [], missing: ["a"] };
  const expected = ["v1", true, result, 0, 1, undefined, false];
  assertEquals(await exercise(serf), expected);
  assertEquals(serf.tags, { role: "web", new: "2" });

  await using serving = new Serving();
  serving.agent.statistics = { serf: { encrypted: "false" }, tags: { gone: "0" } };
  serving.agent.queryScript = (records) => {
    records.push({ type: "ack", from: "a" });
    records.close();
  };
  await using client = await serving.connect();
  const unknown = { ...result, missing: [] };
  assertEquals(await exercise(client), expected.with(2, unknown));
  assertEquals(serving.agent.tags, { role: "web", new: "2" });
});
