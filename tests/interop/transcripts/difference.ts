/** A difference between what was recorded and what a program does. */

import { entryOf, type Observation } from "./recording.ts";

/** One way in which outputs differ. */
export interface Difference {
  /** Entries as `file/name`; `*` stands for anything. */
  readonly where: readonly string[];
  readonly reason: string;
  /** Whether the outcome depends on chance: it may be what was recorded, too. */
  readonly sometimes?: boolean;
  /** Turns what was recorded into what the program does. Whatever it leaves as it is must be the same. */
  readonly adapt: (recorded: Observation) => Observation;
}

/** Replaces something in the texts of an observation. */
export function replace(pattern: string | RegExp, by: string): Difference["adapt"] {
  return (recorded) => ({
    ...recorded,
    stdout: recorded.stdout?.replaceAll(pattern, by),
    stderr: recorded.stderr?.replaceAll(pattern, by),
  });
}

/** Adds lines to standard error. */
export function hinting(...lines: readonly string[]): Difference["adapt"] {
  return ({ stderr = "", ...rest }) => ({
    ...rest,
    stderr: stderr + lines.map((line) => `${line}\n`).join(""),
  });
}

/** What an agent says that has started well and still runs. */
export function running(): Observation {
  const { stdout } = entryOf("agent-startup", "plain").recorded;
  return { stdout: stdout?.replace(/==> Caught signal[^]*/, ""), stderr: "", exit: null };
}

/** What a start that fails says. */
export function failing(...lines: readonly string[]): Difference["adapt"] {
  return () => ({ stdout: lines.map((line) => `==> ${line}\n`).join(""), stderr: "", exit: 1 });
}
