/**
 * Failed operations in Serf's words.
 *
 * @module
 */

import { KeyError } from "../api/keys.ts";
import { errorText, JoinError, type JoinFailure } from "../base/errors.ts";

/** What users are told about a failed operation. */
export function failureText(error: unknown): string {
  if (error instanceof JoinError) return joinFailureText(error.failures);
  // What the members said has its place in the body of the response.
  if (error instanceof KeyError && error.result.error !== undefined) return error.result.error;
  return errorText(error);
}

/** The list of errors in the form of Go's multierror package, empty lines at the end included. */
function joinFailureText(failures: readonly JoinFailure[]): string {
  const count = failures.length === 1 ? "1 error" : `${failures.length} errors`;
  return `${count} occurred:${failures.map(({ reason }) => `\n\t* ${reason}`).join("")}\n\n`;
}
