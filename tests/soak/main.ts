/**
 * `deno task soak`: agents as real processes for long, in namespaces of their own. It takes Linux, root and `nft`.
 *
 *     deno task soak                            an hour of load, beside it ten minutes in a bad network
 *     deno task soak --minutes 600              ten hours of load
 *     deno task soak --only loss,cuts-mixed     some runs (see `runs.ts`), all at the same time
 *
 * The tables of `tests/bench/README.md` are printed by this.
 */

import { parseArgs } from "@std/cli/parse-args";
import { anySerf } from "../support/serf_versions.ts";
import { faultyNetworkMissing } from "./faulty_network.ts";
import { runInside, runIsolated } from "./isolated_run.ts";
import { type RunName, runs } from "./runs.ts";

const DEFAULT: readonly RunName[] = ["load", "everything", "everything-mixed"];

// To read the input, which goes on to the end, would keep the process alive.
Deno.exit(await runInside() ? 0 : await runAll());

/** Starts what the command line names. Returns the exit code. */
async function runAll(): Promise<number> {
  const options = parseArgs(Deno.args, {
    string: ["minutes", "only"],
    unknown: (arg) => {
      throw new TypeError(`Cannot use argument: got "${arg}"`);
    },
  });
  if (faultyNetworkMissing !== undefined) {
    console.error(`Cannot soak: ${faultyNetworkMissing}`);
    return 1;
  }
  const names = options.only === undefined ? DEFAULT : String(options.only).split(",");
  const minutes = minutesOf(options.minutes);
  const results = await Promise.allSettled(
    names.map(checkName).filter((name) => anySerf !== undefined || !runs[name].mixed)
      .map((name) => runIsolated(name, { minutes: minutes(name), log: console.log })),
  );
  const failures = results.filter((result) => result.status === "rejected");
  for (const { reason } of failures) console.error(reason);
  console.log(`${results.length - failures.length} runs passed, ${failures.length} failed`);
  return failures.length === 0 ? 0 : 1;
}

/** How long each run takes. The load takes as long as the command line says, the others no longer than that. */
function minutesOf(text: unknown): (name: RunName) => number {
  if (text === undefined) return (name) => runs[name].minutes;
  const minutes = Number(text);
  if (!(minutes > 0)) {
    throw new RangeError(`Cannot use --minutes: got "${text}", expected a number above 0`);
  }
  return (name) => name === "load" ? minutes : Math.min(minutes, runs[name].minutes);
}

function checkName(name: string): RunName {
  if (name in runs) return name as RunName;
  throw new RangeError(
    `Cannot use --only: got "${name}", expected some of ${Object.keys(runs).join(", ")}`,
  );
}
