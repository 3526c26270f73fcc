/** What repeats which recordings. */

import { type Job, starts } from "./runs/agent_runs.ts";
import { auth, conflict, forceLeaveOfThree, keys, leaveOfTwo } from "./runs/cluster_runs.ts";
import { eventHandlers, monitoredEvents } from "./runs/handler_runs.ts";
import { readHelpTexts } from "./help_texts.ts";
import type { Ledger } from "./ledger.ts";
import { longRun, longRunFiles } from "./runs/long_run.ts";
import { metrics } from "./runs/metrics_run.ts";
import { Replay } from "./replay.ts";
import { signalRuns } from "./runs/signal_runs.ts";
import type { Stage } from "./stage.ts";

/** Files of the recording, and the jobs that repeat what is in them. */
export interface Scenario {
  readonly files: readonly string[];
  readonly jobs: readonly Job[];
}

/** All scenarios. Those that take long come first. */
export const scenarios: readonly Scenario[] = [
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
