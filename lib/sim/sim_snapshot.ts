/**
 * The snapshot file of a simulated node, and the faults of its disk.
 *
 * @module
 */

import {
  compactionThreshold,
  formatCompacted,
  formatEntry,
  parseSnapshot,
  type SnapshotEntry,
  type SnapshotState,
} from "../serf/snapshot/snapshot.ts";

/** How often lines are written to the file, milliseconds; the host does it as often. A kill loses the rest. */
const FLUSH_INTERVAL_MS = 500;

/** A snapshot as text. It outlives the process that writes it. */
export class SimSnapshot {
  #written = "";
  #waiting = "";
  #flushAt = 0;

  /** Adds a line. `now` is the time of the simulation, milliseconds. */
  add(entry: SnapshotEntry, now: number): void {
    if (this.#waiting !== "" && now >= this.#flushAt) this.flush();
    if (this.#waiting === "") this.#flushAt = now + FLUSH_INTERVAL_MS;
    this.#waiting += formatEntry(entry);
    if (entry.type === "leave") this.flush();
  }

  /** Writes the lines that wait. */
  flush(): void {
    this.#written += this.#waiting;
    this.#waiting = "";
  }

  /** The process is killed: lines that were not yet due to be written are lost. */
  crash(now: number): void {
    if (now >= this.#flushAt) this.flush();
    this.#waiting = "";
  }

  /** The file is lost. */
  lose(): void {
    this.#written = "";
  }

  /** Only this share of the file, 0 to 1, survives: its beginning. */
  truncate(share: number): void {
    this.#written = this.#written.slice(0, Math.floor(this.#written.length * share));
  }

  /** Reads the file, as a process does when it starts. */
  read(): SnapshotState {
    const { state, wholeLength } = parseSnapshot(this.#written);
    if (wholeLength > compactionThreshold(state.alive.size)) this.#written = formatCompacted(state);
    else if (!this.#written.endsWith("\n")) this.#removeLastLine();
    return state;
  }

  /** A line that was cut off is removed, so that the next one is not appended to it. */
  #removeLastLine(): void {
    this.#written = this.#written.slice(0, this.#written.lastIndexOf("\n") + 1);
  }
}
