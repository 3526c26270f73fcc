/**
 * `serf help`. The original Serf has no such command: without arguments it is answered as there.
 *
 * @module
 */

import {
  type Command,
  type CommandTable,
  refuseArguments,
  UNKNOWN_COMMAND_EXIT_CODE,
  UsageFailure,
} from "../command.ts";
import { formatFlag } from "../output.ts";
import { parseFlags } from "../parse_flags.ts";
import { programHelp } from "../program_help.ts";
import { formatUsage } from "../usage.ts";

const helpFlags = { format: formatFlag };

/** The command that prints the help of a command, or that of the configuration. */
export const helpOf = (commands: CommandTable): Command => ({
  usage: {
    line: "serf help [options] [command]",
    description:
      "Shows the help of a command. serf help config shows all keys of the agent's configuration file, and with -format=json the JSON schema of the file, for editors.",
    flags: helpFlags,
  },
  async run(args, io) {
    const { topic, format } = parse(args);
    if (topic === undefined) {
      io.err(`${programHelp(commands)}\n`);
      return UNKNOWN_COMMAND_EXIT_CODE;
    }
    if (topic === "config") {
      io.out(format === "json" ? await schema() : await reference());
      return 0;
    }
    const entry = commands.get(topic);
    if (entry === undefined) {
      const { reportUnknownCommand } = await import("../report_failure.ts");
      const known = [...commands.keys(), "config"];
      await reportUnknownCommand(topic, { args, help: `${programHelp(commands)}\n`, known }, io);
      return UNKNOWN_COMMAND_EXIT_CODE;
    }
    const { usage } = await entry.load();
    io.out(usage === undefined ? `Usage: serf ${topic}` : formatUsage(usage));
    return 0;
  },
});

/** Flags may stand before the topic, as everywhere, and behind it. */
function parse(args: readonly string[]): { topic: string | undefined; format: string } {
  const { flags, positionals: [topic, ...rest] } = parseFlags(args, helpFlags);
  const behind = parseFlags(rest, helpFlags);
  refuseArguments(behind.positionals);
  const format = rest.length > 0 ? behind.flags.format : flags.format;
  if (format === "text" || (format === "json" && topic === "config")) return { topic, format };
  throw new UsageFailure(
    format === "json" ? "-format=json is for serf help config" : `Invalid format: ${format}`,
  );
}

async function reference(): Promise<string> {
  const { configHelp } = await import("./config_help.ts");
  return configHelp();
}

async function schema(): Promise<string> {
  const { configSchema, keyReferences } = await import("../../agent/config/reference.ts");
  const { settingFlags } = await import("../agent/agent_flags.ts");
  return JSON.stringify(configSchema(keyReferences(settingFlags)), null, 2);
}
