/**
 * Deno's permissions, asked about before they are needed: a missing one then ends the program with one clear line
 * instead of a prompt in the middle of its work, or a stack trace.
 *
 * @module
 */

/** A line that names the flags for `deno run` that are missing; `undefined` if everything needed is granted. */
export function missingPermissions(
  needed: readonly Deno.PermissionDescriptor[],
): string | undefined {
  const missing = needed.filter((one) => !isGranted(one));
  if (missing.length === 0) return undefined;
  const flags = [...new Set(missing.map(({ name }) => `--allow-${name}`))];
  return `Missing Deno permissions: start this command with ${flags.join(" ")}`;
}

function isGranted(permission: Deno.PermissionDescriptor): boolean {
  try {
    return Deno.permissions.querySync(permission).state === "granted";
  } catch (error) {
    // What cannot be a host name needs no permission: connecting to it fails in any case.
    if (error instanceof URIError) return true;
    throw error;
  }
}
