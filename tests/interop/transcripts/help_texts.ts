/** What the help texts list. */

import type { Ledger } from "./ledger.ts";
import type { Stage } from "./stage.ts";

/** Looks for commands and flags in the help texts. */
export async function readHelpTexts(stage: Stage, ledger: Ledger): Promise<void> {
  const file = "help-structure";
  const { stderr = "" } = await stage.run(["--help"]);
  const commands = Array.from(stderr.matchAll(/^ {4}(\S+)/gm), (match) => match[1]);
  ledger.compare(file, "commands in order", { stdout: commands.join("\n") });
  for (const name of commands) {
    const { stderr = "" } = await stage.run([name, "-help"]);
    const flags = Array.from(stderr.matchAll(/^ {2}-([\w-]+)/gm), (match) => match[1]);
    ledger.compare(file, `flags of ${name}`, { lines: flags });
  }
}
