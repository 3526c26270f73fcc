/** Help texts: their words are everybody's own, but not the commands and flags that they list. */

import { commandTable } from "../../../lib/cli/command_table.ts";
import { formatUsage } from "../../../lib/cli/usage.ts";
import { serf } from "../../cli/recorded_io.ts";
import { type Kind, run } from "../../support/program.ts";
import type { Ledger } from "./ledger.ts";
import { entriesOf, type Observation, recordings } from "./recording.ts";
import type { Stage } from "./stage.ts";

const PLACEHOLDER = /\{\{HELP ([\w-]+)\}\}/g;

/** The help texts of a program, by command; that of the program itself is called `toplevel`. */
export type HelpTexts = ReadonlyMap<string, string>;

/** The help texts of a program: ours, from the commands themselves; of Serf, those that recordings mention. */
export async function helpTextsOf(kind: Kind): Promise<HelpTexts> {
  if (kind === "ours") {
    const commands = [...commandTable].map(async ([name, entry]) => {
      const { usage } = await entry.load();
      return [name, usage === undefined ? "" : formatUsage(usage)] as const;
    });
    return new Map(await Promise.all(commands)).set("toplevel", (await serf([])).stderr.trimEnd());
  }
  const observations = [...recordings.values()].flat().map(({ recorded }) => recorded);
  const mentioned = new Set(
    observations.flatMap(({ stdout = "", stderr = "" }) =>
      [...(stdout + stderr).matchAll(PLACEHOLDER)].map((match) => match[1])
    ),
  );
  const texts = new Map<string, string>();
  for (const name of mentioned) {
    const { stdout, stderr } = await run(kind, name === "toplevel" ? ["-h"] : [name, "-h"]);
    texts.set(name, (stdout + stderr).trimEnd());
  }
  return texts;
}

/** What was recorded, with the help texts of a program in the places where help texts were. */
export function withHelp(recorded: Observation, texts: HelpTexts): Observation {
  const fill = (text: string | undefined) =>
    text?.replace(PLACEHOLDER, (_, name) => texts.get(name) ?? "");
  return { ...recorded, stdout: fill(recorded.stdout), stderr: fill(recorded.stderr) };
}

/** Looks for commands and flags in the help texts. */
export async function readHelpTexts(stage: Stage, ledger: Ledger): Promise<void> {
  const file = "help-structure";
  const { stderr = "" } = await stage.run(["--help"]);
  const commands = Array.from(stderr.matchAll(/^ {4}(\S+)/gm), (match) => match[1]);
  ledger.compare(file, "commands in order", { stdout: commands.join("\n") });
  const recorded = new Set(entriesOf(file).map(({ name }) => name));
  for (const name of commands.filter((name) => recorded.has(`flags of ${name}`))) {
    const { stderr = "" } = await stage.run([name, "-help"]);
    const flags = Array.from(stderr.matchAll(/^ {2}-([\w-]+)/gm), (match) => match[1]);
    ledger.compare(file, `flags of ${name}`, { lines: flags });
  }
}
