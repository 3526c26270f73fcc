/** `RpcClient` and agents, which `tests/runtimes/runtimes_test.ts` has started: our own and Serf's. */

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { RpcClient, type RpcClientOptions } from "../../../lib/rpc/client/client.ts";

/** An agent, and how it is called. */
export interface AgentToCall {
  /** What the test says of it. */
  readonly what: string;
  readonly options: RpcClientOptions;
}

const agents: readonly AgentToCall[] = JSON.parse(process.env.SERF_TEST_AGENTS ?? "[]");

for (const { what, options } of agents) {
  test(`a client talks to ${what}`, async () => {
    const client = await RpcClient.connect(options);
    try {
      const [member] = await client.members({ status: "alive" });
      assert.equal(member.tags.role, "test");

      // Other runtimes talk to the same agent.
      const name = crypto.randomUUID();
      const events = await client.events({ types: [`user:${name}`] });
      await client.userEvent(name, "v1.2.3");
      assert.equal((await events.next()).value?.text(), "v1.2.3");
      await events.close();

      const questions = await client.events({ types: [`query:${name}`] });
      const answering = (async () => (await questions.next()).value?.respond("0.42"))();
      const { responses, acks } = await (await client.query(name, null, { requestAck: true }))
        .collect();
      await answering;
      assert.deepEqual(responses.map((one) => one.text()), ["0.42"]);
      assert.equal(acks.length, 1);
      await questions.close();

      await client.updateTags({ set: { [name]: "1" } });
      assert.equal((await client.members())[0].tags[name], "1");
      await client.updateTags({ delete: [name] });

      const lines = await client.monitor("DEBUG");
      assert.match((await lines.next()).value ?? "", /^\d.* \[[A-Z]+\] /);
      await lines.close();

      assert.equal((await client.stats()).members >= 1, true);
      assert.equal((await client.coordinate(member.name))?.vec.length, 8);
      await assert.rejects(client.keys.list(), { name: "KeyError" });
      await assert.rejects(client.join(["127.0.0.1:1"]), /connection refused/);
    } finally {
      await client.close();
    }
    await assert.rejects(client.members(), { name: "RpcError", message: "client closed" });
  });
}

test("a failed connect has Go's words", async () => {
  const connect = (address: string) => RpcClient.connect({ address });
  await assert.rejects(connect("127.0.0.1:1"), {
    message: "dial tcp 127.0.0.1:1: connect: connection refused",
  });
  await assert.rejects(connect("nobody.invalid:7373"), {
    message: "dial tcp: lookup nobody.invalid: no such host",
  });
  await assert.rejects(connect("unix:/nonexistent/socket"), {
    message: "dial unix /nonexistent/socket: connect: no such file or directory",
  });
});
