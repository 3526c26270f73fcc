/**
 * Selecting members by regular expressions.
 *
 * @module
 */

import { RE2JS } from "re2js";
import type { Member, MemberFilter } from "../api/member.ts";
import { expressionCost } from "../go/expression_cost.ts";

/** The longest expressions of one filter, in UTF-16 units, and the most that they may cost: some 65 ms. */
const MAX_EXPRESSIONS = 65_536;

/** An expression of a filter cannot be used. */
export class ExpressionError extends TypeError {
  override readonly name = "ExpressionError";
  /** What is wrong with it. */
  readonly reason: string;

  constructor(what: string, reason: string, options?: ErrorOptions) {
    super(`Cannot use filter: got ${what}, expected RE2 expressions: ${reason}`, options);
    this.reason = reason;
  }
}

/** The members that match all expressions. Throws an {@link ExpressionError} if one cannot be compiled. */
export function filterMembers(
  members: readonly Member[],
  { tags = {}, status = "", name = "" }: MemberFilter,
): readonly Member[] {
  const expressions = Object.values(tags);
  if (expressions.length === 0 && status === "" && name === "") return members;
  const all = [status, name, ...expressions];
  const length = all.reduce((sum, { length }) => sum + length, 0);
  if (length > MAX_EXPRESSIONS) {
    throw new ExpressionError("much text", `got ${length} characters`);
  }
  if (all.reduce((sum, expression) => sum + expressionCost(expression), 0) > MAX_EXPRESSIONS) {
    throw new ExpressionError("large repetitions", "it would take too long");
  }
  const tagTests = Object.entries(tags)
    .map(([tag, expression]) => [tag, compile(expression)] as const);
  const statusTest = status === "" ? undefined : compile(status);
  const nameTest = name === "" ? undefined : compile(name);
  return members.filter((member) =>
    tagTests.every(([tag, test]) => test.test(ownValue(member.tags, tag))) &&
    statusTest?.test(member.status) !== false &&
    nameTest?.test(member.name) !== false
  );
}

function compile(expression: string): RE2JS {
  try {
    return RE2JS.compile(`^${expression}$`);
  } catch (cause) {
    throw new ExpressionError(JSON.stringify(expression), (cause as Error).message, { cause });
  }
}

function ownValue(tags: Readonly<Record<string, string>>, tag: string): string {
  return Object.hasOwn(tags, tag) ? tags[tag] : "";
}
