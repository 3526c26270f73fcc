/**
 * Repeats recorded runs of Serf 0.8.2 with one program, and exits with 1 if it does anything else than what it is known to
 * do. It uses Serf's default ports, and so needs a network of its own. Into the file that `TRANSCRIPT_RESULT` names it writes
 * what is wrong, and what the runs show of the changes between versions.
 *
 *     deno run --allow-all tests/interop/transcripts/main.ts ours              all
 *     deno run --allow-all tests/interop/transcripts/main.ts ours keys query   some files
 *     deno run --allow-all tests/interop/transcripts/main.ts "Serf 0.11.0"     with another program
 */

import type { SerfVersion } from "../../support/serf_versions.ts";
import { versionChanges } from "../versions.ts";
import type { Difference } from "./difference.ts";
import { ourDifferences } from "./differences.ts";
import { helpTextsOf } from "./help_texts.ts";
import { Ledger } from "./ledger.ts";
import { serveNoNames } from "./name_server.ts";
import { recordings } from "./recording.ts";
import { type Scenario, scenarios } from "./scenarios.ts";
import { Stage } from "./stage.ts";
import { findDifferencesHere } from "./this_machine.ts";
import { factsOf } from "./version_table.ts";

/** Whose program repeats the runs. */
type Subject = "ours" | SerfVersion;

/** As many stages as can be used at once without starving each other on a small machine. */
const STAGES = 4;

/** The recording has flags that Serf has and does not tell of. */
function untoldFlags(pattern: RegExp): Difference {
  return {
    where: ["help-structure/flags of agent"],
    reason: "Its help leaves flags out",
    adapt: ({ lines, ...rest }) => ({
      ...rest,
      lines: lines?.filter((name) => !pattern.test(name)),
    }),
  };
}

/**
 * How often a run is tried at most. Serf itself loses a packet or an answer now and then when the machine is
 * busy: what it does once as recorded, it can do. Ours has to do it at once.
 */
function attempts(kind: Subject): number {
  return kind === "Serf 0.8.2" || kind === "Serf 0.11.0" ? 3 : 1;
}

const differences: Readonly<Record<Subject, readonly Difference[]>> = {
  "ours": ourDifferences,
  "Serf 0.8.2": [untoldFlags(/^(replay|mdns-.*)$/)],
  "Serf 0.10.2": [],
  "Serf 0.11.0": [
    untoldFlags(/^replay$/),
    ...versionChanges.map(({ behaviour, ...change }) => ({ ...change, reason: behaviour })),
  ],
};

const [kind, ...files] = Deno.args as [Subject, ...string[]];
const wanted = files.length > 0 ? files : [...recordings.keys()];
const chosen = scenarios.filter(({ files }) => files.some((file) => wanted.includes(file)));
serveNoNames();
const ledger = new Ledger({
  helpTexts: await helpTextsOf(kind),
  differences: differences[kind],
  differencesHere: await findDifferencesHere(),
});

const begun = performance.now();

/** Plays scenarios on all stages, and tells of each when it is over. */
async function play(scenarios: readonly Scenario[]): Promise<void> {
  const left = new Map(scenarios.map((scenario) => [scenario, scenario.jobs.length]));
  const jobs = scenarios.flatMap((scenario) => scenario.jobs.map((job) => ({ job, scenario })));
  await Promise.all(Array.from({ length: STAGES }, async (_, number) => {
    for (let next = jobs.shift(); next !== undefined; next = jobs.shift()) {
      const { job, scenario } = next;
      await using stage = new Stage(kind, number);
      await job(stage, ledger).catch((error) => ledger.fail(scenario.files[0], error));
      const others = left.get(scenario)! - 1;
      left.set(scenario, others);
      if (others > 0) continue;
      const seconds = Math.round((performance.now() - begun) / 1000);
      console.log(`${kind}, ${seconds} s: ${scenario.files.join(", ")}`);
    }
  }));
}

await play(chosen);
for (let attempt = 1; attempt < attempts(kind); attempt++) {
  const again = chosen.filter(({ files }) => files.some((file) => ledger.hasFailed(file)));
  for (const file of again.flatMap(({ files }) => files)) ledger.forget(file);
  await play(again);
}
// Only the table of versions tells what Serf 0.10.2 does.
const problems = kind === "Serf 0.10.2"
  ? []
  : ledger.problems(chosen.flatMap(({ files }) => files));
if (kind !== "Serf 0.10.2") console.log(ledger.table);
for (const problem of problems) console.error(problem);
const resultFile = Deno.env.get("TRANSCRIPT_RESULT");
if (resultFile !== undefined) {
  const facts = factsOf((run) => ledger.observed(run));
  Deno.writeTextFileSync(resultFile, JSON.stringify({ facts, problems }));
}
// The name server would go on.
Deno.exit(problems.length > 0 ? 1 : 0);
