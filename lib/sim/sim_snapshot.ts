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
/** How long after a failure a full disk is tried again, milliseconds; the host waits as long. */
const RECOVERY_INTERVAL_MS = 30_000;

/** `full` fails all that is written, and `hanging` finishes nothing. */
export type DiskState = "working" | "full" | "hanging";

/** A snapshot as text. It outlives the process that writes it. */
export class SimSnapshot {
  /** The condition of the disk. What it did not take, the process writes later, unless it is killed before. */
  disk: DiskState = "working";
  #written = "";
  /** Lines that the disk has not taken. */
  #missed = "";
  #waiting = "";
  #flushAt = 0;
  #recoverAt = -Infinity;

  /** Adds a line. `now` is the time of the simulation, milliseconds. */
  add(entry: SnapshotEntry, now: number): void {
    if (this.#waiting !== "" && now >= this.#flushAt) this.flush(now);
    if (this.#waiting === "") this.#flushAt = now + FLUSH_INTERVAL_MS;
    this.#waiting += formatEntry(entry);
    if (entry.type === "leave") this.flush(now);
  }

  /** Writes the lines that wait, if the disk takes them. Without a time the process ends, and tries in any case. */
  flush(now = Infinity): void {
    this.#missed += this.#waiting;
    this.#waiting = "";
    if (this.disk === "full") this.#recoverAt = now + RECOVERY_INTERVAL_MS;
    if (this.disk !== "working" || now < this.#recoverAt) return;
    this.#written += this.#missed;
    this.#missed = "";
  }

  /** The process is killed: lines that were not yet due to be written are lost. */
  crash(now: number): void {
    if (now >= this.#flushAt) this.flush(now);
    this.#waiting = this.#missed = "";
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
    this.#recoverAt = -Infinity;
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
