/**
 * Selecting members by regular expressions.
 *
 * @module
 */

import type { Member, MemberFilter } from "../api/member.ts";
import { expressionCost } from "../go/expression_cost.ts";
import type { CompileExpression } from "../go/regexp.ts";

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

/** As {@link filterMembers}, with a compiler that is loaded if it is needed. */
export async function filterMembersLazily(
  members: readonly Member[],
  filter: MemberFilter,
): Promise<readonly Member[]> {
  if (takesAll(filter)) return members;
  const { compileExpression } = await import("../go/regexp.ts");
  return filterMembers(members, filter, compileExpression);
}

function takesAll({ tags = {}, status = "", name = "" }: MemberFilter): boolean {
  return Object.keys(tags).length === 0 && status === "" && name === "";
}

/** The members that match all expressions. Throws an {@link ExpressionError} if one cannot be compiled. */
export function filterMembers(
  members: readonly Member[],
  filter: MemberFilter,
  compileExpression: CompileExpression,
): readonly Member[] {
  if (takesAll(filter)) return members;
  const { tags = {}, status = "", name = "" } = filter;
  const all = [status, name, ...Object.values(tags)];
  const length = all.reduce((sum, { length }) => sum + length, 0);
  if (length > MAX_EXPRESSIONS) {
    throw new ExpressionError("much text", `got ${length} characters`);
  }
  if (all.reduce((sum, expression) => sum + expressionCost(expression), 0) > MAX_EXPRESSIONS) {
    throw new ExpressionError("large repetitions", "it would take too long");
  }
  const compile = (expression: string) => compileWhole(expression, compileExpression);
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

/** Compiles an expression that has to match the whole text. */
function compileWhole(expression: string, compile: CompileExpression) {
  try {
    return compile(`^${expression}$`);
  } catch (cause) {
    throw new ExpressionError(JSON.stringify(expression), (cause as Error).message, { cause });
  }
}

function ownValue(tags: Readonly<Record<string, string>>, tag: string): string {
  return Object.hasOwn(tags, tag) ? tags[tag] : "";
}
