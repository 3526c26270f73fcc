/**
 * `serf agent -check-config`: what is wrong with a configuration, without starting an agent.
 *
 * @module
 */

import { findMistakes } from "../../agent/config/check_config.ts";
import { type Finding, formatFinding } from "../../agent/config/findings.ts";
import { type CommandIo, UsageFailure } from "../command.ts";
import { nearest } from "../nearest.ts";
import { settingFlags } from "./agent_flags.ts";
import { type AgentFlagValues, configSources } from "./parse_agent_flags.ts";

/** Prints everything that is wrong, and returns the exit code: 0 if an agent could start, otherwise 1. */
export async function checkConfiguration(flags: AgentFlagValues, io: CommandIo): Promise<number> {
  const { format = "text" } = flags;
  if (format !== "text" && format !== "json") throw new UsageFailure(`Invalid format: ${format}`);
  const { sources, mistakes } = configSources(flags);
  const findings: Finding[] = [
    ...mistakes.map((mistake) => ({ severity: "error", ...mistake } as const)),
    ...await findMistakes({ ...sources, flags: settingFlags, nearest }),
  ];
  const valid = findings.every(({ severity }) => severity !== "error");
  if (format === "json") io.out(JSON.stringify({ valid, findings }, null, 2));
  else {
    for (const finding of findings) io.out(formatFinding(finding, { severity: true }));
    if (valid) io.out("The configuration is valid");
  }
  return valid ? 0 : 1;
}
