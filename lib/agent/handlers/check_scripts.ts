/**
 * Event handlers that cannot run, as far as that is known without running them: what the shell cannot parse, and scripts
 * that start with a program that does not exist or is not executable.
 *
 * The shell itself is asked, because only it knows its builtins, and what it may execute. A script that starts with
 * anything but a plain word (a quote, a variable, an assignment, a parenthesis) is only parsed.
 *
 * @module
 */

import { decodeText } from "../../base/text.ts";

/** A first word that the shell takes as it is. */
const PLAIN_WORD = /^\s*([\w.\/@%+:,][\w.\/@%+:,-]*)(?=[\s;&|<>]|$)/;

/** Prints, for each pair of a script and its first word, what is wrong, or nothing, and a NUL byte. */
const PROGRAM = `
check() {
  errors=$(/bin/sh -n -c "$1" 2>&1) || { echo "$errors"; return; }
  case $2 in
    "") ;;
    */*)
      if [ ! -e "$2" ]; then echo "$2: no such file or directory"
      elif [ -d "$2" ]; then echo "$2: is a directory"
      elif [ ! -x "$2" ]; then echo "$2: not executable"
      elif [ -f "$2" ]; then
        IFS= read -r line < "$2"
        case $line in "#!"*)
          interpreter=$(printf "%s" "\${line#??}" | sed "s/^[[:blank:]]*//; s/[[:blank:]].*//")
          [ -x "$interpreter" ] || echo "$2: its interpreter $interpreter cannot be run"
        esac
      fi ;;
    *) command -v "$2" >/dev/null || echo "$2: not found" ;;
  esac
}
while [ $# -gt 0 ]; do
  check "$1" "$2" 2>/dev/null
  printf "\\\\0"
  shift 2
done`;

/** What is wrong with scripts, by script; those without a known problem are absent. */
export async function scriptProblems(scripts: Iterable<string>): Promise<Map<string, string>> {
  // There is no such shell on Windows.
  if (Deno.build.os === "windows") return new Map();
  const checked = [...new Set(scripts)];
  if (checked.length === 0) return new Map();
  const words = checked.flatMap((script) => [script, PLAIN_WORD.exec(script)?.[1] ?? ""]);
  const { stdout } = await new Deno.Command("/bin/sh", {
    args: ["-c", PROGRAM, "sh", ...words],
    stdin: "null",
    stderr: "null",
  }).output();
  const answers = decodeText(stdout).split("\0");
  return new Map(checked.flatMap((script, i) => {
    const [problem] = (answers[i] ?? "").split("\n");
    return problem === "" ? [] : [[script, problem]];
  }));
}
