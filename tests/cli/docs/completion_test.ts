/** The completion of the command line, tried in the shells that are installed. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { commandTable } from "../../../lib/cli/command_table.ts";
import { describedCommands } from "../../../lib/cli/docs/described_commands.ts";
import { hasProgram } from "../../support/has_program.ts";
import { TemporaryDirectory } from "../../support/temporary_directory.ts";
import { serf } from "../recorded_io.ts";

/** What a line may be completed to, in any shell; members come from the script below. */
const cases: Readonly<Record<string, readonly string[]>> = {
  "serf mem": ["members"],
  "serf members -form": ["-format="],
  "serf members -format=j": ["json"],
  "serf members -format j": ["json"],
  "serf agent -log-format=log": ["logfmt"],
  "serf agent -config-file=good-f": ["good-file.json"],
  "serf agent -node x -config-dir good-d": ["good-dir"],
  "serf force-leave al": ["alpha"],
  "serf force-leave -prune al": ["alpha"],
  "serf rtt alpha be": ["beta$(touch"],
  "serf query -node=al": ["alpha"],
  "serf completion fi": ["fish"],
  "serf help reach": ["reachability"],
};

/** A folder with a script, files to complete, and a `serf` that lists two members, one with a hostile name. */
async function shellFolder(shell: string): Promise<TemporaryDirectory> {
  const directory = new TemporaryDirectory();
  const { stdout, exit } = await serf(["completion", shell]);
  assertEquals(exit, 0);
  directory.write({
    "completion": stdout,
    "good-file.json": "{}",
    "good-dir/x": "",
    "bin/serf":
      "#!/bin/sh\necho 'alpha  127.0.0.1:7946  alive'\necho 'beta$(touch x)  127.0.0.2:7946  failed'\n",
  });
  Deno.chmodSync(directory.file("bin/serf"), 0o755);
  return directory;
}

/** Runs a program in the folder, with its `serf` first in the path; returns its standard output. */
async function output(
  directory: TemporaryDirectory,
  program: string,
  args: readonly string[],
): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd: directory.path,
    env: { PATH: `${directory.file("bin")}:${Deno.env.get("PATH")}`, HOME: directory.path },
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stdout);
  assertEquals(text === "", false, new TextDecoder().decode(stderr));
  return text;
}

function shellTest(
  shell: string,
  name: string,
  fn: (directory: TemporaryDirectory) => Promise<void>,
) {
  const missing = hasProgram(shell) ? "" : ` (skipped: ${shell} is not installed)`;
  Deno.test({
    name: `${shell}: ${name}${missing}`,
    ignore: missing !== "",
    async fn() {
      using directory = await shellFolder(shell);
      await fn(directory);
    },
  });
}

/** The words of a line as bash splits them. */
function bashWords(line: string): string[] {
  return line.split(/ |(=)/).filter((word) => word !== undefined && word !== "");
}

/** Completes lines; what bash offers goes on one line for each. */
async function inBash(directory: TemporaryDirectory, lines: readonly string[]): Promise<string[]> {
  const script = [
    "source ./completion",
    // There is no line editor to which it could say anything.
    "compopt() { :; }",
    'try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _serf; echo "${COMPREPLY[*]}"; }',
    ...lines.map((line) => `try ${bashWords(line).join(" ")}${line.endsWith(" ") ? " ''" : ""}`),
  ].join("\n");
  return (await output(directory, "bash", ["-c", script])).trimEnd().split("\n");
}

shellTest("bash", "commands, flags, values, files and members are completed", async (directory) => {
  const lines = Object.keys(cases);
  const offered = await inBash(directory, lines);
  const expected = lines.map((line) => cases[line].join(" ").replace("$(", "\\$\\("));
  assertEquals(Object.fromEntries(lines.map((line, i) => [line, offered[i]])), {
    ...Object.fromEntries(lines.map((line, i) => [line, expected[i]])),
  });
});

shellTest("bash", "every flag of every command is offered", async (directory) => {
  const commands = await describedCommands(commandTable);
  const [all, ...flags] = await inBash(directory, [
    "serf ",
    ...commands.map(({ name }) => `serf ${name} -`),
  ]);
  assertEquals(all.split(" "), commands.map(({ name }) => name));
  for (const [i, { usage }] of commands.entries()) {
    const offered = flags[i].split(/=?\s+|=$/).filter((flag) => flag !== "");
    assertEquals(offered, [...Object.keys(usage.flags).map((flag) => `-${flag}`), "-help"]);
  }
});

shellTest("fish", "commands, flags, values, files and members are completed", async (directory) => {
  const lines = Object.keys(cases);
  const script = [
    "source completion",
    ...lines.map((line) => `complete -C '${line}' | string join '|'; echo`),
  ].join("\n");
  const text = await output(directory, "fish", ["--no-config", "-c", script]);
  const offered = text.split("\n").filter((line) => line !== "");
  for (const [i, line] of lines.entries()) {
    const words = offered[i].split("|").map((word) => word.split("\t")[0].replace(/\/$/, ""));
    // fish repeats what stands before the value, and shows no "=".
    const [expected] = cases[line];
    assertEquals(
      words.map((word) => word.replace(/^-.*=/, "")),
      [expected.replace(/=$/, "")],
      line,
    );
  }
});

shellTest("zsh", "commands, flags, values, files and members are completed", async (directory) => {
  const lines = Object.keys(cases);
  directory.write({ "try.zsh": ZSH_SCRIPT });
  const text = await output(directory, "zsh", ["-f", "try.zsh", ...lines]);
  for (const line of lines) {
    const [expected] = cases[line];
    const typed = line.replace(/(?<=[ =])[^ =]*$/, "");
    assertStringIncludes(text, `${line} => ${typed}${expected.replace("$(", "\\$\\(")}`);
  }
});

/** Types each line into a shell on a terminal of its own, and the tab key, and prints what the line becomes. */
const ZSH_SCRIPT = String.raw`
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PS1=; unsetopt beep; autoload -Uz compinit && compinit -D -u -C; source ./completion'
zpty -w shell 'show() { print -r -- "RESULT:[$BUFFER]"; BUFFER=; zle .accept-line }'
zpty -w shell 'zle -N show; bindkey "^X" show; print REA""DY'
zpty -r -m shell ready '*READY*'
for line; do
  zpty -w -n shell "$line"$'\t\x18'
  zpty -r -m shell result '*RESULT:*]*'
  print -r -- "$line => ${"$"}{${"$"}{result##*RESULT:\[}%%\]*}"
done
zpty -d shell
`;

Deno.test("an unknown shell is refused, with the known ones", async () => {
  const none = await serf(["completion"]);
  assertEquals([none.exit, none.stderr], [1, "expected one of bash, zsh, fish\n"]);
  assertEquals((await serf(["completion", "tcsh"])).stderr, "unknown shell: tcsh\n");
  assertEquals((await serf(["completion", "zsh", "x"])).stderr, "unexpected argument: x\n");
});
