/**
 * Files for a test.
 *
 * @module
 */

import type { TemporaryDirectory } from "../host/temporary_directory.ts";

/** Writes files into a directory, by their path in it. */
export function writeFiles(
  directory: TemporaryDirectory,
  files: Readonly<Record<string, string>>,
): void {
  for (const [name, text] of Object.entries(files)) {
    const path = directory.file(name);
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    Deno.writeTextFileSync(path, text);
  }
}
