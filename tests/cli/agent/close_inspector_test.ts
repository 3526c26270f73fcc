import { assert } from "@std/assert";
import { Agent } from "../../support/agent.ts";
import { eachBuildTest } from "../../support/our_builds.ts";
import { sleep } from "../../support/sleep.ts";
import { until } from "../../support/until.ts";

/** Where Deno opens the inspector. */
const INSPECTOR_URL = "http://127.0.0.1:9229/json";

async function isInspected(pid: number): Promise<boolean> {
  try {
    return (await (await fetch(INSPECTOR_URL)).text()).includes(`[pid: ${pid}]`);
  } catch {
    return false;
  }
}

eachBuildTest("the inspector that Deno opens on SIGUSR1 is closed again", async (ours) => {
  await using agent = await Agent.start(ours, { name: "inspected" });
  // The report covers whole intervals of ten seconds.
  await until(async () => {
    agent.signal("SIGUSR1");
    await sleep(500);
    return agent.output.includes("runtime.sys_bytes");
  }, { detail: () => agent.output });
  await sleep(1_000);
  assert(!await isInspected(agent.pid));
});
