import { assertEquals, assertMatch } from "@std/assert";
import { member } from "../rpc/client/fake_agent.ts";
import type { Outcome } from "./recorded_io.ts";
import { ScriptedAgent } from "./scripted_agent.ts";

/** Runs the test in a cluster of the live members a and b and the failed member c, in which `acks` acknowledge. */
async function acknowledgedBy(acks: readonly string[], ...flags: string[]): Promise<Outcome> {
  await using agent = new ScriptedAgent();
  agent.fake.list = [member("a"), member("b"), member("c", { status: "failed" })];
  agent.fake.queryScript = (records) => {
    for (const from of acks) records.push({ type: "ack", from });
    records.close();
  };
  const outcome = await agent.run(["reachability", ...flags]);
  assertEquals(agent.fake.calls[0].slice(0, 3), ["query", "_serf_ping", null]);
  return outcome;
}

const START = "Total members: 3, live members: 2\nStarting reachability test...\n";

Deno.test("all live members acknowledge", async () => {
  assertEquals(await acknowledgedBy(["b", "a"]), {
    stdout: `${START}Successfully contacted all live nodes\n`,
    stderr: "",
    exit: 0,
  });
});

Deno.test("-verbose shows the acknowledgements and the times", async () => {
  const { stdout, exit } = await acknowledgedBy(["b", "a"], "-verbose");
  const acks = "\tAck from 'b'\n\tAck from 'a'\n";
  const times = /Query time: 0\.\d\d sec, time to last response: 0\.\d\d sec\n/.source;
  assertMatch(
    stdout,
    new RegExp(`^${START}${acks}${times}Successfully contacted all live nodes\n$`),
  );
  assertEquals(exit, 0);
});

Deno.test("a live member does not acknowledge", async () => {
  const { stdout, exit } = await acknowledgedBy(["b"]);
  assertMatch(
    stdout,
    /test\.\.\.\nReceived less acks than live nodes! Missing acks from:\n\ta\n.+\n\n.+:\n\* /,
  );
  assertEquals(exit, 1);
});

Deno.test("a member listed as failed acknowledges", async () => {
  const { stdout, exit } = await acknowledgedBy(["b", "c", "a"]);
  assertMatch(
    stdout,
    /test\.\.\.\nReceived more acks than live nodes! Acks from non-live nodes:\n\tc\n.+\n\n.+:\n\* /,
  );
  assertEquals(exit, 1);
});

Deno.test("a name that acknowledges twice is a failure even when the numbers match", async () => {
  const { stdout, exit } = await acknowledgedBy(["b", "b"]);
  assertMatch(
    stdout,
    /test\.\.\.\nDuplicate response from 'b'\n.+\nSuccessfully contacted all live nodes\n$/,
  );
  assertEquals(exit, 1);
});

Deno.test("an interrupt ends the test", async () => {
  await using agent = new ScriptedAgent();
  agent.fake.queryScript = () => {};
  const outcome = await agent.run(["reachability"], {
    onLine: (line, interrupt) => line.startsWith("Starting") && interrupt(),
  });
  assertEquals(outcome, {
    stdout: "Total members: 1, live members: 1\nStarting reachability test...\nTest interrupted\n",
    stderr: "",
    exit: 1,
  });
});
