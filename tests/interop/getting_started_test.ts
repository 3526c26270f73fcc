/** The story that the README tells, on real processes. */

import { assertEquals, assertMatch } from "@std/assert";
import { Agent } from "../support/agent.ts";
import { until } from "../support/until.ts";

Deno.test("two agents join, see each other, and tell a leave from a death", async () => {
  await using one = await Agent.start("ours", { name: "agent-one", ip: "127.0.0.10" });
  await using two = await Agent.start("ours", { name: "agent-two", ip: "127.0.0.11" });

  const join = await one.cli("ours", "join", "127.0.0.11");
  assertEquals(join, {
    code: 0,
    stdout: "Successfully joined cluster by contacting 1 nodes.\n",
    stderr: "",
  });
  for (const agent of [one, two]) {
    const { stdout } = await agent.cli("ours", "members");
    assertMatch(stdout, /^agent-one {2}127\.0\.0\.10:17946 {2}alive/m);
    assertMatch(stdout, /^agent-two {2}127\.0\.0\.11:17946 {2}alive/m);
  }

  two.signal("SIGINT");
  assertEquals(await two.exit, 0);
  assertEquals(await one.statuses(), { "agent-one": "alive", "agent-two": "left" });

  await using again = await Agent.start("ours", {
    name: "agent-two",
    ip: "127.0.0.11",
    args: ["-join=127.0.0.10"],
  });
  await until(async () => {
    return (await one.statuses())["agent-two"] === "alive";
  }, { what: "agent-one sees agent-two back", detail: () => one.output });
  again.signal("SIGKILL");
  await until(async () => {
    return (await one.statuses())["agent-two"] === "failed";
  }, { what: "agent-one sees agent-two failed", detail: () => one.output });
});
