/**
 * Selecting members by regular expressions.
 *
 * @module
 */

import { RE2JS } from "re2js";
import type { Member } from "../../api/member.ts";
import { RequestError } from "../protocol.ts";

/** RE2 expressions that a member must match. Every `P` is taken as `^P$`, so that `a|b` means `^a` or `b$`. */
export interface MemberExpressions {
  /** By tag name; a member without the tag is matched by its empty value. */
  readonly tags: ReadonlyMap<string, string>;
  /** Of the status; empty means any. */
  readonly status: string;
  /** Of the name; empty means any. */
  readonly name: string;
}

/** The longest expressions of one request, in UTF-16 units: compiling takes a few microseconds for each unit. */
const MAX_EXPRESSIONS_LENGTH = 65_536;

/** The members that match all expressions. Throws a {@link RequestError} if an expression cannot be compiled. */
export function filterMembers(
  members: readonly Member[],
  { tags, status, name }: MemberExpressions,
): readonly Member[] {
  if (tags.size === 0 && status === "" && name === "") return members;
  const length = [status, name, ...tags.values()].reduce((sum, { length }) => sum + length, 0);
  if (length > MAX_EXPRESSIONS_LENGTH) {
    throw new RequestError(`Failed to compile regex: got ${length} characters`);
  }
  const tagTests = [...tags].map(([tag, expression]) => [tag, compile(expression)] as const);
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
    throw new RequestError(`Failed to compile regex: ${(cause as Error).message}`, { cause });
  }
}

function ownValue(tags: Readonly<Record<string, string>>, tag: string): string {
  return Object.hasOwn(tags, tag) ? tags[tag] : "";
}
