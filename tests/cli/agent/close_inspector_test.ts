import { assert, assertEquals } from "@std/assert";
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

/** Whether `env` can start a program with a signal blocked. */
function canBlock(): boolean {
  try {
    return new Deno.Command("env", { args: ["--block-signal=USR1", "true"] }).outputSync().success;
  } catch {
    return false;
  }
}

/** Whether SIGUSR1 has been sent to a process and not been delivered. */
function isPending(pid: number): boolean {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const mask = BigInt(`0x${/^ShdPnd:\s*(\w+)$/m.exec(status)?.[1]}`);
  return (mask & 1n << 9n) !== 0n;
}

Deno.test("an agent that is started with SIGUSR1 blocked opens no inspector", {
  ignore: Deno.build.os !== "linux" || !canBlock(),
}, async () => {
  await using agent = await Agent.start("ours", {
    name: "blocked",
    through: ["env", "--block-signal=USR1"],
  });
  agent.signal("SIGUSR1");
  await until(() => isPending(agent.pid));
  await sleep(500);
  assert(isPending(agent.pid));
  assert(!await isInspected(agent.pid));
  await using client = await agent.rpc();
  assert(Array.isArray(await client.metrics()));
  agent.signal("SIGINT");
  assertEquals(await agent.exit, 0);
});
