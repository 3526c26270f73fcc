/**
 * The queries that Serf itself asks and answers. Users never see them.
 *
 * @module
 */

import type { KeyOperation } from "../../../api/keys.ts";

/** What the names of internal queries begin with. */
export const INTERNAL_PREFIX = "_serf_";

/** Asks for acks only: who can be reached? */
export const PING_QUERY = `${INTERNAL_PREFIX}ping`;

/** Asks who others believe the node of a name to be. */
export const CONFLICT_QUERY = `${INTERNAL_PREFIX}conflict`;

/** The name of the query that asks for a key operation. */
export function keyQuery(operation: KeyOperation): string {
  return `${INTERNAL_PREFIX}${operation}`;
}
