/** What the help texts list. */

import { commandTable } from "../../../lib/cli/command_table.ts";
import { serf } from "../../cli/recorded_io.ts";
import type { Ledger } from "./ledger.ts";

/** Looks for commands and flags in the help texts. */
export async function readHelpTexts(ledger: Ledger): Promise<void> {
  const file = "help-structure";
  const { stderr } = await serf(["--help"]);
  const commands = Array.from(stderr.matchAll(/^ {4}(\S+)/gm), (match) => match[1]);
  ledger.compare(file, "commands in order", { stdout: commands.join("\n") });
  for (const name of commands) {
    const { help = "" } = await commandTable.get(name)?.load() ?? {};
    const flags = Array.from(help.matchAll(/^ {2}-([\w-]+)/gm), (match) => match[1]);
    ledger.compare(file, `flags of ${name}`, { lines: flags });
  }
}
