/**
 * The metrics of what is written to a stream.
 *
 * @module
 */

import type { Metrics } from "../../base/metrics.ts";
import type { StreamMessage } from "../../wire/messages/messages.ts";

/** Counts a message that is about to be written, as these bytes. */
export function countSent(
  message: StreamMessage,
  bytes: Uint8Array,
  metrics: Metrics | undefined,
): void {
  metrics?.count("memberlist.tcp.sent", bytes.length);
  if (message.type === "push-pull") metrics?.gauge("memberlist.size.local", bytes.length);
}
