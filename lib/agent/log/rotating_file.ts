/**
 * A log file that is put aside when it is large, as newer tools of HashiCorp do it: the file always has its own name, and
 * those put aside have the time in theirs, `serf-1795893824581000000.log`.
 *
 * @module
 */

import { folderOf } from "../../base/write_file.ts";
import type { ByteSink } from "../../base/write_all.ts";

/** When a file is put aside, and how many are kept. */
export interface RotationOptions {
  /** The largest size of a file, bytes; 0 for no bound. A line that is longer by itself is written whole. */
  readonly maxBytes: number;
  /** How many files are kept beside the one that is written; 0 for all. */
  readonly maxFiles: number;
}

const NEWLINE = 0x0a;

/** Appends to a file. Between two writes it ends with a whole line, if what is written does. */
export class RotatingFile implements ByteSink, Disposable {
  readonly #path: string;
  readonly #options: RotationOptions;
  #file: Deno.FsFile;
  #size: number;
  /** Tells files of the same millisecond apart. */
  #rotations = 0;

  /** Opens or creates the file. Throws the system's error. */
  constructor(path: string, options: RotationOptions) {
    this.#path = path;
    this.#options = options;
    this.#file = open(path);
    this.#size = this.#file.statSync().size;
  }

  /** Writes whole lines as far as the file has room for them, at least one; returns how many bytes. */
  async write(bytes: Uint8Array): Promise<number> {
    const { maxBytes } = this.#options;
    if (maxBytes > 0 && this.#size > 0 && this.#size + firstLine(bytes) > maxBytes) this.#rotate();
    const room = maxBytes > 0 ? maxBytes - this.#size : Infinity;
    const part = bytes.length <= room ? bytes.length : wholeLines(bytes, room);
    const written = await this.#file.write(bytes.subarray(0, part));
    this.#size += written;
    return written;
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }

  /** Puts the file aside. Where that is impossible it is written further, and the next attempt comes as many bytes later. */
  #rotate(): void {
    const [stem, extension] = this.#nameParts();
    const time = `${Date.now()}${String(this.#rotations++ % 1_000_000).padStart(6, "0")}`;
    this.#size = 0;
    try {
      this.#putAside(`${stem}-${time}${extension}`);
      const file = open(this.#path);
      this.#file.close();
      this.#file = file;
      this.#prune();
    } catch {
      // The folder may not be written to, for instance.
    }
  }

  #putAside(path: string): void {
    try {
      Deno.renameSync(this.#path, path);
    } catch (error) {
      // Another program has moved the file, or we have, and there was no descriptor for a new one.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Removes the oldest files, if there are too many. */
  #prune(): void {
    const { maxFiles } = this.#options;
    if (maxFiles === 0) return;
    const [stem, extension] = this.#nameParts();
    const folder = folderOf(this.#path);
    const name = RegExp.escape(stem.slice(stem.lastIndexOf("/") + 1));
    const aside = new RegExp(`^${name}-\\d{19}${RegExp.escape(extension)}$`);
    const files = [...Deno.readDirSync(folder)].filter((entry) => aside.test(entry.name))
      .map((entry) => entry.name).sort();
    for (const file of files.slice(0, -maxFiles)) Deno.removeSync(`${folder}/${file}`);
  }

  #nameParts(): [stem: string, extension: string] {
    const [extension] = /\.[^./]*$/.exec(this.#path) ?? [""];
    return [this.#path.slice(0, this.#path.length - extension.length), extension];
  }
}

function open(path: string): Deno.FsFile {
  return Deno.openSync(path, { append: true, create: true, mode: 0o640 });
}

/** The length of the first line with its newline. */
function firstLine(bytes: Uint8Array): number {
  const end = bytes.indexOf(NEWLINE);
  return end === -1 ? bytes.length : end + 1;
}

/** The length of the lines that have room, but of one at least. */
function wholeLines(bytes: Uint8Array, room: number): number {
  const end = bytes.lastIndexOf(NEWLINE, room - 1);
  return room < 1 || end === -1 ? firstLine(bytes) : end + 1;
}
