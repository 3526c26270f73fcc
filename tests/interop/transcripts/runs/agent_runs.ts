/** Runs of single agents: how they start, what signals do to them, and what they print meanwhile. */

import { sleep } from "../../../support/sleep.ts";
import type { Ledger } from "../ledger.ts";
import { entriesOf, type Entry } from "../recording.ts";
import type { SerfProcess, Stage } from "../stage.ts";
import { impossibleHere } from "../this_machine.ts";

/** Something to do on a stage. */
export type Job = (stage: Stage, ledger: Ledger) => Promise<void>;

/** The starts of a file, as jobs that can be done in any order. Those that share a snapshot are one job. */
export function starts(file: string): Job[] {
  const entries = entriesOf(file);
  const together = entries.filter(({ name }) => name.startsWith("snapshot-"));
  const alone = entries.filter((entry) => !together.includes(entry)).map((entry) => [entry]);
  return [...alone, ...together.length > 0 ? [together] : []].map(
    (group) => async (stage, ledger) => {
      stage.write(filesBefore(entries, group[0]));
      for (const entry of group) await start(file, entry, stage, ledger);
    },
  );
}

/** All files that had been written when an entry's turn came. */
function filesBefore(entries: readonly Entry[], entry: Entry): Record<string, string> {
  const before = entries.slice(0, entries.indexOf(entry));
  return Object.assign({}, ...before.map(({ files }) => files ?? {}));
}

/** What stood in the way of a start. */
const OBSTACLES: Readonly<Record<string, readonly string[]>> = {
  "bind-in-use": ["agent", "-node=other", "-bind=127.0.0.20", "-rpc-addr=127.0.0.1:7423"],
  "rpc-in-use": ["agent", "-node=other", "-bind=127.0.0.21", "-rpc-addr=127.0.0.1:7420"],
};

async function start(file: string, entry: Entry, stage: Stage, ledger: Ledger): Promise<void> {
  const { name, argv, files = {} } = entry;
  const missing = impossibleHere.get(`${file}/${name}`);
  if (missing !== undefined) return ledger.skip(file, name, missing);
  stage.write(files);
  if (argv === undefined) return ledger.compare(file, name, { file: stage.read("snap1") });
  const obstacle = OBSTACLES[name];
  if (obstacle !== undefined) await stage.agent(obstacle);
  await using agent = stage.spawn(argv);
  if (entry.signal !== undefined) await runFor(agent, entry);
  await ledger.settle(file, name, agent);
}

/** Lets an agent run as long as the recorded one did, and at least until it has printed as much. */
async function runFor(agent: SerfProcess, { signal, recorded }: Entry): Promise<void> {
  await agent.printedOrEnded("the banner", (stdout) => stdout.includes("Log data will now stream"));
  await Promise.race([sleep((signal?.after_seconds ?? 0) * 1000), agent.ended]);
  const lines = lineCount(recorded.stdout?.split("==> Caught signal")[0] ?? "");
  await agent.printedOrEnded(`${lines} lines`, (stdout) => lineCount(stdout) >= lines);
  if (signal !== undefined && agent.exit === null) agent.signal(signal.name);
}

function lineCount(text: string): number {
  return text.split("\n").length;
}
