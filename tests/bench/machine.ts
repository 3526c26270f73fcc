/** What a run must be judged by: the machine, the versions, and how busy it was. */

import { ourProgram, referenceMissing, run } from "../support/program.ts";

/** The machine and the programs, by name. */
export async function describeMachine(): Promise<Record<string, string>> {
  const processors = Deno.readTextFileSync("/proc/cpuinfo");
  return {
    date: new Date().toISOString(),
    cpu: /^model name\s*: (.*)$/m.exec(processors)?.[1] ?? Deno.build.arch,
    cores: String(navigator.hardwareConcurrency),
    kernel: Deno.osRelease(),
    deno: Deno.version.deno,
    "our program": ourProgram,
    serf: referenceMissing ?? (await run("reference", ["version"])).stdout.split("\n")[0],
    "load average before": Deno.loadavg().map((load) => load.toFixed(2)).join(" "),
  };
}
