/**
 * In which order files are synced and renamed, for tests of what a crash of the machine leaves.
 *
 * @module
 */

/** What was done to the disk. */
export type DiskStep = "sync file" | "sync folder" | "rename";

/** Records the steps of this thread until it is disposed of. */
export class RecordedDiskSteps implements Disposable {
  readonly steps: DiskStep[] = [];
  readonly #undo: () => void;

  constructor() {
    const { steps } = this;
    const { sync, syncSync } = Deno.FsFile.prototype;
    const { rename, renameSync } = Deno;
    const syncOf = (file: Deno.FsFile) => file.statSync().isFile ? "sync file" : "sync folder";
    Deno.FsFile.prototype.sync = function () {
      steps.push(syncOf(this));
      return sync.call(this);
    };
    Deno.FsFile.prototype.syncSync = function () {
      steps.push(syncOf(this));
      syncSync.call(this);
    };
    Deno.rename = (...paths) => {
      steps.push("rename");
      return rename(...paths);
    };
    Deno.renameSync = (...paths) => {
      steps.push("rename");
      renameSync(...paths);
    };
    this.#undo = () => {
      Object.assign(Deno.FsFile.prototype, { sync, syncSync });
      Object.assign(Deno, { rename, renameSync });
    };
  }

  [Symbol.dispose](): void {
    this.#undo();
  }
}
