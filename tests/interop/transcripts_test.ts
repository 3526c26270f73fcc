/**
 * Every recorded run of the reference, repeated with our program: it says the same, or something else for a listed reason.
 * Arguments after `--` are the files that are to be repeated, without `.json`.
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { differences } from "./transcripts/differences.ts";
import { Ledger } from "./transcripts/ledger.ts";
import { type Job, starts } from "./transcripts/agent_runs.ts";
import { auth, conflict, forceLeaveOfThree, keys, leaveOfTwo } from "./transcripts/cluster_runs.ts";
import { eventHandlers, monitoredEvents } from "./transcripts/handler_runs.ts";
import { longRun, longRunFiles } from "./transcripts/long_run.ts";
import { metrics } from "./transcripts/metrics_run.ts";
import { recordings } from "./transcripts/recording.ts";
import { Replay } from "./transcripts/replay.ts";
import { signalRuns } from "./transcripts/signal_runs.ts";
import { Stage } from "./transcripts/stage.ts";
import { readHelpTexts } from "./transcripts/help_texts.ts";

/** What repeats which files. Those that take long come first. */
const scenarios: readonly { readonly files: readonly string[]; readonly jobs: readonly Job[] }[] = [
  { files: ["metrics"], jobs: [metrics] },
  { files: longRunFiles, jobs: [longRun] },
  { files: ["event-handlers"], jobs: [eventHandlers] },
  { files: ["keys"], jobs: [keys] },
  { files: ["force-leave-3"], jobs: [forceLeaveOfThree] },
  { files: ["agent-conflict"], jobs: [conflict] },
  { files: ["monitor-events"], jobs: [monitoredEvents] },
  { files: ["agent-leave-timeout"], jobs: [leaveOfTwo] },
  { files: ["auth"], jobs: [auth] },
  ...["toplevel", "flag-syntax", "missing-args", "no-agent"].map((file) => ({
    files: [file],
    jobs: [(stage: Stage, ledger: Ledger) => new Replay(stage, ledger).commands(file)],
  })),
  { files: ["help-structure"], jobs: [readHelpTexts] },
  ...["agent-startup", "agent-config"].map((file) => ({ files: [file], jobs: starts(file) })),
  { files: ["agent-signals"], jobs: signalRuns() },
];

/** As many stages as can be used at once without starving each other on a small machine. */
const STAGES = 8;

/** The recorded runs use addresses and tools of Linux. */
const elsewhere = Deno.build.os === "linux" ? "" : " (skipped: the runs are those of Linux)";

Deno.test({
  name: `what the reference said when it was recorded, we say too${elsewhere}`,
  ignore: elsewhere !== "",
  async fn() {
    const wanted = Deno.args.length > 0 ? Deno.args : [...recordings.keys()];
    const chosen = scenarios.filter(({ files }) => files.some((file) => wanted.includes(file)));
    const jobs = chosen.flatMap((scenario) => scenario.jobs);
    const ledger = new Ledger();
    await Promise.all(Array.from({ length: STAGES }, async (_, number) => {
      for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
        await using stage = new Stage(number);
        await job(stage, ledger).catch((error) => ledger.fail(error));
      }
    }));
    console.log(ledger.table);
    ledger.check(chosen.flatMap(({ files }) => files));
  },
});

Deno.test("the list of differences tells every reason for which a recorded run differs", () => {
  const readme = Deno.readTextFileSync(new URL("README.md", import.meta.url));
  const [, section = ""] = readme.split("\n## Differences from Serf\n");
  const text = section.split("\n## ")[0].replaceAll(/\s+/g, " ");
  for (const { reason } of differences) assertStringIncludes(text, reason);
});

Deno.test("every recording is repeated by one scenario", () => {
  const repeated = scenarios.flatMap(({ files }) => files);
  assertEquals(repeated.toSorted(), [...recordings.keys()]);
});
