/** Our client against real agents of Serf. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { RpcError } from "../../lib/base/errors.ts";
import { KeyError, RpcClient, type SerfEvent } from "../../lib/rpc/client/client.ts";
import { Agent } from "../support/agent.ts";
import { interopTest } from "../support/program.ts";
import type { SerfVersion } from "../support/serf_versions.ts";
import { inNewWords } from "../interop/versions.ts";

const text = (bytes: Uint8Array | null) => new TextDecoder().decode(bytes ?? new Uint8Array());

function startSerf(version: SerfVersion, name: string, ...args: string[]): Promise<Agent> {
  return Agent.start(version, { name, args: ["-log-level=debug", ...args] });
}

/** The next event that passes. */
async function next(
  events: AsyncIterable<SerfEvent>,
  wanted: (event: SerfEvent) => boolean,
): Promise<SerfEvent> {
  for await (const event of events) if (wanted(event)) return event;
  throw new Error("the stream ended");
}

interopTest(
  "our client reads members, statistics and coordinates from Serf's agent",
  async (version) => {
    await using agent = await startSerf(version, "alpha", "-tag=role=web");
    await using client = await agent.rpc();
    const [self, ...others] = await client.members();
    assertEquals(others, []);
    assertEquals([self.name, self.address.text, self.status, self.tags, self.delegateCur], [
      "alpha",
      agent.address,
      "alive",
      { role: "web" },
      5,
    ]);
    assertEquals(await client.members({ name: "b.*" }), []);
    assertEquals((await client.members({ tags: { role: "w.b" }, status: "alive" })).length, 1);
    const stats = await client.info();
    assertEquals([stats.agent, stats.tags, stats.serf.members], [
      { name: "alpha" },
      { role: "web" },
      "1",
    ]);
    const coordinate = await client.coordinate("alpha");
    assertEquals([coordinate?.vec.length, coordinate?.error], [8, 1.5]);
    assertEquals(await client.coordinate("nobody"), undefined);
    await client.updateTags({ set: { a: "1" }, delete: ["role"] });
    assertEquals((await client.members())[0].tags, { a: "1" });
    await client.forceLeave("nobody", { prune: true });
    assertEquals(await client.join([]), 0);
    assertEquals(await client.join([agent.ip]), 1);
    await using ours = await agent.rpc();
    await assertRejects(() => ours.metrics(), RpcError, "Unsupported command");
    await using asking = await agent.rpc();
    await assertRejects(() => asking.why("alpha"), RpcError, "Unsupported command");
    const unreached = await assertRejects(() => client.join(["127.255.0.9:1"]), RpcError);
    assertMatch(
      inNewWords(unreached.message),
      /^1 error occurred:\n\t\* failed to join 127\.255\.0\.9/,
    );
    const refused = await assertRejects(() => client.keys.list(), KeyError);
    assertEquals(refused.result.error, "1/1 nodes reported failure");
    assertEquals(refused.result.messages.get("alpha"), "Keyring is empty (encryption not enabled)");
    await assertRejects(() => client.members({ name: "[" }), RpcError, "client closed");
  },
);

interopTest(
  "an agent of Serf streams events, queries and its log to our client",
  async (version) => {
    await using agent = await startSerf(version, "alpha", "-event-handler=query:load=echo 1.23");
    await using client = await agent.rpc();
    const log = await client.monitor("info");
    const events = await client.events({ types: ["user:deploy", "query"] });
    await client.userEvent("other", "x");
    await client.userEvent("deploy", "v1");
    const deployed = await next(events, ({ type }) => type === "user");
    assert(deployed.type === "user");
    assertEquals([deployed.name, text(deployed.payload)], ["deploy", "v1"]);

    const records = [];
    const load = await client.query("load", null, { requestAck: true, timeoutMs: 400 });
    for await (const record of load) {
      records.push(record.type === "response" ? text(record.payload) : record.type);
    }
    assertEquals(records.toSorted(), ["1.23\n", "ack"]);

    const stream = await client.events({ types: ["query:ask"] });
    const asking = await client.query("ask", "?", { timeoutMs: 1_000 });
    const question = await next(stream, ({ type }) => type === "query");
    assert(question.type === "query");
    await question.respond("the answer");
    await assertRejects(() => question.respond("again"), RpcError, "response already sent");
    const { value: answer } = await asking.next();
    assert(answer?.type === "response");
    assertEquals([answer.from, text(answer.payload)], ["alpha", "the answer"]);
    asking.close();

    stream.close();
    events.close();
    for await (const line of log) if (line.includes("Received event: user-event: deploy")) break;
    await assertRejects(
      () => client.events({ types: ["bogus" as "user"] }),
      RpcError,
      "Invalid event filter",
    );
    assertEquals((await client.members()).length, 1);
  },
);

interopTest("our client sees a cluster of Serf come and go", async (version) => {
  await using alpha = await startSerf(version, "alpha");
  await using bravo = await startSerf(version, "bravo");
  await using client = await alpha.rpc();
  const events = await client.events({ types: ["member-join", "member-leave"] });
  assertEquals(await client.join([bravo.ip]), 1);
  const isBravo = (event: SerfEvent) =>
    "members" in event && event.members.some(({ name }) => name === "bravo");
  assertEquals((await next(events, isBravo)).type, "member-join");
  await using other = await bravo.rpc();
  const gone = await other.events();
  const ended = assertRejects(() => next(gone, () => false), RpcError, "client closed");
  const again = await client.events({ types: ["member-leave"] });
  await other.leave();
  await ended;
  assertEquals(await bravo.exit, 0);
  assertEquals((await next(again, isBravo)).type, "member-leave");
});

interopTest("our client authenticates to Serf's agent", async (version) => {
  const config = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(config, JSON.stringify({ rpc_auth: "s3cret" }));
  try {
    await using agent = await startSerf(version, "alpha", `-config-file=${config}`);
    const address = agent.rpcAddress;
    await assertRejects(
      () => RpcClient.connect({ address, authKey: "nope" }),
      RpcError,
      "Invalid authentication token",
    );
    await using none = await RpcClient.connect({ address });
    // It answers twice to a request with a body; the connection must stay usable nevertheless.
    await assertRejects(() => none.userEvent("x"), RpcError, "Authentication required");
    await assertRejects(() => none.members(), RpcError, "Authentication required");
    await assertRejects(() => none.info(), RpcError, "Authentication required");
    await using right = await RpcClient.connect({ address, authKey: "s3cret" });
    assertEquals((await right.members()).length, 1);
  } finally {
    await Deno.remove(config);
  }
});
