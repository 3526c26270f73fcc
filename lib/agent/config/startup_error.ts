/**
 * Why an agent cannot start. In a file of its own, so that the flags and their help load without the settings.
 *
 * @module
 */

/** Ends the start of an agent, or a reload of its configuration. The message is what the user is told. */
export class StartupError extends Error {
  override readonly name = "StartupError";
}
