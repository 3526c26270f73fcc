/** Runs of agents that were sent one signal or several. */

import type { Job } from "./agent_runs.ts";
import { sleep } from "../../../support/sleep.ts";
import { entriesOf, type Entry } from "../recording.ts";
import type { SerfProcess, Stage } from "../stage.ts";

const FILE = "agent-signals";

/** The configuration files as they were when the hangup came. */
const CHANGED_FILES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "sighup-reload": {
    "s3.json": {
      node_name: "other",
      tags: { a: "2" },
      event_handlers: ["member-update=echo new-$SERF_EVENT"],
      log_level: "debug",
      leave_on_terminate: true,
    },
  },
  "sighup-bad-level": { "s5.json": { log_level: "zzz" } },
  "sighup-bad-handler": { "s6.json": { event_handlers: ["bogus=x"] } },
  "sighup-tags-too-long": {
    "s7.json": { tags: { x: "y".repeat(600) }, leave_on_terminate: true },
  },
};

/** All entries, as jobs that can be done in any order. */
export function signalRuns(): Job[] {
  return entriesOf(FILE).filter(({ argv }) => argv !== undefined).map(
    (entry) => async (stage, ledger) => {
      stage.write(entry.files ?? {});
      const agent = await stage.agent(entry.argv ?? []);
      if (entry.name === "sighup-with-tags-file") {
        await agent.printed("member-join", (stdout) => stdout.includes("event: member-join"));
        await stage.run(["tags", "-rpc-addr=127.0.0.1:7420", "-set", "x=y"]);
      }
      const [first, second] = entry.signals ?? [];
      await comeTo(agent, entry, 0);
      changeFiles(entry, stage);
      // What is shown is the ten-second intervals that are over.
      if (first === "SIGUSR1") await sleep(11_000);
      agent.signal(first);
      if (entry.name === "sighup-with-tags-file") {
        await agent.printed("both updates", (stdout) => /(MemberUpdate[^]*){2}/.test(stdout));
        const { stdout } = await stage.run(["members", "-rpc-addr=127.0.0.1:7420"]);
        const file = stage.read("tf9.json");
        ledger.compare(FILE, "tags-file-content-after-reload", { stdout, file });
      }
      await comeTo(agent, entry, 1);
      if (second !== undefined) agent.signal(second);
      else if (first === "SIGUSR2") agent.signal("SIGKILL");
      await ledger.settle(FILE, entry.name, agent);
    },
  );
}

function changeFiles({ name }: Entry, stage: Stage): void {
  if (name === "sighup-bad-file") stage.write({ "s4.json": "{nope" });
  for (const [file, content] of Object.entries(CHANGED_FILES[name] ?? {})) {
    stage.write({ [file]: JSON.stringify(content) });
  }
}

/** Waits until the agent has printed what it had when the signal with that index was caught. */
async function comeTo(agent: SerfProcess, { recorded }: Entry, index: number): Promise<void> {
  const parts = recorded.stdout?.split("==> Caught signal") ?? [];
  if (index === 0 || index < parts.length - 1) {
    const lines = parts.slice(0, index + 1).join("").split("\n").length;
    await agent.printed(`${lines} lines`, (stdout) => stdout.split("\n").length >= lines);
  }
  await sleep(300);
}
