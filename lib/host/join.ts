/**
 * Joining by name: resolves the targets of a join to addresses, contacts them, and reports which could not be reached.
 *
 * @module
 */

import type { Log } from "../base/log.ts";
import type { Address } from "../base/address.ts";
import { errorText, JoinError, type JoinFailure } from "../base/errors.ts";
import { resolveTarget } from "./resolve.ts";

/** How targets are resolved and contacted. */
export interface JoinContext {
  /** The port of a target that names none. */
  readonly defaultPort: number;
  /** Called for each target that cannot be resolved, even if others are reached. */
  readonly log: Log;
  /** Contacts every address; resolves to the number of those that were reached, and why the others were not. */
  readonly contact: (
    addresses: readonly Address[],
  ) => Promise<{ readonly count: number; readonly failures: readonly JoinFailure[] }>;
}

/**
 * Joins every address that the targets stand for, and resolves to how many were reached. Rejects with a `JoinError` if
 * there were targets and none was, with the failures in the order of the targets.
 */
export async function joinTargets(
  targets: readonly string[],
  { defaultPort, log, contact }: JoinContext,
): Promise<number> {
  const resolved = await Promise.all(targets.map((target) => resolve(target, defaultPort)));
  const addresses = resolved.flatMap((result) => result instanceof Array ? result : []);
  for (const result of resolved) {
    if (!(result instanceof Array)) log("WARN", `memberlist: ${result.reason}`);
  }
  const { count, failures } = await contact(addresses);
  if (count > 0 || targets.length === 0) return count;
  const unreached = Map.groupBy(failures, ({ address }) => address);
  throw new JoinError(
    resolved.flatMap((result) =>
      result instanceof Array
        ? result.flatMap(({ text }) => unreached.get(text)?.shift() ?? [])
        : [result]
    ),
  );
}

async function resolve(target: string, defaultPort: number): Promise<Address[] | JoinFailure> {
  try {
    return await resolveTarget(target, { defaultPort });
  } catch (error) {
    return { address: target, reason: `failed to resolve ${target}: ${errorText(error)}` };
  }
}
