/**
 * The names of the queries that Serf itself sends and answers. Users never see such a query.
 *
 * @module
 */

import type { KeyOperation } from "./keys.ts";

/** The names of internal queries begin with this. */
export const INTERNAL_PREFIX = "_serf_";

/** A query that members only acknowledge, to see who can be reached. */
export const PING_QUERY = `${INTERNAL_PREFIX}ping`;

/** Asks members for their time, and where they see the member that asks: the host answers it. Serf's do not know it. */
export const CHECKUP_QUERY = `${INTERNAL_PREFIX}checkup`;

/** Asks members which node they know under a name. */
export const CONFLICT_QUERY = `${INTERNAL_PREFIX}conflict`;

/** Asks members how they see one of them. Serf's agents log that they do not know it. */
export const WHY_QUERY = `${INTERNAL_PREFIX}why`;

/** The name of the query for a key operation. */
export function keyQuery(operation: KeyOperation): string {
  return `${INTERNAL_PREFIX}${operation}`;
}
