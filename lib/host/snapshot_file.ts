/**
 * The snapshot on disk: an append-only log from which a restarted node knows its members and clocks, compacted when it
 * has grown too long, as Serf's `Snapshotter` does. `lib/serf/snapshot` defines what its lines say.
 *
 * @module
 */

import { encodeText } from "../base/text.ts";
import type { Log } from "../base/log.ts";
import { loadPlatform } from "../base/platform/load_platform.ts";
import type { OutputFile, Platform } from "../base/platform/platform.ts";
import { after, endsWithin, type Timer } from "../base/timer.ts";
import { writeAll } from "../base/write_all.ts";
import { isForbidden, syncFolderOf } from "../base/write_file.ts";
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
import { escapeControls } from "../go/escape_controls.ts";
import { osErrorText } from "../go/os_error.ts";

/** Settings of a {@link SnapshotFile}. */
export interface SnapshotFileOptions {
  /** Whether a node that has left joins the same cluster again when it is restarted. */
  readonly rejoinAfterLeave?: boolean;
  readonly log: Log;
  readonly metrics?: Metrics;
  /** How long opening may take. Default 10 s. */
  readonly openTimeoutMs?: number;
}

/** How long lines are kept in memory, as in Serf (`flushInterval`). A crash loses at most this much. */
const FLUSH_INTERVAL_MS = 500;
/** How often a file that could not be written is tried again, as in Serf (`snapshotErrorRecoveryInterval`). */
const RECOVERY_INTERVAL_MS = 30_000;
/** How long a start waits for a disk that does not respond; then whoever started the node can tell, and try again. */
const OPEN_TIMEOUT_MS = 10_000;
/** How long a shutdown waits for a disk that does not respond. */
const CLOSE_TIMEOUT_MS = 250;
/** The file's mode, as in Serf. */
const MODE = 0o644;

/**
 * Appends entries to the file, twice a second; a leave, and closing the file, write and sync at once. A file that has
 * grown too long is replaced by a compacted one. So is a file that could not be written, as soon as that works again;
 * while only compacting fails, entries are appended all the same.
 */
export class SnapshotFile {
  /** The state that was read from the file when it was opened. */
  readonly recovered: SnapshotState;
  readonly #path: string;
  readonly #log: Log;
  readonly #metrics: Metrics | undefined;
  /** The state after all entries so far. */
  readonly #replay: SnapshotReplay;
  readonly #platform: Platform;
  #file: OutputFile;
  #size: number;
  #pending = "";
  #syncWanted = false;
  /** Whether pending lines were dropped because a slow disk let too many wait; the next flush compacts the file instead. */
  #overflowed = false;
  #flushTimer: Timer | undefined;
  #writing: Promise<void> | undefined;
  /** Whether a new file is being made that is to replace this one. */
  #replacing = false;
  /** How much of what is pending is in this file already while a new one is made, and the writing of more. */
  #besideLength = 0;
  #besideWriting: Promise<void> | undefined;
  /** Whether an append failed, so that none is tried until the next recovery. */
  #broken = false;
  /** Whether a compaction has to make up for a failure. */
  #compactionDue = false;
  /** When a compaction may be tried again, in milliseconds of `performance.now()`. */
  #recoverAt = 0;

  private constructor(path: string, file: OutputFile, parts: {
    readonly platform: Platform;
    readonly recovered: SnapshotState;
    readonly replay: SnapshotReplay;
    readonly size: number;
    readonly log: Log;
    readonly metrics: Metrics | undefined;
  }) {
    this.#path = path;
    this.#platform = parts.platform;
    this.#file = file;
    this.recovered = parts.recovered;
    this.#replay = parts.replay;
    this.#size = parts.size;
    this.#log = parts.log;
    this.#metrics = parts.metrics;
  }

  /**
   * Opens the file or creates it, and reads it. An incomplete line at the end is removed, so that the next one starts on a
   * line of its own. Rejects with an `Error` such as `failed to open snapshot: open /x/y: no such file or directory`, also
   * if the disk does not respond.
   */
  static async open(path: string, options: SnapshotFileOptions): Promise<SnapshotFile> {
    const opening = SnapshotFile.#open(path, options);
    if (await endsWithin(opening, options.openTimeoutMs ?? OPEN_TIMEOUT_MS)) return opening;
    opening.then((file) => file.close(), () => {});
    throw new Error(`failed to open snapshot: open ${path}: the disk does not respond`);
  }

  static async #open(path: string, options: SnapshotFileOptions): Promise<SnapshotFile> {
    const { rejoinAfterLeave, log, metrics } = options;
    const platform = await loadPlatform();
    let file: OutputFile | undefined;
    try {
      file = await platform.openFile(path, { append: true, mode: MODE });
      const bytes = await platform.readFile(path);
      const { state, warnings, wholeLength } = parseSnapshot(bytes, { rejoinAfterLeave });
      for (const { level, text } of warnings) log(level, escapeControls(text));
      if (wholeLength < bytes.length) await file.truncate(wholeLength);
      const replay = replayOf(state, { rejoinAfterLeave });
      const parts = { platform, recovered: state, replay, size: wholeLength, log, metrics };
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
    const tooLong = this.#isTooLong(this.#pending.length);
    if (tooLong && this.#writing !== undefined) {
      this.#pending = "";
      this.#besideLength = 0;
      this.#overflowed = true;
    }
    if (entry.type === "leave") this.#syncWanted = true;
    if (tooLong || entry.type === "leave") {
      this.#flush();
    } else {
      this.#flushTimer ??= after(FLUSH_INTERVAL_MS, () => this.#flush());
    }
  }

  /**
   * Writes and syncs what is pending, and closes the file. Resolves after 250 ms at the latest, with a warning if the disk
   * does not respond; the file is closed when it does. No entry may be added afterwards.
   */
  async close(): Promise<void> {
    this.#syncWanted = true;
    this.#recoverAt = 0;
    const closing = this.#flush().then(() => this.#file.close());
    if (!await endsWithin(closing, CLOSE_TIMEOUT_MS)) {
      this.#log("WARN", "serf: Snapshot was not written: the disk does not respond");
    }
  }

  /** Writes what is pending; resolves when it is written. Only one flush runs at a time. */
  #flush(): Promise<void> {
    this.#flushTimer?.cancel();
    this.#flushTimer = undefined;
    if (this.#replacing) this.#flushBeside();
    this.#writing ??= this.#writePending();
    return this.#writing;
  }

  /**
   * Appends what is pending to the old file while a new one is made: that may take long on a busy disk, and a crash leaves
   * the old one. It stays pending for the new one.
   */
  #flushBeside(lines = this.#takeBeside()): void {
    if (lines === "" || this.#broken) return;
    // The writing that is under way takes what comes meanwhile.
    this.#besideWriting ??= this.#appendBeside(lines);
  }

  #takeBeside(): string {
    if (this.#besideWriting !== undefined) return "";
    const lines = this.#pending.slice(this.#besideLength);
    this.#besideLength = this.#pending.length;
    return lines;
  }

  async #appendBeside(lines: string): Promise<void> {
    const file = this.#file;
    try {
      const bytes = encodeText(lines);
      await writeAll(file, bytes);
      this.#size += bytes.length;
    } catch {
      // The new file will have it.
      await file.truncate(this.#size).catch(() => {});
    }
    this.#besideWriting = undefined;
    if (this.#replacing) this.#flushBeside();
  }

  async #writePending(): Promise<void> {
    do {
      const lines = this.#pending;
      const sync = this.#syncWanted;
      this.#pending = "";
      this.#syncWanted = false;
      const recovering = this.#compactionDue && performance.now() >= this.#recoverAt;
      const recovered = recovering && await this.#recover();
      // What has been compacted contains the lines already.
      if (!recovered && !this.#broken) await this.#append(lines, sync);
    } while (this.#pending !== "" || this.#syncWanted);
    // Not in `finally()`, which runs later: entries added in between would find a flush that no longer writes them.
    this.#writing = undefined;
  }

  /** Appends lines, and compacts the file if that makes it too long. Never rejects. */
  async #append(lines: string, sync: boolean): Promise<void> {
    const startedAt = performance.now();
    const bytes = encodeText(lines);
    try {
      await writeAll(this.#file, bytes);
      this.#size += bytes.length;
      if (sync) await this.#file.sync();
    } catch (error) {
      this.#broken = true;
      // A part of a line would spoil the line that comes after it.
      await this.#file.truncate(this.#size).catch(() => {});
      return await this.#failed(error);
    }
    this.#metrics?.sample("serf.snapshot.appendLine", performance.now() - startedAt);
    if (this.#compactionDue || !(this.#overflowed || this.#isTooLong(this.#size))) return;
    try {
      await this.#compact();
    } catch (error) {
      await this.#failed(error);
    }
  }

  async #failed(error: unknown): Promise<void> {
    this.#compactionDue = true;
    this.#log("ERR", `serf: Failed to update snapshot: ${osErrorText(error)}`);
    if (performance.now() >= this.#recoverAt) await this.#recover();
  }

  #isTooLong(bytes: number): boolean {
    return bytes > compactionThreshold(this.#replay.alive.size);
  }

  /** Tries to make up for a failure by a compaction, and resolves to whether that worked. Never rejects. */
  async #recover(): Promise<boolean> {
    this.#recoverAt = performance.now() + RECOVERY_INTERVAL_MS;
    this.#log("INFO", "serf: Attempting compaction to recover from error...");
    try {
      await this.#compact();
      this.#compactionDue = this.#broken = false;
      this.#log("INFO", "serf: Finished compaction, successfully recovered from error state");
      return true;
    } catch (error) {
      const reason = osErrorText(error);
      this.#log("ERR", `serf: Compaction failed, will reattempt after 30s: ${reason}`);
      // Appending may work again although compacting does not.
      this.#broken = false;
      return false;
    }
  }

  /** Replaces the file by a compacted one. The file under the path is complete at any moment, if it can be renamed. */
  async #compact(): Promise<void> {
    const startedAt = performance.now();
    const bytes = encodeText(formatCompacted(this.#replay));
    const pending = this.#pending;
    const overflowed = this.#overflowed;
    this.#pending = "";
    this.#besideLength = 0;
    this.#overflowed = false;
    try {
      await this.#replaceWhileAppending(bytes, pending) || await this.#rewrite(bytes);
    } catch (error) {
      this.#pending = pending + this.#pending;
      this.#overflowed ||= overflowed;
      throw error;
    }
    this.#size = bytes.length;
    this.#metrics?.sample("serf.snapshot.compact", performance.now() - startedAt);
  }

  /** As {@link #replace}; meanwhile entries go into the old file, first those that the new one has already. */
  async #replaceWhileAppending(bytes: Uint8Array, lines: string): Promise<boolean> {
    this.#replacing = true;
    this.#flushBeside(lines);
    try {
      return await this.#replace(bytes);
    } finally {
      this.#replacing = false;
      await this.#besideWriting;
    }
  }

  /** Writes a new file and gives it the name of the old one; resolves to false if that cannot be done here. */
  async #replace(bytes: Uint8Array): Promise<boolean> {
    const path = `${this.#path}.compact`;
    let file: OutputFile;
    try {
      file = await this.#platform.openFile(path, { append: false, mode: MODE });
    } catch (error) {
      if (isForbidden(error)) return false;
      throw error;
    }
    try {
      await writeAll(file, bytes);
      await file.sync();
    } catch (error) {
      file.close();
      throw error;
    }
    try {
      await this.#platform.rename(path, this.#path);
    } catch {
      // The file is a mount point, for instance.
      file.close();
      await this.#platform.removeFile(path);
      return false;
    }
    const old = this.#file;
    this.#file = file;
    this.#replacing = false;
    await this.#besideWriting;
    old.close();
    await syncFolderOf(this.#path);
    return true;
  }

  async #rewrite(bytes: Uint8Array): Promise<void> {
    await this.#file.truncate(0);
    await writeAll(this.#file, bytes);
    await this.#file.sync();
  }
}

/** Returns a replay that has reached a state. */
function replayOf(
  state: SnapshotState,
  options: { readonly rejoinAfterLeave?: boolean },
): SnapshotReplay {
  const replay = new SnapshotReplay(options);
  for (const [name, address] of state.alive) replay.apply({ type: "alive", name, address });
  for (const [name, address] of state.lost) replay.apply({ type: "lost", name, address });
  replay.apply({ type: "clock", lTime: state.clock });
  replay.apply({ type: "event-clock", lTime: state.eventClock });
  replay.apply({ type: "query-clock", lTime: state.queryClock });
  return replay;
}
