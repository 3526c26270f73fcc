/** Running a command that does not end by itself, and interrupting it. */

import { commandLine, type CommandResult, type Kind } from "./program.ts";

/** An action to take once a command has printed some text. */
export interface Step {
  readonly cue: string | RegExp;
  readonly act: (child: Deno.ChildProcess) => void;
}

/** Starts a command, takes the steps in order, each at its cue, and waits for the command to end. */
export async function runUntil(
  kind: Kind,
  args: readonly string[],
  ...steps: readonly Step[]
): Promise<CommandResult> {
  const line = commandLine(kind, args);
  await using child = new Deno.Command(line.program, {
    args: line.args,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stderr = new Response(child.stderr).text();
  let stdout = "";
  let taken = 0;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    stdout += text;
    while (taken < steps.length && stdout.search(literal(steps[taken].cue)) >= 0) {
      steps[taken++].act(child);
    }
  }
  return { code: (await child.status).code, stdout, stderr: await stderr };
}

function literal(cue: string | RegExp): string | RegExp {
  return typeof cue === "string" ? RegExp.escape(cue) : cue;
}
