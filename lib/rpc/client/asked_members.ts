/**
 * Which members a query is for, worked out by the client: the agent does not tell.
 *
 * @module
 */

import type { Member } from "../../api/member.ts";
import type { QueryParameters } from "../../api/query.ts";

type Tags = Readonly<Record<string, string>>;

/** The names of the members that pass a query's filters; none if one of its expressions is not RE2. */
export async function askedMembers(
  members: readonly Member[],
  { nodes = [], tags = {} }: QueryParameters,
): Promise<string[]> {
  const names = new Set(nodes);
  const passes = await tagTest(tags);
  return members
    .filter((member) => (names.size === 0 || names.has(member.name)) && passes(member.tags))
    .map(({ name }) => name);
}

/** Loads RE2 only for those who filter by tags and want to know who did not answer. */
async function tagTest(expressions: Tags): Promise<(tags: Tags) => boolean> {
  if (Object.keys(expressions).length === 0) return () => true;
  const { compileExpression } = await import("../../go/regexp.ts");
  try {
    const tests = Object.entries(expressions)
      .map(([tag, expression]) => [tag, compileExpression(expression)] as const);
    return (tags) =>
      tests.every(([tag, test]) => test.test(Object.hasOwn(tags, tag) ? tags[tag] : ""));
  } catch {
    return () => false;
  }
}
