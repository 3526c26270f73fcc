/**
 * Go's `regexp`, by RE2JS: what an expression means does not depend on who reads it, and none can keep a member busy for ever.
 * The package takes 3 MiB and, for the first expression, 10 ms, so an agent loads this file when it is needed.
 *
 * @module
 */

// deno-lint-ignore no-import-prefix -- programs that import the library by its address have no import map of ours
import { RE2JS } from "npm:re2js@^2.10.0";

/** Compiles an expression in RE2's syntax. Throws an `Error` that says what is wrong with it. */
export function compileExpression(expression: string): { test(text: string): boolean } {
  return RE2JS.compile(expression);
}

/** What compiles expressions. */
export type CompileExpression = typeof compileExpression;
