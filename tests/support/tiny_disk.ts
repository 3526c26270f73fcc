/**
 * A disk of 64 KiB for a script, in a mount namespace of its own.
 *
 * @module
 */

import { TemporaryDirectory } from "./temporary_directory.ts";

const MOUNT = 'mount -t tmpfs -o size=64k none "$DISK"';

/** Why there can be no such disk here; `undefined` where there can. */
export const tinyDiskMissing: string | undefined = tryOut();

function tryOut(): string | undefined {
  using directory = new TemporaryDirectory();
  try {
    const { success } = new Deno.Command("unshare", {
      args: ["--mount", "sh", "-c", MOUNT],
      env: { DISK: directory.path },
      stdout: "null",
      stderr: "null",
    }).outputSync();
    return success ? undefined : "mount namespaces need root on Linux";
  } catch {
    return "there is no `unshare` program here";
  }
}

/**
 * Runs a module whose first argument is the path of the disk, and returns what it prints. `prepare` are commands of a
 * shell that run before, with the path in `$DISK`.
 */
export async function runInTinyDisk(source: string, prepare = "true"): Promise<string> {
  using directory = new TemporaryDirectory();
  using scripts = new TemporaryDirectory();
  scripts.write({ "script.ts": source });
  const { stdout, stderr, success } = await new Deno.Command("unshare", {
    args: ["--mount", "sh", "-c", `${MOUNT} && ${prepare} && exec "$@"`, "sh"]
      .concat([Deno.execPath(), "run", "-A", "--quiet", "--no-check"])
      .concat([scripts.file("script.ts"), directory.path]),
    env: { DISK: directory.path, NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
