/**
 * Completion for bash.
 *
 * @module
 */

import {
  commandArguments,
  type Completion,
  type DescribedCommand,
  flagCompletion,
  takesValue,
} from "./described_commands.ts";

/** The script, for `source <(serf completion bash)`. */
export function bashCompletion(commands: readonly DescribedCommand[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  return `# Completion of serf for bash: source <(serf completion bash)

# Offers the lines of $1 that begin with the current word. What "compgen -W" would expand stays as it is.
_serf_offer() {
  local line
  while IFS= read -r line; do
    [[ $line == "$current"* ]] && COMPREPLY+=("$line")
  done <<< "$1"
}

_serf_offer_members() {
  local line
  while IFS= read -r line; do
    [[ $line == "$current"* ]] && COMPREPLY+=("$(printf %q "$line")")
  done < <("\${COMP_WORDS[0]}" members 2>/dev/null | cut -d " " -f 1)
}

_serf_offer_files() {
  local IFS=$'\\n'
  compopt -o filenames
  COMPREPLY=($(compgen "$1" -- "$current"))
}

_serf() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous="" flag="" command="" word
  local position=0 takes_value="" i
  COMPREPLY=()
  # bash takes "=" for a word of its own.
  if [ "$current" = "=" ]; then
    flag=\${COMP_WORDS[COMP_CWORD - 1]}
    current=""
  elif [ "$COMP_CWORD" -gt 1 ] && [ "\${COMP_WORDS[COMP_CWORD - 1]}" = "=" ]; then
    flag=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [ -z "$command" ]; then
      case $word in -*) ;; *) command=$word ;; esac
      continue
    fi
    if [ "$word" = "=" ]; then
      takes_value=""
      ((i++))
      continue
    fi
    if [ -n "$takes_value" ]; then
      takes_value=""
      continue
    fi
    case $word in
      -*)
        previous=\${word#-}
        case $command:\${previous#-} in
          ${withValues(commands)}) takes_value=$word ;;
        esac
        ;;
      *) ((position++)) ;;
    esac
  done
  [ -n "$flag" ] || flag=$takes_value
  flag=\${flag#-}
  flag=\${flag#-}
  if [ -z "$command" ]; then
    _serf_offer "${words(names.split(" "))}"
  elif [ -n "$flag" ]; then
    case $command:$flag in
${indented(commands.flatMap(flagCases), 6)}
    esac
  elif [[ $current == -* ]]; then
    compopt -o nospace
    case $command in
${indented(commands.map(flagList), 6)}
    esac
  else
    case $command:$position in
${indented(commands.flatMap((command) => argumentCases(command, names)), 6)}
    esac
  fi
}

complete -F _serf serf
`;
}

/** The flags with values, as a pattern. */
function withValues(commands: readonly DescribedCommand[]): string {
  return commands.flatMap(({ name, usage }) =>
    Object.entries(usage.flags).filter(([, spec]) => takesValue(spec))
      .map(([flag]) => `${name}:${flag}`)
  ).join(" | ");
}

function flagCases({ name, usage }: DescribedCommand): string[] {
  return Object.entries(usage.flags).flatMap(([flag, spec]) => {
    const action = actionFor(flagCompletion(flag, spec));
    return action === undefined ? [] : [`${name}:${flag}) ${action} ;;`];
  });
}

/** Flags with values end in "=", the others in a space. */
function flagList({ name, usage }: DescribedCommand): string {
  const flags = Object.entries(usage.flags)
    .map(([flag, spec]) => `-${flag}${takesValue(spec) ? "=" : " "}`);
  return `${name}) _serf_offer "${words([...flags, "-help "])}" ;;`;
}

function argumentCases(command: DescribedCommand, names: string): string[] {
  return commandArguments(command.usage).flatMap(({ completion }, i) => {
    const action = actionFor(completion, names);
    return action === undefined ? [] : [`${command.name}:${i}) ${action} ;;`];
  });
}

function actionFor(completion: Completion, names = ""): string | undefined {
  switch (completion) {
    case "file":
      return "_serf_offer_files -f";
    case "directory":
      return "_serf_offer_files -d";
    case "member":
      return "_serf_offer_members";
    case "command":
      return `_serf_offer "${words(names.split(" "))}"`;
    case "nothing":
      return undefined;
    default:
      return `_serf_offer "${words(completion.words)}"`;
  }
}

/** Each on a line of its own, inside double quotes. */
function words(texts: readonly string[]): string {
  return texts.join("\n");
}

function indented(lines: readonly string[], columns: number): string {
  return lines.map((line) => " ".repeat(columns) + line).join("\n");
}
