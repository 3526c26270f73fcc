/**
 * A check of Deno's permissions at the start, so that a missing one is reported in one clear line instead of a prompt
 * or a stack trace later.
 *
 * @module
 */

/** A line that names the missing `--allow-…` flags of `deno run`; `undefined` if all that is needed is granted. */
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
    // An invalid host name needs no permission: connecting to it fails anyway.
    if (error instanceof URIError) return true;
    throw error;
  }
}
