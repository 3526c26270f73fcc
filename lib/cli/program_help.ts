/**
 * The help of the program: the list of its commands.
 *
 * @module
 */

import type { CommandTable } from "./command.ts";

/** Lays the list out; it has no newline at its end. */
export function programHelp(commands: CommandTable): string {
  const listed = Array.from(commands, ([name, { summary }]) => ({ name, summary }))
    .filter(({ summary }) => summary !== undefined);
  const width = Math.max(...listed.map(({ name }) => name.length));
  return [
    "Usage: serf [--version] [--help] <command> [<args>]",
    "",
    "Available commands are:",
    ...listed.map(({ name, summary }) => `    ${name.padEnd(width)}    ${summary}`),
  ].join("\n");
}
