/**
 * The error classes that callers may want to tell apart. Wrong arguments are a built-in `TypeError` (wrong type or form)
 * or `RangeError` (out of range).
 *
 * @module
 */

/** One address that could not be joined. */
export interface JoinFailure {
  /** The address as it was given or resolved. */
  readonly address: string;
  /** Why, in one line. */
  readonly reason: string;
}

/** No address of a join could be reached. */
export class JoinError extends Error {
  /** The name of the class. */
  override readonly name = "JoinError";
  /** Every address that was tried and why it failed. */
  readonly failures: readonly JoinFailure[];

  /** `failures` must not be empty. */
  constructor(failures: readonly JoinFailure[]) {
    const count = failures.length;
    super(
      `Cannot join cluster: ${count === 1 ? "the only address" : `all ${count} addresses`} failed` +
        failures.map(({ reason }) => `\n  ${reason}`).join(""),
    );
    this.failures = failures;
  }
}

/** The operation needs an instance that is running, and this one has left, is leaving, or was shut down. */
export class ClosedError extends Error {
  /** The name of the class. */
  override readonly name = "ClosedError";
}

/** The operation was started but its effect could not be confirmed in time. */
export class TimeoutError extends Error {
  /** The name of the class. */
  override readonly name = "TimeoutError";
}

/** Bytes that are not what the protocol says they should be. */
export class DecodeError extends Error {
  /** The name of the class. */
  override readonly name = "DecodeError";
}

/** The agent answered an RPC with an error, or the connection to it failed. */
export class RpcError extends Error {
  /** The name of the class. */
  override readonly name = "RpcError";
  /** The command that failed, for instance `"join"`. */
  readonly command: string;

  /** `message` is the agent's text, or that of the connection. */
  constructor(command: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.command = command;
  }
}

/** The name of a system error, such as `ECONNREFUSED`, which is the same on Deno, Node and Bun; `undefined` for others. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}

/** The message of an error, or whatever else was thrown as text. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
