/**
 * Failed operations in Serf's words.
 *
 * @module
 */

import { errorText, JoinError, type JoinFailure } from "../base/errors.ts";

/** What users are told about a failed operation. */
export function failureText(error: unknown): string {
  return error instanceof JoinError ? joinFailureText(error.failures) : errorText(error);
}

/** The list of errors in the form of Go's multierror package, empty lines at the end included. */
function joinFailureText(failures: readonly JoinFailure[]): string {
  const count = failures.length === 1 ? "1 error" : `${failures.length} errors`;
  return `${count} occurred:${failures.map(({ reason }) => `\n\t* ${reason}`).join("")}\n\n`;
}
