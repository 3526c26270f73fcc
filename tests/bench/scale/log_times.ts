/** When nodes of a simulated cluster learnt what, as their logs tell. */

import type { SimLogLine } from "../../../lib/sim/mod.ts";

/** How the lines begin that are looked for; a name follows. */
export type Beginning =
  | "memberlist: Suspect"
  | "serf: EventMemberFailed:"
  | "serf: messageUserEventType:";

const LINE = /^(memberlist: Suspect|serf: EventMemberFailed:|serf: messageUserEventType:) (\S+)/;

/** Collects the times of first lines. */
export class LogTimes {
  /** By beginning and name: when each node wrote such a line first. */
  readonly #times = new Map<string, Map<string, number>>();

  /** Takes in any line. */
  add({ atMs, node, text }: SimLogLine): void {
    const line = LINE.exec(text)?.[0];
    if (line === undefined) return;
    let times = this.#times.get(line);
    if (times === undefined) this.#times.set(line, times = new Map());
    if (!times.has(node)) times.set(node, atMs);
  }

  /** When each node wrote that line first, virtual milliseconds, without one of the nodes; rising. */
  of(beginning: Beginning, name: string, but?: string): number[] {
    const times = this.#times.get(`${beginning} ${name}`) ?? [];
    return [...times].filter(([node]) => node !== but).map(([, atMs]) => atMs);
  }
}
