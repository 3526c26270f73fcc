/**
 * Completion for fish.
 *
 * @module
 */

import type { FlagSpec } from "../../go/flags.ts";
import {
  commandArguments,
  type Completion,
  type DescribedCommand,
  flagCompletion,
  takesValue,
} from "./described_commands.ts";

/** The script, for `serf completion fish | source`. */
export function fishCompletion(commands: readonly DescribedCommand[]): string {
  const names = commands.map(({ name }) => name);
  return [
    "# Completion of serf for fish: serf completion fish | source",
    "",
    "function __serf_members",
    "    serf members 2>/dev/null | string split -f 1 ' '",
    "end",
    "",
    "# Whether command and number of arguments before the current one are these.",
    "function __serf_argument",
    "    set -l words (commandline -opc)",
    "    set -l arguments (string match -v -- '-*' $words)",
    '    test "$arguments[2]" = $argv[1]; and test (count $arguments) -eq $argv[2]',
    "end",
    "",
    "complete -c serf -f",
    ...commands.map(({ name, summary }) =>
      `complete -c serf -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`
    ),
    ...commands.flatMap((command) => commandLines(command, names)),
    "",
  ].join("\n");
}

function commandLines({ name, usage }: DescribedCommand, names: readonly string[]): string[] {
  const start = `complete -c serf -n '__fish_seen_subcommand_from ${name}'`;
  const flags = Object.entries(usage.flags).map(([flag, spec]) =>
    [start, "-o", flag, ...valueOptions(flag, spec), "-d", quoted(spec.help)].join(" ")
  );
  const words = commandArguments(usage).flatMap(({ completion }, i) => {
    const offered = offer(completion, names);
    if (offered === undefined) return [];
    return [`complete -c serf -n '__serf_argument ${name} ${i + 2}' -a ${quoted(offered)}`];
  });
  return ["", ...flags, ...words];
}

function valueOptions(name: string, spec: FlagSpec): string[] {
  if (!takesValue(spec)) return [];
  const completion = flagCompletion(name, spec);
  if (completion === "file" || completion === "directory") return ["-r", "-F"];
  const offered = offer(completion);
  return offered === undefined ? ["-x"] : ["-x", "-a", quoted(offered)];
}

function offer(completion: Completion, names: readonly string[] = []): string | undefined {
  switch (completion) {
    case "member":
      return "(__serf_members)";
    case "command":
      return names.join(" ");
    case "file":
    case "directory":
    case "nothing":
      return undefined;
    default:
      return completion.words.join(" ");
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
