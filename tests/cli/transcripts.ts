/** Recorded runs of the reference's command line. */

import type { Outcome } from "./recorded_io.ts";
import { serf } from "./recorded_io.ts";
import { commandTable } from "../../lib/cli/command_table.ts";
import { VERSION } from "../../lib/cli/version.ts";

/** One recorded run. */
export interface Run extends Outcome {
  readonly name: string;
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What the reference answered when the transcripts were made. */
const RECORDED_VERSION = "0.8.2-dev";

/** All runs in a file of `tests/transcripts/`, with our own help texts and version where the reference's would stand. */
export async function transcript(file: string): Promise<Run[]> {
  const url = new URL(`../transcripts/${file}.json`, import.meta.url);
  const runs: Run[] = JSON.parse(Deno.readTextFileSync(url));
  const complete = runs.filter(({ argv, stdout }) => argv !== undefined && stdout !== undefined);
  return await Promise.all(complete.map(async (run) => ({
    ...run,
    stdout: await fillIn(run.stdout),
    stderr: await fillIn(run.stderr),
  })));
}

async function fillIn(text: string): Promise<string> {
  const name = /\{\{HELP ([\w-]+)\}\}/.exec(text)?.[1];
  const filled = text.replace(RECORDED_VERSION, VERSION);
  if (name === undefined) return filled;
  return filled.replace(`{{HELP ${name}}}`, await helpOf(name));
}

async function helpOf(name: string): Promise<string> {
  const command = await commandTable.get(name)?.load();
  return command?.help ?? (await serf([])).stderr.trimEnd();
}
