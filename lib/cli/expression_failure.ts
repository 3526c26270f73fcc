/**
 * Finds out which expression an agent does not take: Serf's agents just end the connection.
 *
 * @module
 */

import type { MemberFilter } from "../api/member.ts";
import { errorText } from "../base/errors.ts";
import { compileExpression } from "../go/regexp.ts";

/** Which of the expressions is wrong, by its flag, and why; `undefined` if none is. */
export function expressionFailure({ name, status, tags = {} }: MemberFilter): string | undefined {
  const expressions = [
    ["-name", name],
    ["-status", status],
    ...Object.entries(tags).map(([tag, expression]) => [`-tag ${tag}`, expression] as const),
  ] as const;
  for (const [flag, expression = ""] of expressions) {
    try {
      compileExpression(expression);
    } catch (error) {
      return `the expression of ${flag} is wrong: ${errorText(error)}`;
    }
  }
  return undefined;
}
