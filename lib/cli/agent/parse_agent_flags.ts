/**
 * The settings in the arguments of `serf agent`.
 *
 * @module
 */

import { type ConfigKind, configOptions } from "../../agent/config/config.ts";
import type { ConfigSources } from "../../agent/config/load_config.ts";
import { StartupError } from "../../agent/config/startup_error.ts";
import { errorText } from "../../base/errors.ts";
import { parseDuration } from "../../go/duration.ts";
import { type FlagValues, parseGoFlags } from "../../go/flags.ts";
import { refuseArguments } from "../command.ts";
import { parseTagPairs } from "../tag_pairs.ts";
import { agentFlags, settingFlags } from "./agent_flags.ts";

/** The flags of a command line, before they are settings. */
export type AgentFlagValues = FlagValues<typeof agentFlags>;

/** A flag with a text that cannot be its setting. */
interface FlagMistake {
  readonly flag: string;
  readonly problem: string;
}

/** Parses the arguments of `serf agent`. Throws a `FlagError` for a mistake, and a `UsageFailure` for anything after. */
export function parseAgentArguments(args: readonly string[]): AgentFlagValues {
  const { flags, positionals } = parseGoFlags(args, agentFlags);
  refuseArguments(positionals);
  return flags;
}

/** The settings of flags; those with a mistake are left out. */
export function configSources(
  flags: AgentFlagValues,
): { sources: ConfigSources; mistakes: readonly FlagMistake[] } {
  const layer: Record<string, unknown> = {};
  const mistakes: FlagMistake[] = [];
  for (const [name, flag] of Object.entries(settingFlags)) {
    const setting = name as keyof typeof settingFlags;
    try {
      layer[setting] = settingOf(configOptions[setting].kind, flags[flag]);
    } catch (error) {
      mistakes.push({ flag, problem: errorText(error) });
    }
  }
  return { sources: { layer, configPaths: flags["config-file"] }, mistakes };
}

/** The same of the arguments of `serf agent`. Throws a {@link StartupError} too, for the first mistake in a text. */
export function parseAgentFlags(args: readonly string[]): ConfigSources {
  const { sources, mistakes } = configSources(parseAgentArguments(args));
  const [first] = mistakes;
  if (first !== undefined) throw new StartupError(`Error: ${first.problem}`, { mistakes });
  return sources;
}

function settingOf(kind: ConfigKind, value: unknown): unknown {
  if (kind === "tags") return parseTagPairs(value as readonly string[]);
  if (kind !== "duration" || value === undefined) return value;
  return value === "" ? undefined : parseDuration(value as string);
}
