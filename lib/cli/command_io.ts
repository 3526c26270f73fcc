/**
 * The boundary of a command: where its words go and where its settings come from. Commands get it passed, so that
 * tests can run them without a process of their own.
 *
 * @module
 */

/** What a command may do to the outside of its process, apart from the network. */
export interface CommandIo {
  /** Writes one line to standard output; the newline is added. Bytes go out as they are. */
  out(line: string | Uint8Array): void;
  /** Writes one line to standard error; the newline is added. */
  err(line: string): void;
  /** An environment variable, `undefined` if it is not set. */
  env(name: string): string | undefined;
  /** Aborted by an interrupt (SIGINT). Reading it once takes away the signal's default of ending the process. */
  readonly interrupt: AbortSignal;
}
