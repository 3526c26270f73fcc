/**
 * How much a piece of work costs, on a machine that may be busy with other things.
 *
 * @module
 */

import process from "node:process";

/**
 * Processor time that this thread has taken so far, milliseconds, in steps of 10. Other test files, which run on threads of
 * their own, do not count.
 */
export function cpuTimeMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
