/**
 * Replacing a file as a whole: the new contents go into a temporary file beside it, which is then renamed. Whoever reads
 * the file, also after a crash or with a full disk, finds either the old contents or the new.
 *
 * @module
 */

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
  syncFolderOf(target);
}

/** Makes the names in a file's folder durable, as far as the system can: without it, a crash may undo a rename. */
export function syncFolderOf(path: string): void {
  const end = path.lastIndexOf("/");
  try {
    using folder = Deno.openSync(end < 0 ? "." : path.slice(0, end + 1), { read: true });
    folder.syncSync();
  } catch {
    // Windows opens no folders, some file systems sync none, and we may not be allowed to read it.
  }
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

/** Whether files may not be created in the folder, by the system or by Deno. */
function isForbidden(error: unknown): boolean {
  return error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotCapable ||
    error instanceof Error && "code" in error && error.code === "EROFS";
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
