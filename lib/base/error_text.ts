/**
 * What a caught value says.
 *
 * @module
 */

/** The message of an error, or whatever else was thrown as text. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
