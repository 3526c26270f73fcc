import { assertEquals } from "@std/assert";
import { eachBuildTest } from "../../support/our_builds.ts";
import { Agent } from "../../support/agent.ts";

eachBuildTest(
  "a handler that is too slow is warned of once, and does not delay streams",
  async (ours) => {
    await using agent = await Agent.start(ours, {
      name: "slow",
      args: ["-event-handler=user=sleep 20"],
    });
    await using client = await agent.rpc();
    await using sender = await agent.rpc();
    const events = await client.events({ types: ["user"], capacity: 2_000 });
    const count = 1_500; // of which 1,024 may wait
    for (let i = 0; i < count; i++) await sender.userEvent(`event-${i}`);
    for (let i = 0; i < count; i++) assertEquals((await events.next()).value?.type, "user");
    assertEquals(events.dropped, 0);
    await agent.printed("Dropping events for handlers");
    const warnings = agent.output.match(/\[WARN\] agent: Dropping events for handlers/g);
    assertEquals(warnings?.length, 1);
  },
);
