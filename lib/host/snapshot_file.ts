/**
 * The snapshot on disk: an append-only log from which a restarted node knows its members and clocks, compacted when it
 * has grown too long, as Serf's `Snapshotter` does. `lib/serf/snapshot` defines what its lines say.
 *
 * @module
 */

import { encodeText } from "../base/text.ts";
import type { Log } from "../base/log.ts";
import { after, type Timer } from "../base/timer.ts";
import { writeAll } from "../base/write_all.ts";
import type { Metrics } from "../base/metrics.ts";
import {
  compactionThreshold,
  formatCompacted,
  formatEntry,
  parseSnapshot,
  type SnapshotEntry,
  SnapshotReplay,
  type SnapshotState,
} from "../serf/snapshot/snapshot.ts";
import { osErrorText } from "../go/os_error.ts";

/** Settings of a {@link SnapshotFile}. */
export interface SnapshotFileOptions {
  /** Whether a node that has left joins the same cluster again when it is restarted. */
  readonly rejoinAfterLeave?: boolean;
  readonly log: Log;
  readonly metrics?: Metrics;
}

/** How long lines are kept in memory, as in Serf (`flushInterval`). A crash loses at most this much. */
const FLUSH_INTERVAL_MS = 500;
/** How often a file that could not be written is tried again, as in Serf (`snapshotErrorRecoveryInterval`). */
const RECOVERY_INTERVAL_MS = 30_000;
/** The file's mode, as in Serf. */
const MODE = 0o644;

/**
 * Appends entries to the file, twice a second; a leave, and closing the file, write and sync at once. A file that has
 * grown too long is replaced by a compacted one. So is a file that could not be written, as soon as that works again.
 */
export class SnapshotFile {
  /** The state that was read from the file when it was opened. */
  readonly recovered: SnapshotState;
  readonly #path: string;
  readonly #log: Log;
  readonly #metrics: Metrics | undefined;
  /** The state after all entries so far. */
  readonly #replay: SnapshotReplay;
  #file: Deno.FsFile;
  #size: number;
  #pending = "";
  #syncWanted = false;
  /** Whether pending lines were dropped because there were too many; the next flush compacts the file instead. */
  #overflowed = false;
  #flushTimer: Timer | undefined;
  #writing: Promise<void> | undefined;
  /** Whether lines were lost because the file could not be written. */
  #broken = false;
  /** When a compaction may be tried again, in milliseconds of `performance.now()`. */
  #recoverAt = 0;

  private constructor(path: string, file: Deno.FsFile, parts: {
    readonly recovered: SnapshotState;
    readonly replay: SnapshotReplay;
    readonly size: number;
    readonly log: Log;
    readonly metrics: Metrics | undefined;
  }) {
    this.#path = path;
    this.#file = file;
    this.recovered = parts.recovered;
    this.#replay = parts.replay;
    this.#size = parts.size;
    this.#log = parts.log;
    this.#metrics = parts.metrics;
  }

  /**
   * Opens the file or creates it, and reads it. An incomplete line at the end is removed, so that the next one starts on a
   * line of its own. Rejects with an `Error` such as `failed to open snapshot: open /x/y: no such file or directory`.
   */
  static async open(path: string, options: SnapshotFileOptions): Promise<SnapshotFile> {
    const { rejoinAfterLeave, log, metrics } = options;
    let file: Deno.FsFile | undefined;
    try {
      file = await Deno.open(path, { read: true, append: true, create: true, mode: MODE });
      const bytes = await Deno.readFile(path);
      const { state, warnings, wholeLength } = parseSnapshot(bytes, { rejoinAfterLeave });
      for (const { level, text } of warnings) log(level, text);
      if (wholeLength < bytes.length) await file.truncate(wholeLength);
      const replay = replayOf(state, { rejoinAfterLeave });
      const parts = { recovered: state, replay, size: wholeLength, log, metrics };
      return new SnapshotFile(path, file, parts);
    } catch (cause) {
      file?.close();
      const reason = `open ${path}: ${osErrorText(cause)}`;
      throw new Error(`failed to open snapshot: ${reason}`, { cause });
    }
  }

  /** Appends an entry. */
  add(entry: SnapshotEntry): void {
    this.#replay.apply(entry);
    this.#pending += formatEntry(entry);
    if (this.#isTooLong(this.#pending.length)) {
      this.#pending = "";
      this.#overflowed = true;
    }
    if (entry.type === "leave") {
      this.#syncWanted = true;
      this.#flush();
    } else {
      this.#flushTimer ??= after(FLUSH_INTERVAL_MS, () => this.#flush());
    }
  }

  /** Writes and syncs what is pending, and closes the file. No entry may be added afterwards. */
  async close(): Promise<void> {
    this.#syncWanted = true;
    this.#recoverAt = 0;
    await this.#flush();
    this.#file.close();
  }

  /** Writes what is pending; resolves when it is written. Only one flush runs at a time. */
  #flush(): Promise<void> {
    this.#flushTimer?.cancel();
    this.#flushTimer = undefined;
    this.#writing ??= this.#writePending();
    return this.#writing;
  }

  async #writePending(): Promise<void> {
    do {
      const lines = this.#pending;
      const sync = this.#syncWanted;
      this.#pending = "";
      this.#syncWanted = false;
      try {
        if (this.#broken) await this.#recover();
        else await this.#append(lines, sync);
      } catch (error) {
        this.#broken = true;
        this.#log("ERR", `serf: Failed to update snapshot: ${osErrorText(error)}`);
        await this.#recover();
      }
    } while (this.#pending !== "" || this.#syncWanted);
    // Not in `finally()`, which runs later: entries added in between would find a flush that no longer writes them.
    this.#writing = undefined;
  }

  async #append(lines: string, sync: boolean): Promise<void> {
    const startedAt = performance.now();
    const bytes = encodeText(lines);
    await writeAll(this.#file, bytes);
    this.#size += bytes.length;
    if (sync) await this.#file.sync();
    this.#metrics?.sample("serf.snapshot.appendLine", performance.now() - startedAt);
    if (this.#overflowed || this.#isTooLong(this.#size)) await this.#compact();
  }

  #isTooLong(bytes: number): boolean {
    return bytes > compactionThreshold(this.#replay.alive.size);
  }

  /** Tries to make up for lost lines by a compaction. Never rejects. */
  async #recover(): Promise<void> {
    const now = performance.now();
    if (now < this.#recoverAt) return;
    this.#recoverAt = now + RECOVERY_INTERVAL_MS;
    this.#log("INFO", "serf: Attempting compaction to recover from error...");
    try {
      await this.#compact();
      this.#broken = false;
      this.#log("INFO", "serf: Finished compaction, successfully recovered from error state");
    } catch (error) {
      const reason = osErrorText(error);
      this.#log("ERR", `serf: Compaction failed, will reattempt after 30s: ${reason}`);
    }
  }

  /** Replaces the file by a compacted one. The file under the path is complete at any moment. */
  async #compact(): Promise<void> {
    const startedAt = performance.now();
    const path = `${this.#path}.compact`;
    const file = await Deno.open(path, { write: true, create: true, truncate: true, mode: MODE });
    const bytes = encodeText(formatCompacted(this.#replay));
    this.#pending = "";
    this.#overflowed = false;
    try {
      await writeAll(file, bytes);
      await file.sync();
      await Deno.rename(path, this.#path);
    } catch (error) {
      file.close();
      throw error;
    }
    this.#file.close();
    this.#file = file;
    this.#size = bytes.length;
    this.#metrics?.sample("serf.snapshot.compact", performance.now() - startedAt);
  }
}

/** Returns a replay that has reached a state. */
function replayOf(
  state: SnapshotState,
  options: { readonly rejoinAfterLeave?: boolean },
): SnapshotReplay {
  const replay = new SnapshotReplay(options);
  for (const [name, address] of state.alive) replay.apply({ type: "alive", name, address });
  replay.apply({ type: "clock", lTime: state.clock });
  replay.apply({ type: "event-clock", lTime: state.eventClock });
  replay.apply({ type: "query-clock", lTime: state.queryClock });
  return replay;
}
