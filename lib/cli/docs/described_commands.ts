/**
 * The commands with their flags, as manual and completion list them, and what can be told of the values of a flag or an
 * argument by the word that stands for it in the help.
 *
 * @module
 */

import type { FlagSpec } from "../../go/flags.ts";
import type { CommandTable } from "../command.ts";
import type { Usage } from "../usage.ts";

/** A command of the program's help. */
export interface DescribedCommand {
  readonly name: string;
  readonly summary: string;
  readonly usage: Usage;
}

/** What a shell offers for a value. */
export type Completion =
  | { readonly words: readonly string[] }
  | "file"
  | "directory"
  | "member"
  | "command"
  | "nothing";

/** Loads all commands; `version` has no usage but its name. */
export async function describedCommands(commands: CommandTable): Promise<DescribedCommand[]> {
  return await Promise.all(Array.from(commands, async ([name, { summary, load }]) => {
    const { usage } = await load();
    return { name, summary, usage: usage ?? { line: `serf ${name}`, description: "", flags: {} } };
  }));
}

/** Whether a flag takes a value. */
export function takesValue({ kind }: FlagSpec): boolean {
  return kind !== "bool";
}

/** What the value of a flag may be. */
export function flagCompletion(name: string, { value = "" }: FlagSpec): Completion {
  if (value.includes("|")) return { words: value.split("|") };
  if (value === "dir") return "directory";
  if (value === "path") return name.endsWith("-dir") ? "directory" : "file";
  if (name === "node" && value === "name") return "member";
  return "nothing";
}

/** An argument of a command beside its flags. */
export interface Argument {
  readonly name: string;
  readonly completion: Completion;
}

/** The arguments in a usage such as `serf rtt [options] node1 [node2]`. */
export function commandArguments({ line }: Usage): Argument[] {
  const words = line.split(" ").slice(2).filter((word) => word !== "[options]");
  return words.map((word) => {
    const name = word.replaceAll(/[[\]]|\.\.\./g, "");
    return { name, completion: argumentCompletion(name) };
  });
}

function argumentCompletion(name: string): Completion {
  if (name.includes("|")) return { words: name.split("|") };
  if (/^node\d?$/.test(name)) return "member";
  return name === "command" ? "command" : "nothing";
}
