/**
 * `serf man`, which the original Serf does not have.
 *
 * @module
 */

import { type Command, type CommandTable, refuseArguments } from "../command.ts";

/** The command that prints the manual page of all commands. */
export const manualOf = (commands: CommandTable): Command => ({
  usage: {
    line: "serf man",
    description:
      "Prints the manual page of all commands, flags and configuration keys. To read it: serf man | man -l -. To install it: serf man > /usr/local/share/man/man1/serf.1. The original Serf does not have this command.",
    flags: {},
  },
  async run(args, io) {
    refuseArguments(args);
    const [{ describedCommands }, { manualPage }] = await Promise.all([
      import("./described_commands.ts"),
      import("./manual.ts"),
    ]);
    io.out(manualPage(await describedCommands(commands)));
    return 0;
  },
});
