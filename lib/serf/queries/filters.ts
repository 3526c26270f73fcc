/**
 * Which members a query is for.
 *
 * @module
 */

import { RE2JS } from "re2js";
import { errorText } from "../../base/errors.ts";
import { decodeFilter, encodeFilter } from "../../wire/messages/serf_codec.ts";
import type { QueryFilter } from "../../wire/messages/serf_messages.ts";
import type { QueryParameters } from "../../api/query.ts";

type Tags = Readonly<Record<string, string>>;

/** Whether a member of that name with those tags is meant. */
export type MemberTest = (name: string, tags: Tags) => boolean;

/**
 * The longest expression that is looked at, in UTF-16 units. No longer one fits into a gossip packet, and compiling
 * takes the longer the more there is to compile.
 */
const LONGEST_EXPRESSION = 1_400;

/** Encodes what a query asks for: the node filter first, then one filter per tag; `null` when all are meant. */
export function encodeFilters({ nodes = [], tags = {} }: QueryParameters): Uint8Array[] | null {
  const filters: QueryFilter[] = Object.entries(tags)
    .map(([tag, expression]) => ({ type: "tag", tag, expression }));
  if (nodes.length > 0) filters.unshift({ type: "node", nodes });
  return filters.length === 0 ? null : filters.map(encodeFilter);
}

/**
 * Makes a test of encoded filters, all of which must pass. Throws an error with a line for the log if one of them is
 * unreadable; such a query is for nobody.
 */
export function compileFilters(filters: readonly Uint8Array[] | null): MemberTest {
  const tests = (filters ?? []).map((bytes) => compileFilter(decodeFilter(bytes)));
  return (name, tags) => tests.every((passes) => passes(name, tags));
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
  if (expression.length > LONGEST_EXPRESSION) {
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
