/**
 * How much a piece of work costs, on a machine that may be busy with other things.
 *
 * @module
 */

import process from "node:process";

/** Processor time that this process has taken so far, milliseconds. */
export function cpuTimeMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
