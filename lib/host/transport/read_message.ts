/**
 * Reading a message from a stream. Each side sends at most one.
 *
 * @module
 */

import type { Log } from "../../base/log.ts";
import type { Address } from "../../base/address.ts";
import type { Metrics } from "../../base/metrics.ts";
import { delay } from "../../base/timer.ts";
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
  readonly metrics?: Metrics;
  /** Called with the size of each chunk before it is decoded. An error that it throws ends the reading. */
  readonly onBytes?: (count: number) => void;
}

const READ_BUFFER_BYTES = 65_536;

/** How many nodes of a push/pull are decoded before others get their turn: that takes 1 to 4 ms. */
const NODES_PER_TURN = 512;

const NO_BYTES = new Uint8Array();

/**
 * Reads a message; `undefined` if the other side closed without sending anything. Rejects with an `Error` when the
 * connection fails or ends within a message, and with a `StreamDecodeError` for bytes that are not a message.
 */
export async function readMessage(
  connection: TimedConnection,
  { wire, role, peer, log, metrics, onBytes }: ReadOptions,
): Promise<StreamMessage | undefined> {
  const decoder = new StreamDecoder(wire, role, { pauseAfter: NODES_PER_TURN });
  const buffer = new Uint8Array(READ_BUFFER_BYTES);
  let warned = false;
  let received = 0;
  for (let begun = false;; begun = true) {
    const chunk = await connection.read(buffer);
    if (chunk === null) {
      if (begun) throw new Error("unexpected EOF");
      return undefined;
    }
    onBytes?.(chunk.length);
    received += chunk.length;
    let message = decoder.push(chunk);
    while (decoder.isPaused) {
      await delay(1);
      message = decoder.push(NO_BYTES);
    }
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
    // memberlist measures only what it decrypts.
    if (message.type === "push-pull" && wire.cipher !== undefined) {
      metrics?.sample("memberlist.size.remote", received);
    }
    return message;
  }
}
