/**
 * The settings in the arguments of `serf agent`.
 *
 * @module
 */

import { configOptions } from "../../agent/config/config.ts";
import type { ConfigSources } from "../../agent/config/load_config.ts";
import { StartupError } from "../../agent/config/startup_error.ts";
import { errorText } from "../../base/errors.ts";
import { parseDuration } from "../../go/duration.ts";
import { parseGoFlags } from "../../go/flags.ts";
import { refuseArguments } from "../command.ts";
import { parseTagPairs } from "../tag_pairs.ts";
import { agentFlags, settingFlags } from "./agent_flags.ts";

/**
 * Parses the arguments of `serf agent`. Throws a `FlagError` for a mistake in the flags, a `UsageFailure` for anything
 * after them, and a {@link StartupError} for a mistake in the text of a tag or a duration.
 */
export function parseAgentFlags(args: readonly string[]): ConfigSources {
  const { flags, positionals } = parseGoFlags(args, agentFlags);
  refuseArguments(positionals);
  const layer: Record<string, unknown> = {};
  for (const [name, flag] of Object.entries(settingFlags)) {
    const setting = name as keyof typeof settingFlags;
    layer[setting] = settingOf(setting, flags[flag]);
  }
  return { layer, configPaths: flags["config-file"] };
}

/** The setting in the value of a flag. A mistake in the text of it is one of the start, not one of the flags. */
function settingOf(setting: keyof typeof settingFlags, value: unknown): unknown {
  const flag = settingFlags[setting];
  const { kind } = configOptions[setting];
  try {
    if (kind === "tags") return parseTagPairs(value as readonly string[]);
    if (kind !== "duration" || value === undefined) return value;
    return value === "" ? undefined : parseDuration(value as string);
  } catch (error) {
    const problem = errorText(error);
    throw new StartupError(`Error: ${problem}`, { mistakes: [{ flag, problem }] });
  }
}
