/** What a run must be judged by: the machine, the versions, and how busy it was. */

import { ourProgram } from "../support/program.ts";
import { anySerf } from "../support/serf_versions.ts";

/** The machine and the programs, by name. */
export function describeMachine(): Record<string, string> {
  const processors = Deno.readTextFileSync("/proc/cpuinfo");
  return {
    date: new Date().toISOString(),
    cpu: /^model name\s*: (.*)$/m.exec(processors)?.[1] ?? Deno.build.arch,
    cores: String(navigator.hardwareConcurrency),
    kernel: Deno.osRelease(),
    deno: Deno.version.deno,
    "our program": ourProgram,
    serf: anySerf ?? "none",
    "load average before": Deno.loadavg().map((load) => load.toFixed(2)).join(" "),
  };
}
