/**
 * Writing whole byte strings. `@std/io` has the same, but is not published on npm.
 *
 * @module
 */

/** Where bytes go, for instance a connection or a file: takes a part of them and says how many. */
export interface ByteSink {
  /** Resolves to how many of the bytes were taken. */
  write(bytes: Uint8Array): Promise<number>;
}

/** Writes all bytes; resolves when the system has taken them, and rejects as the sink does. */
export async function writeAll(sink: ByteSink, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await sink.write(bytes.subarray(written));
  }
}
