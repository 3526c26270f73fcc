/**
 * Reading a message from a stream. Each side sends at most one.
 *
 * @module
 */

import type { Log } from "../../base/log.ts";
import type { Address } from "../../base/address.ts";
import type { StreamMessage } from "../../wire/messages/messages.ts";
import { StreamDecoder, type StreamRole } from "../../wire/framing/stream.ts";
import type { WireOptions } from "../../wire/framing/wire_options.ts";
import type { TimedConnection } from "./timed_connection.ts";

/** Settings of {@link readMessage}. */
export interface ReadOptions {
  readonly wire: WireOptions;
  /** Which side of the stream we are. */
  readonly role: StreamRole;
  readonly peer: Address;
  readonly log: Log;
  /** Called with the size of each chunk before it is decoded. An error that it throws ends the reading. */
  readonly onBytes?: (count: number) => void;
}

const READ_BUFFER_BYTES = 16_384;

/**
 * Reads a message; `undefined` if the other side closed without sending anything. Rejects with an `Error` when the
 * connection fails or ends within a message, and with a `StreamDecodeError` for bytes that are not a message.
 */
export async function readMessage(
  connection: TimedConnection,
  { wire, role, peer, log, onBytes }: ReadOptions,
): Promise<StreamMessage | undefined> {
  const decoder = new StreamDecoder(wire, role);
  const buffer = new Uint8Array(READ_BUFFER_BYTES);
  let warned = false;
  for (let begun = false;; begun = true) {
    const chunk = await connection.read(buffer);
    if (chunk === null) {
      if (begun) throw new Error("unexpected EOF");
      return undefined;
    }
    onBytes?.(chunk.length);
    const message = decoder.push(chunk);
    if (!warned && decoder.sizeWarning !== undefined) {
      log("WARN", `memberlist: ${decoder.sizeWarning}`);
      warned = true;
    }
    if (message === undefined) continue;
    const { skippedNodes } = decoder;
    if (skippedNodes > 0) {
      log(
        "WARN",
        `memberlist: Ignored ${skippedNodes} nodes with a bad address or state from=${peer}`,
      );
    }
    return message;
  }
}
