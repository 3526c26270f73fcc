/** Processes: how long commands take, and what an idle agent occupies, beside Serf. */

import { Agent } from "../../support/agent.ts";
import { type Kind, run } from "../../support/program.ts";
import { anySerf } from "../../support/serf_versions.ts";
import { memoryOf } from "../process_usage.ts";
import type { Report, Subject } from "../report.ts";
import { sleep } from "../../support/sleep.ts";
import type { Suite } from "./suite.ts";

const STARTS = 15;
/** How long an agent is left alone before its memory is looked at. */
const IDLE_MS = 3_000;

function subjectOf(kind: Kind): Subject {
  return kind === "ours" ? "ours" : "serf";
}

/** Memory of an agent, and the time that commands take. */
export const processes: Suite = {
  name: "processes",
  async run(report) {
    const kinds: Kind[] = anySerf === undefined ? ["ours"] : ["ours", anySerf];
    await using agents = new AsyncDisposableStack();
    const started: Agent[] = [];
    for (const kind of kinds) {
      started.push(
        agents.use(await Agent.start(kind, { name: kind })),
      );
    }
    await sleep(IDLE_MS);
    for (const agent of started) measureMemory(agent, report);
    for (let i = 0; i < STARTS; i++) {
      for (const agent of started) await measureStarts(agent, report);
    }
  },
};

function measureMemory({ kind, pid }: Agent, report: Report): void {
  const metric = (name: string) => ({
    benchmark: "processes",
    variant: "1 idle agent",
    metric: name,
    unit: "MiB",
  });
  const { rss, pss } = memoryOf(pid);
  report.add(subjectOf(kind), metric("RSS"), rss);
  report.add(subjectOf(kind), metric("PSS (shared pages split)"), pss);
}

async function measureStarts({ kind, rpcAddress }: Agent, report: Report): Promise<void> {
  for (const args of [["version"], ["members", `-rpc-addr=${rpcAddress}`]]) {
    const begun = performance.now();
    const { code, stderr } = await run(kind, args);
    if (code !== 0) throw new Error(`serf ${args[0]} ended with ${code}: ${stderr}`);
    const metric = {
      benchmark: "processes",
      variant: `serf ${args[0]}`,
      metric: "start to end",
      unit: "ms",
    };
    report.add(subjectOf(kind), metric, performance.now() - begun);
  }
}
