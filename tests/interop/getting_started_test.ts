/** The story that the README tells, on real processes. */

import { assertEquals, assertMatch } from "@std/assert";
import { Agent } from "../support/agent.ts";
import { until } from "../support/until.ts";

Deno.test("two agents join, see each other, and tell a leave from a death", async () => {
  await using one = await Agent.start("ours", { name: "agent-one" });
  await using two = await Agent.start("ours", { name: "agent-two" });

  const join = await one.cli("ours", "join", two.ip);
  assertEquals(join, {
    code: 0,
    stdout: "Successfully joined cluster by contacting 1 nodes.\n",
    stderr: "",
  });
  for (const agent of [one, two]) {
    const { stdout } = await agent.cli("ours", "members");
    for (const { name, address } of [one, two]) {
      assertMatch(stdout, new RegExp(`^${name} +${RegExp.escape(address)} +alive`, "m"));
    }
  }

  two.signal("SIGINT");
  assertEquals(await two.exit, 0);
  assertEquals(await one.statuses(), { "agent-one": "alive", "agent-two": "left" });

  await using again = await Agent.start("ours", {
    name: "agent-two",
    ip: two.ip,
    args: [`-join=${one.ip}`],
  });
  await until(async () => {
    return (await one.statuses())["agent-two"] === "alive";
  }, { what: "agent-one sees agent-two back", detail: () => one.output });
  again.signal("SIGKILL");
  await until(async () => {
    return (await one.statuses())["agent-two"] === "failed";
  }, { what: "agent-one sees agent-two failed", detail: () => one.output });
});
