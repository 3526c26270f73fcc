/**
 * Replacing a file as a whole: the new contents go into a temporary file beside it, which is then renamed. Whoever reads
 * the file, also after a crash or with a full disk, finds either the old contents or the new.
 *
 * @module
 */

import { errorCode } from "./errors.ts";
import { loadPlatform } from "./platform/load_platform.ts";

/**
 * Writes a file that only its owner may read, and returns when it is on the disk. Where renaming is not possible (a file
 * that is a mount point of its own, a folder that may not be written to, a device) the file is written in place. Throws
 * the system's error; the old file is still there then, if renaming is possible.
 */
export function writeFileAtomically(path: string, bytes: Uint8Array): void {
  const target = resolveLinks(path);
  if (!isReplaceable(target)) return writeInPlace(target, bytes);
  const temporary = `${target}.tmp`;
  try {
    removeIfExists(temporary);
    write(temporary, bytes, { createNew: true });
  } catch (error) {
    removeIfExists(temporary);
    if (!isForbidden(error)) throw error;
    return writeInPlace(target, bytes);
  }
  try {
    Deno.renameSync(temporary, target);
  } catch {
    // The disk has had room for the contents, so it has in place too.
    removeIfExists(temporary);
    return writeInPlace(target, bytes);
  }
  syncFolderNow(target);
}

/** Makes a rename of a file durable, as far as the system can: a crash may undo one that is not. */
export async function syncFolderOf(path: string): Promise<void> {
  try {
    await (await loadPlatform()).syncFolder(folderOf(path));
  } catch {
    // Windows opens no folders, some file systems sync none, and we may not be allowed to read it.
  }
}

function syncFolderNow(path: string): void {
  try {
    const folder = Deno.openSync(folderOf(path), { read: true });
    // Not with `using`: when it minifies, `deno bundle` loses one that is used only in the next statement.
    try {
      folder.syncSync();
    } finally {
      folder.close();
    }
  } catch {
    // As above.
  }
}

/** The folder that a file is in. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1) || ".";
}

/** Whether files may not be created in a folder, by the system or by Deno. */
export function isForbidden(error: unknown): boolean {
  return ["EACCES", "EPERM", "EROFS"].includes(errorCode(error) ?? "") ||
    error instanceof Error && error.name === "NotCapable";
}

/** A link is kept, and what it points to is replaced. */
function resolveLinks(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return path; // It does not exist yet.
  }
}

function isReplaceable(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch {
    return true;
  }
}

function removeIfExists(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It does not exist, or creating it tells what is wrong.
  }
}

function writeInPlace(path: string, bytes: Uint8Array): void {
  write(path, bytes, { create: true, truncate: true });
}

function write(path: string, bytes: Uint8Array, options: Deno.OpenOptions): void {
  using file = Deno.openSync(path, { write: true, mode: 0o600, ...options });
  for (let written = 0; written < bytes.length;) {
    written += file.writeSync(bytes.subarray(written));
  }
  if (file.statSync().isFile) file.syncSync();
}
