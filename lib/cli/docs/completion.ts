/**
 * `serf completion`, which the original Serf does not have.
 *
 * @module
 */

import { type Command, type CommandTable, refuseArguments, UsageFailure } from "../command.ts";
import { parseFlags } from "../parse_flags.ts";
import type { DescribedCommand } from "./described_commands.ts";

type Generator = (commands: readonly DescribedCommand[]) => string;

const generators: ReadonlyMap<string, () => Promise<Generator>> = new Map([
  ["bash", async () => (await import("./bash_completion.ts")).bashCompletion],
  ["zsh", async () => (await import("./zsh_completion.ts")).zshCompletion],
  ["fish", async () => (await import("./fish_completion.ts")).fishCompletion],
]);

/** The command that prints the completion of all commands for a shell. */
export const completionOf = (commands: CommandTable): Command => ({
  usage: {
    line: "serf completion bash|zsh|fish",
    description:
      "Prints a script that makes a shell complete commands, flags, their values and names of members. The original Serf does not have this command.\n\n" +
      "For this shell: source <(serf completion bash), source <(serf completion zsh), or serf completion fish | source; for all shells put that line into ~/.bashrc, ~/.zshrc or ~/.config/fish/config.fish.",
    flags: {},
  },
  async run(args, io) {
    const [shell = "", ...rest] = parseFlags(args, {}).positionals;
    refuseArguments(rest);
    const generator = await generators.get(shell)?.();
    if (generator === undefined) {
      const shells = [...generators.keys()].join(", ");
      throw new UsageFailure(
        shell === "" ? `expected one of ${shells}` : `unknown shell: ${shell}`,
      );
    }
    const { describedCommands } = await import("./described_commands.ts");
    io.out(generator(await describedCommands(commands)).trimEnd());
    return 0;
  },
});
