/**
 * Facts about the process, under the names that `serf info` has always shown.
 *
 * @module
 */

/** Processor names as Go calls them, where they differ. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: "amd64", aarch64: "arm64" };

/** The `runtime` section of the statistics. One event loop stands for all of Go's goroutines. */
export function runtimeStats(): Record<string, string> {
  const processors = String(navigator.hardwareConcurrency);
  return {
    arch: ARCHITECTURES[Deno.build.arch] ?? Deno.build.arch,
    cpu_count: processors,
    goroutines: "1",
    max_procs: processors,
    os: Deno.build.os,
    version: `deno${Deno.version.deno}`,
  };
}
