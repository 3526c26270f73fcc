/** Commands that go on until something happens to them. */

import { commandLine, type CommandResult, type Kind } from "../interop/agents.ts";

/** Starts a command, waits until it has printed `cue`, lets `act` happen to it, and waits for its end. */
export async function runUntil(
  kind: Kind,
  args: readonly string[],
  { cue, act }: { readonly cue: string; readonly act: (child: Deno.ChildProcess) => void },
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
  let seen = false;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    stdout += text;
    if (!seen && stdout.includes(cue)) {
      seen = true;
      act(child);
    }
  }
  return { code: (await child.status).code, stdout, stderr: await stderr };
}
