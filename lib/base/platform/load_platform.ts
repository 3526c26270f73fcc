/**
 * The choice of the platform.
 *
 * @module
 */

import { denoPlatform } from "./deno_platform.ts";
import type { Platform } from "./platform.ts";

/**
 * The platform that this process runs on. On Deno no `node:` module is loaded. The choice is a function, and no `await` at
 * the top of a module, because Node refuses to `require()` modules that have one.
 */
export async function loadPlatform(): Promise<Platform> {
  if (isDeno()) return denoPlatform;
  return (await import("./node_platform.ts")).nodePlatform;
}

/** Whether this is Deno. */
export function isDeno(): boolean {
  return "Deno" in globalThis;
}
