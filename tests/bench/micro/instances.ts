/** Instances of `Serf` that share a process: what each further one occupies. */

import { memoryOf } from "../process_usage.ts";
import type { Report } from "../report.ts";
import { sleep } from "../../support/sleep.ts";
import { median } from "../statistics.ts";
import type { Suite } from "./suite.ts";

/** All members of the cluster, whichever process they are in. */
const MEMBERS = 30;
/** The sizes of the process that are compared. */
const FEW = 5;
const MANY = 25;
const REPETITIONS = 3;
const SETTLE_MS = 5_000;

const script = new URL("instances_process.ts", import.meta.url).pathname;
const seed = "127.0.91.1:17946";

/** Memory of processes that have few and many of the members of one cluster. */
export const instances: Suite = {
  name: "instances",
  async run(report: Report) {
    for (let i = 0; i < REPETITIONS; i++) {
      const few = await residentMebibytes(FEW);
      const many = await residentMebibytes(MANY);
      record(report, `process with ${FEW} of ${MEMBERS} members`, few);
      record(report, `process with ${MANY} of ${MEMBERS} members`, many);
      record(report, "each further instance", (many - few) / (MANY - FEW));
    }
  },
};

function record(report: Report, variant: string, value: number): void {
  report.add("ours", { benchmark: "instances", variant, metric: "RSS", unit: "MiB" }, value);
}

/** The memory of a process with so many members, while another process has the rest. */
async function residentMebibytes(count: number): Promise<number> {
  await using measured = await Members.start(0, count);
  await using _others = await Members.start(count, MEMBERS - count);
  await sleep(SETTLE_MS);
  const samples: number[] = [];
  for (let i = 0; i < 5; i++) {
    samples.push(memoryOf(measured.pid).rss);
    await sleep(200);
  }
  return median(samples);
}

/** A process with some members. Disposing of it kills it. */
class Members implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
  }

  /** Resolves when all of them have joined. */
  static async start(first: number, count: number): Promise<Members> {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", script, String(first), String(count), seed],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const { done } = await child.stdout.getReader().read();
    if (done) throw new Error("The process with the members has ended");
    return new Members(child);
  }

  get pid(): number {
    return this.#child.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
  }
}
