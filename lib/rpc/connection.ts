/**
 * The connection between an RPC client and a server, whatever carries it.
 *
 * @module
 */

import type { ByteSink } from "../base/write_all.ts";
import type { ByteSource } from "./message_reader.ts";

/** One side of a connection. */
export interface Connection extends ByteSource, ByteSink {
  /** Ends the connection in both directions; reads and writes that wait come to an end. */
  close(): void;
}
