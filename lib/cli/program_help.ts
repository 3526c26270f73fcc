/**
 * The help of the program: the list of its commands.
 *
 * @module
 */

import type { CommandTable } from "./command.ts";

/** Lays the list out; it has no newline at its end. */
export function programHelp(commands: CommandTable): string {
  const width = Math.max(...Array.from(commands.keys(), ({ length }) => length));
  return [
    "Usage: serf [--version] [--help] <command> [<args>]",
    "",
    "Available commands are:",
    ...Array.from(commands, ([name, { summary }]) => `    ${name.padEnd(width)}    ${summary}`),
  ].join("\n");
}
