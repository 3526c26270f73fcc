/**
 * Query filters: by the names of members, and by regular expressions for their tags (RE2's syntax, as Go has it).
 *
 * @module
 */

import { errorText } from "../../base/errors.ts";
import { expressionCost } from "../../go/expression_cost.ts";
import type { CompileExpression } from "../../go/regexp.ts";
import { decodeFilter, encodeFilter } from "../../wire/messages/serf_codec.ts";
import type { QueryFilter } from "../../wire/messages/serf_messages.ts";
import type { QueryParameters } from "../../api/query.ts";
import { MAX_EXPRESSIONS_COST } from "./expression_budget.ts";

type Tags = Readonly<Record<string, string>>;

/** Whether a query is for the member with this name and these tags. */
export type MemberTest = (name: string, tags: Tags) => boolean;

/**
 * The longest expression that is compiled, in UTF-16 units. A longer one does not fit into a gossip packet of 1,400
 * bytes, and compiling what a peer sends must not take long.
 */
const MAX_EXPRESSION_LENGTH = 1_400;

/** The most filters of a query. Serf sends one for names and one for each tag. */
const MAX_FILTERS = 64;

/** Characters of expressions whose cost is estimated in a microsecond. */
const ESTIMATED_PER_UNIT = 4;

/** What compiling and running an expression costs beside what {@link expressionCost} says, microseconds. */
const COST_PER_EXPRESSION = 20;

type NodeFilter = Extract<QueryFilter, { type: "node" }>;
type TagFilter = Extract<QueryFilter, { type: "tag" }>;

/** What an empty filter means. */
const NOBODY: NodeFilter = { type: "node", nodes: [] };

/**
 * Encodes the filters of a query: that by names first, then one for each tag. `null` if the query is for all members.
 */
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
export function checkQueryFilters(
  { tags = {} }: QueryParameters,
  compile: CompileExpression,
): void {
  for (const [tag, expression] of Object.entries(tags)) {
    try {
      checkCost(costOf({ type: "tag", tag, expression }));
      compileTagExpression(expression, compile);
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
 * Compiles encoded filters, all of which must pass. Nobody passes an empty one. Throws an error, with the text that
 * Serf logs, if one of them cannot be decoded or compiled; such a query is for nobody. So is one whose filters are too
 * many, or would take too long to compile.
 */
export function compileFilters(
  filters: readonly Uint8Array[] | null,
  compile: CompileExpression,
): MemberTest {
  const { nodes, tags: tagFilters } = decodeFilters(filters);
  const names = nodes.map((filter) => new Set(filter.nodes));
  checkCost(tagFilters.reduce((sum, filter) => sum + costOf(filter), 0));
  const tests = tagFilters.map((filter) => compileTagFilter(filter, compile));
  return (name, tags) =>
    names.every((set) => set.has(name)) && tests.every((passes) => passes(tags));
}

/** Whether it takes expressions to tell if a member with this name passes encoded filters. */
export function needsExpressions(filters: readonly Uint8Array[] | null, name: string): boolean {
  try {
    const { nodes, tags } = decodeFilters(filters);
    return tags.length > 0 && nodes.every((filter) => filter.nodes.includes(name));
  } catch {
    return false; // they are refused without
  }
}

/** How {@link passesFilters} gets at expressions. */
export interface ExpressionUse {
  /** Asked before expressions are compiled, with an estimate of the time in microseconds. */
  readonly spend: (cost: number) => boolean;
  readonly compile: CompileExpression;
}

/**
 * Whether a member passes encoded filters. Names come first, so that who is not asked compiles nothing. Throws as
 * {@link compileFilters} does, and an `Error` if `spend` refuses.
 */
export function passesFilters(
  filters: readonly Uint8Array[] | null,
  { name, tags }: { readonly name: string; readonly tags: Tags },
  { spend, compile }: ExpressionUse,
): boolean {
  const { nodes, tags: tagFilters } = decodeFilters(filters);
  if (!nodes.every((filter) => filter.nodes.includes(name))) return false;
  // The estimate takes time as well, or a flood of long expressions would be free.
  const length = tagFilters.reduce((sum, { expression }) => sum + expression.length, 0);
  if (!spend(length / ESTIMATED_PER_UNIT)) throw new Error("too many queries with filter regexes");
  const cost = tagFilters.reduce((sum, filter) => sum + costOf(filter, tags), 0);
  checkCost(cost);
  if (!spend(cost)) throw new Error("too many queries with filter regexes");
  return tagFilters.every((filter) => compileTagFilter(filter, compile)(tags));
}

function decodeFilters(filters: readonly Uint8Array[] | null) {
  const nodes: NodeFilter[] = [];
  const tags: TagFilter[] = [];
  if (filters !== null && filters.length > MAX_FILTERS) {
    throw new RangeError(`query has ${filters.length} filters, at most ${MAX_FILTERS} are allowed`);
  }
  for (const bytes of filters ?? []) {
    const filter = bytes.length === 0 ? NOBODY : decodeFilter(bytes);
    if (filter.type === "node") nodes.push(filter);
    else tags.push(filter);
  }
  return { nodes, tags };
}

/**
 * The cost of a tag filter, for these tags or for empty ones. A too long one costs nothing, since it is not compiled.
 */
function costOf({ tag, expression }: TagFilter, tags: Tags = {}): number {
  if (expression.length > MAX_EXPRESSION_LENGTH) return 0;
  return COST_PER_EXPRESSION + expressionCost(expression, valueOf(tags, tag).length);
}

function checkCost(cost: number): void {
  if (cost <= MAX_EXPRESSIONS_COST) return;
  throw new TypeError("failed to compile filter regex: it would take too long");
}

function compileTagFilter(
  { tag, expression }: TagFilter,
  compile: CompileExpression,
): (tags: Tags) => boolean {
  const compiled = compileTagExpression(expression, compile);
  return (tags) => compiled.test(valueOf(tags, tag));
}

function valueOf(tags: Tags, tag: string): string {
  return Object.hasOwn(tags, tag) ? tags[tag] : "";
}

function compileTagExpression(expression: string, compile: CompileExpression) {
  if (expression.length > MAX_EXPRESSION_LENGTH) {
    throw new RangeError(`failed to compile filter regex: it has ${expression.length} characters`);
  }
  try {
    return compile(expression);
  } catch (cause) {
    throw new TypeError(`failed to compile filter regex (${expression}): ${errorText(cause)}`, {
      cause,
    });
  }
}
