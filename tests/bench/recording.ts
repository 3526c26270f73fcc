/**
 * `deno task bench:recording`: what the flight recorder costs, as a table in Markdown. Agents with and without it are members of
 * one cluster, at rest and under load, in one run; one after the other they change places. Linux only.
 *
 *     deno task bench:recording --seconds 60 --events 50
 */

import { parseArgs } from "@std/cli/parse-args";
import { recordingsIn } from "../../lib/recording/recording_folder.ts";
import { RpcClient } from "../../lib/rpc/client/client.ts";
import { Agent } from "../support/agent.ts";
import { sleep } from "../support/sleep.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";
import { until } from "../support/until.ts";
import { cpuMsOf, memoryOf } from "./process_usage.ts";
import { refuseUnknown } from "./selection.ts";

const flags = parseArgs(Deno.args, {
  string: ["seconds", "events"],
  default: { seconds: "60", events: "50" },
  unknown: refuseUnknown,
});
const [seconds, eventsPerSecond] = [flags.seconds, flags.events].map(Number);

/** The payload of an event, bytes. */
const PAYLOAD = "x".repeat(100);

using directory = new TemporaryDirectory();
const names = ["plain-1", "recorded-1", "plain-2", "recorded-2"];
const agents = await Promise.all(names.map((name) =>
  Agent.start("ours", {
    name,
    args: name.startsWith("recorded") ? [`-record=${directory.file(name)}`] : [],
  })
));

/** How many bytes the recordings of an agent have. */
function recordedBytes(name: string): number {
  if (!name.startsWith("recorded")) return 0;
  return recordingsIn(directory.file(name)).flatMap(({ segments }) => segments)
    .reduce((sum, path) => sum + Deno.statSync(path).size, 0);
}

/** Prints what each agent takes in some seconds. */
async function measure(label: string, work: (milliseconds: number) => Promise<void>) {
  const before = agents.map(({ pid, name }) => ({ cpu: cpuMsOf(pid), bytes: recordedBytes(name) }));
  const startedAt = performance.now();
  await work(seconds * 1_000);
  const tookMs = performance.now() - startedAt;
  for (const [i, { pid, name }] of agents.entries()) {
    const cpu = (cpuMsOf(pid) - before[i].cpu) / tookMs * 100;
    const bytes = (recordedBytes(name) - before[i].bytes) / tookMs * 3_600_000;
    const mib = memoryOf(pid).rss;
    console.log(
      `| ${label} | ${name} | ${cpu.toFixed(2)} % | ${mib.toFixed(1)} MiB | ${
        (bytes / 1e6).toFixed(2)
      } MB |`,
    );
  }
}

try {
  await using client = await RpcClient.connect({ address: agents[0].rpcAddress });
  await client.join(agents.slice(1).map(({ address }) => address));
  await until(async () => (await client.members()).length === agents.length);
  await sleep(10_000);
  console.log("| | agent | processor | memory | recorded per hour |");
  console.log("| :-- | :-- | --: | --: | --: |");
  await measure("at rest", sleep);
  await measure(`${eventsPerSecond} events a second`, async (milliseconds) => {
    const startedAt = performance.now();
    for (let sent = 0;;) {
      const elapsed = performance.now() - startedAt;
      if (elapsed >= milliseconds) return;
      for (; sent < elapsed / 1_000 * eventsPerSecond; sent++) {
        await client.userEvent(`event-${sent}`, PAYLOAD);
      }
      await sleep(20);
    }
  });
} finally {
  await Promise.all(agents.map((agent) => agent[Symbol.asyncDispose]()));
}
