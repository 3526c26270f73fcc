/**
 * Query filters: by the names of members, and by regular expressions for their tags (RE2's syntax, as Go has it).
 *
 * @module
 */

import { RE2JS } from "re2js";
import { errorText } from "../../base/errors.ts";
import { decodeFilter, encodeFilter } from "../../wire/messages/serf_codec.ts";
import type { QueryFilter } from "../../wire/messages/serf_messages.ts";
import type { QueryParameters } from "../../api/query.ts";

type Tags = Readonly<Record<string, string>>;

/** Whether a query is for the member with this name and these tags. */
export type MemberTest = (name: string, tags: Tags) => boolean;

/**
 * The longest expression that is compiled, in UTF-16 units. A longer one does not fit into a gossip packet of 1,400 bytes,
 * and compiling what a peer sends must not take long.
 */
const MAX_EXPRESSION_LENGTH = 1_400;

/** Encodes the filters of a query: that by names first, then one for each tag. `null` if the query is for all members. */
export function encodeFilters({ nodes = [], tags = {} }: QueryParameters): Uint8Array[] | null {
  const filters: QueryFilter[] = Object.entries(tags)
    .map(([tag, expression]) => ({ type: "tag", tag, expression }));
  if (nodes.length > 0) filters.unshift({ type: "node", nodes });
  return filters.length === 0 ? null : filters.map(encodeFilter);
}

/**
 * Checks the filters of a query before it is sent. Throws a `TypeError` that names the tag if an expression does not
 * compile. Serf sends such a query all the same, and every member ignores it; so does the agent, for its clients' sake.
 */
export function checkQueryFilters({ tags = {} }: QueryParameters): void {
  for (const [tag, expression] of Object.entries(tags)) {
    try {
      compileExpression(expression);
    } catch (error) {
      const { cause = error } = error as Error;
      throw new TypeError(
        `Cannot send query: the filter for the tag "${tag}" must be a regular expression in RE2 syntax: ` +
          `got "${expression}" (${errorText(cause)})`,
        { cause },
      );
    }
  }
}

/**
 * Compiles encoded filters, all of which must pass. Nobody passes an empty one. Throws an error, with the text that Serf
 * logs, if one of them cannot be decoded or compiled; such a query is for nobody.
 */
export function compileFilters(filters: readonly Uint8Array[] | null): MemberTest {
  const tests = (filters ?? []).map((bytes) =>
    bytes.length === 0 ? passNobody : compileFilter(decodeFilter(bytes))
  );
  return (name, tags) => tests.every((passes) => passes(name, tags));
}

function passNobody(): boolean {
  return false;
}

function compileFilter(filter: QueryFilter): MemberTest {
  switch (filter.type) {
    case "node": {
      const names = new Set(filter.nodes);
      return (name) => names.has(name);
    }
    case "tag": {
      const { tag, expression } = filter;
      const compiled = compileExpression(expression);
      return (_name, tags) => compiled.test(Object.hasOwn(tags, tag) ? tags[tag] : "");
    }
    default:
      return filter satisfies never;
  }
}

function compileExpression(expression: string): RE2JS {
  if (expression.length > MAX_EXPRESSION_LENGTH) {
    throw new RangeError(`failed to compile filter regex: it has ${expression.length} characters`);
  }
  try {
    return RE2JS.compile(expression);
  } catch (cause) {
    throw new TypeError(`failed to compile filter regex (${expression}): ${errorText(cause)}`, {
      cause,
    });
  }
}
