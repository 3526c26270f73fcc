/**
 * Starts a run in namespaces of its own.
 *
 * @module
 */

import { bundleEnvironment } from "../support/our_builds.ts";
import { isolated } from "./isolated_process.ts";
import { type RunName, runs, type SoakOptions } from "./runs.ts";

/** The module that carries out a run in the namespaces it is started in, if the environment names one. */
const MAIN = new URL("main.ts", import.meta.url).pathname;

/** Names the run, and for how long. */
const NAME = "SERF_SOAK_RUN";
const MINUTES = "SERF_SOAK_MINUTES";

/** The runs are about the network. Without this, agents starve beside the other tests, and rightly suspect each other. */
const FIRST_SERVED = ["nice", "-n", "-10"];

/** Carries out a run in new namespaces. Rejects with what it complains of. */
export async function runIsolated(name: RunName, { minutes, log }: SoakOptions): Promise<void> {
  const [program, ...args] = isolated([
    ...FIRST_SERVED,
    Deno.execPath(),
    "run",
    "--allow-all",
    MAIN,
  ]);
  await using child = new Deno.Command(program, {
    args,
    env: { NO_COLOR: "1", [NAME]: name, [MINUTES]: String(minutes), ...bundleEnvironment() },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stderr = new Response(child.stderr).text();
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    for (const line of text.trimEnd().split("\n")) log(`${name}: ${line}`);
  }
  const { success } = await child.status;
  await child.stdin.close();
  if (!success) throw new Error(`${name} failed:\n${await stderr}`);
}

/** Carries out the run that this process was started for. Returns `false` if there is none. */
export async function runInside(): Promise<boolean> {
  const name = Deno.env.get(NAME);
  if (name === undefined) return false;
  endWithInput();
  await runs[name as RunName].start({
    minutes: Number(Deno.env.get(MINUTES)),
    log: (line) => console.log(line),
  });
  return true;
}

/** Ends this process when whoever has started it is gone, and takes the agents along. */
async function endWithInput(): Promise<void> {
  for await (const _ of Deno.stdin.readable);
  Deno.exit(1);
}
