/**
 * The manual page serf(1), in the macros that man(7) describes.
 *
 * @module
 */

import { type KeyReference, keyReferences } from "../../agent/config/reference.ts";
import type { FlagSpec } from "../../go/flags.ts";
import { settingFlags } from "../agent/agent_flags.ts";
import { flagNotes, wrap } from "../usage.ts";
import { keyNotes } from "./config_help.ts";
import { VERSION } from "../version.ts";
import type { DescribedCommand } from "./described_commands.ts";

/** The variables of the environment, beside those that flags name. */
const VARIABLES: readonly (readonly [name: string, meaning: string])[] = [
  ["SERF_RPC_ADDR", "RPC address of the agent, if -rpc-addr is not given."],
  ["SERF_RPC_AUTH, SERF_RPC_AUTH_FILE", "RPC token, or the file with it."],
  ["SERF_RPC_TIMEOUT", "How long to wait for an answer, if -rpc-timeout is not given."],
  [
    "SERF_RPC_TLS_CA, SERF_RPC_TLS_CERT, SERF_RPC_TLS_KEY, SERF_RPC_TLS_SERVER_NAME",
    "As the flags of these names.",
  ],
  ["NO_COLOR", "Keeps colours out of the output."],
];

const SIGNALS: readonly (readonly [name: string, meaning: string])[] = [
  ["SIGINT", "The agent leaves the cluster and ends, unless skip_leave_on_interrupt is set."],
  ["SIGTERM", "The agent ends, and leaves the cluster before if leave_on_terminate is set."],
  ["SIGHUP", "The agent reads its configuration again."],
  ["SIGUSR1", "The agent prints its metrics to standard error."],
];

const STATUSES: readonly (readonly [code: string, meaning: string])[] = [
  ["0", "Success; for an agent, the end after a graceful leave."],
  ["1", "Failure."],
  ["127", "No command was given, or an unknown one."],
];

/** The page, for `man -l -`. */
export function manualPage(commands: readonly DescribedCommand[]): string {
  return [
    `.TH SERF 1 "" "serf ${text(VERSION)}" "User Commands"`,
    ...section(
      "NAME",
      "serf \\- decentralized cluster membership, failure detection and orchestration",
    ),
    ...section(
      "SYNOPSIS",
      ".B serf",
      ".RI [ \\-\\-version ] \\ [ \\-\\-help ] \\ command \\ [ arguments ]",
    ),
    ...section(
      "DESCRIPTION",
      paragraph(
        "Serf keeps a list of the members of a cluster on every node, by gossip, notices which of them fail, and " +
          "carries user events and queries to all of them. An agent (serf agent) runs on each node; the other " +
          "commands talk to the agent of this node by RPC. Flags have one dash or two, and their value follows " +
          "after = or as the next argument.",
      ),
    ),
    ...section("COMMANDS"),
    ...commands.flatMap(commandLines),
    ...section(
      "CONFIGURATION",
      paragraph(
        "The agent reads JSON files (-config-file, -config-dir): one object with the keys below. A later file goes " +
          "before an earlier one and a flag before all files; lists are joined. Durations are texts such as 1m30s. " +
          "Settings marked with an asterisk also change on SIGHUP; the others take a restart.",
      ),
    ),
    ...keyReferences(settingFlags).flatMap(keyLines),
    ...section("ENVIRONMENT"),
    ...VARIABLES.flatMap(([name, meaning]) => item(`.B ${text(name)}`, meaning)),
    ...section("SIGNALS"),
    ...SIGNALS.flatMap(([name, meaning]) => item(`.B ${text(name)}`, meaning)),
    ...section("EXIT STATUS"),
    ...STATUSES.flatMap(([code, meaning]) => item(`.B ${code}`, meaning)),
  ].join("\n");
}

function section(title: string, ...lines: readonly string[]): string[] {
  return [`.SH ${title}`, ...lines];
}

function commandLines({ usage }: DescribedCommand): string[] {
  const [program, name, ...rest] = usage.line.split(" ");
  return [
    `.SS "${text([program, name].join(" "))}"`,
    `.B ${text([program, name].join(" "))}`,
    ...rest.length === 0 ? [] : [text(rest.join(" "))],
    ...usage.description.split("\n\n").flatMap((part) =>
      part === "" ? [] : [".PP", paragraph(part)]
    ),
    ...Object.entries(usage.flags).flatMap(([flag, spec]) =>
      item(flagLabel(flag, spec), flagNotes(spec))
    ),
  ];
}

function flagLabel(name: string, { kind, value = kind }: FlagSpec): string {
  const flag = `.BR \\-${text(name)}`;
  return kind === "bool" ? flag : `.BI \\-${text(name)}= ${quoted(value)}`;
}

function keyLines(reference: KeyReference): string[] {
  const { key, type, reloads } = reference;
  return item(`.BR ${quoted(key)} " (${text(type)})${reloads ? "*" : ""}"`, keyNotes(reference));
}

function item(label: string, meaning: string): string[] {
  return [".TP", label, paragraph(meaning)];
}

/** Lines of text, none of which may look like a request. */
function paragraph(content: string): string {
  return wrap(text(content), 0).map((line) => line.replace(/^[.']/, "\\&$&")).join("\n");
}

/** Dashes are those of command lines, and backslashes no escapes. */
function text(content: string): string {
  return content.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll(/\s+/g, " ");
}

function quoted(content: string): string {
  return `"${text(content).replaceAll('"', '""')}"`;
}
