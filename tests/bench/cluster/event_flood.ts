/** User events that are sent to one agent as fast as it takes them. */

import { joinBytes } from "../../../lib/base/bytes.ts";
import { encodeText } from "../../../lib/base/text.ts";
import { writeAll } from "../../../lib/base/write_all.ts";
import { dial } from "../../../lib/rpc/client/dial.ts";
import { MessageReader } from "../../../lib/rpc/message_reader.ts";
import { decodeResponseHeader, encodeRequest, RPC_VERSION } from "../../../lib/rpc/protocol.ts";

const DIAL_TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 65_536;
/** How many different events there are. They have the same length, so that one follows the other in one piece of memory. */
const EVENTS = 1_000;

/** How events are sent. */
interface FloodOptions {
  /** How many are sent before the first of them must be answered. */
  readonly inFlight: number;
  /** When the last ones are sent, in milliseconds of `performance.now()`. */
  readonly until: number;
}

/** How many events were answered. */
export interface Flood {
  readonly accepted: number;
  readonly refused: number;
}

/**
 * Sends events over a connection of its own: those that were encoded before, and as many as have become due with one write. An
 * `RpcClient`, which makes a promise and a deadline for each call, takes more time for it than an agent, so that it would be
 * the client that is measured.
 */
export async function floodWithEvents(
  address: string,
  { inFlight, until }: FloodOptions,
): Promise<Flood> {
  const connection = await dial(address, { timeoutMs: DIAL_TIMEOUT_MS });
  const reader = new MessageReader(connection, { maxBytes: MAX_ANSWER_BYTES });
  const events = joinBytes(...Array.from({ length: EVENTS }, (_, i) => encodeEvent(i)));
  const size = events.length / EVENTS;
  let next = 0;
  let waiting = 0;
  let accepted = 0;
  let refused = 0;
  const send = async (count: number) => {
    waiting += count;
    for (let left = count; left > 0;) {
      const piece = Math.min(left, EVENTS - next);
      await writeAll(connection, events.subarray(next * size, (next + piece) * size));
      next = (next + piece) % EVENTS;
      left -= piece;
    }
  };
  try {
    await writeAll(connection, encodeRequest(0n, "handshake", { Version: RPC_VERSION }));
    await reader.read();
    await send(inFlight);
    while (waiting > 0) {
      const first = await reader.read();
      if (first === null) throw new Error(`${address} has closed the connection`);
      for (let answer: Uint8Array | undefined = first; answer; answer = reader.readReceived()) {
        waiting--;
        if (decodeResponseHeader(answer).error === "") accepted++;
        else refused++;
      }
      if (performance.now() < until) await send(inFlight - waiting);
    }
  } finally {
    connection.close();
  }
  return { accepted, refused };
}

function encodeEvent(number: number): Uint8Array {
  const text = String(EVENTS + number);
  const body = { Name: "bench", Payload: encodeText(text), Coalesce: false };
  return encodeRequest(BigInt(text), "event", body);
}
