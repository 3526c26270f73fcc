/**
 * Completion for zsh.
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

/** The script, for `source <(serf completion zsh)` or a file `_serf` in `$fpath`. */
export function zshCompletion(commands: readonly DescribedCommand[]): string {
  const list = commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`);
  return `#compdef serf
# Completion of serf for zsh: source <(serf completion zsh), or a file _serf in $fpath

_serf_members() {
  local -a members
  members=(\${(f)"$(_call_program members serf members 2>/dev/null | cut -d ' ' -f 1)"})
  compadd -a members
}

_serf_commands() {
  local -a commands
  commands=(
${list.join("\n")}
  )
  _describe command commands
}

_serf() {
  if ((CURRENT == 2)); then
    _serf_commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${commands.map(commandCase).join("\n")}
  esac
}

if [[ $funcstack[1] == _serf ]]; then
  _serf "$@"
else
  compdef _serf serf
fi
`;
}

function commandCase({ name, usage }: DescribedCommand): string {
  const specs = [
    ...Object.entries(usage.flags).map(([flag, spec]) => flagSpec(flag, spec)),
    quoted("-help[Show the help of this command]"),
    ...commandArguments(usage).map(({ name, completion }, i) =>
      quoted(`${i + 1}:${name}:${action(completion)}`)
    ),
  ];
  return `    ${name})\n      _arguments \\\n${
    specs.map((spec) => `        ${spec}`).join(" \\\n")
  }\n      ;;`;
}

function flagSpec(name: string, spec: FlagSpec): string {
  const repeated = spec.kind === "list" ? "*" : "";
  const help = `[${escaped(spec.help)}]`;
  if (!takesValue(spec)) return quoted(`-${name}${help}`);
  const value = escaped(spec.value ?? spec.kind);
  return quoted(`${repeated}-${name}=${help}:${value}:${action(flagCompletion(name, spec))}`);
}

function action(completion: Completion): string {
  switch (completion) {
    case "file":
      return "_files";
    case "directory":
      return "_files -/";
    case "member":
      return "_serf_members";
    case "command":
      return "_serf_commands";
    case "nothing":
      return " ";
    default:
      return `(${completion.words.join(" ")})`;
  }
}

/** Brackets and colons end parts of a specification. */
function escaped(text: string): string {
  return text.replaceAll(/[[\]:\\]/g, "\\$&");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
