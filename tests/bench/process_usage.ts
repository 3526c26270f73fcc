/** What processes take of the machine, as Linux tells. */

/** Memory of a process, MiB. */
export interface MemoryUsage {
  /** Resident: all pages it has in memory. */
  readonly rss: number;
  /** Proportional: pages that it shares count only in part. */
  readonly pss: number;
}

/** The memory of a process. */
export function memoryOf(pid: number): MemoryUsage {
  const text = Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`);
  const mebibytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) / 1024;
  return { rss: mebibytes("Rss"), pss: mebibytes("Pss") };
}

/** Processor time that a process has taken so far, by the scheduler's clock, milliseconds. Ended threads do not count. */
export function cpuMsOf(pid: number): number {
  let nanoseconds = 0;
  for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
    try {
      const text = Deno.readTextFileSync(`/proc/${pid}/task/${name}/schedstat`);
      nanoseconds += Number(text.split(" ", 1)[0]);
    } catch {
      // The thread has ended meanwhile.
    }
  }
  return nanoseconds / 1e6;
}

/** Processor time that a process has taken so far, in whole ticks of 10 ms, milliseconds. */
export function tickMsOf(pid: number): number {
  return ticksOf(pid, [14, 15]);
}

/** Processor time of all processes that this one has started and that have ended, in ticks of 10 ms, milliseconds. */
export function endedChildrenMs(): number {
  return ticksOf(Deno.pid, [16, 17]);
}

/** The sum of some fields of a process that count ticks, milliseconds. They are counted from 1. */
function ticksOf(pid: number, numbers: readonly number[]): number {
  const text = Deno.readTextFileSync(`/proc/${pid}/stat`);
  // What follows the name, which stands in parentheses and may contain anything, begins with the third field.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return numbers.reduce((sum, number) => sum + 10 * Number(fields[number - 3]), 0);
}
