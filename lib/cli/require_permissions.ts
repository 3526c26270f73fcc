/**
 * The permissions of a command.
 *
 * @module
 */

import { missingPermissions } from "../base/permissions.ts";
import { CommandFailure } from "./command_failure.ts";

/** Throws a {@link CommandFailure} that names the flags for `deno run` that are missing, if any are. */
export function requirePermissions(...needed: readonly Deno.PermissionDescriptor[]): void {
  const text = missingPermissions(needed);
  if (text !== undefined) throw new CommandFailure(text);
}
