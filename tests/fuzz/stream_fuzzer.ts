/**
 * Streams: recorded state exchanges, user messages, pings and errors with values or bytes changed, and answers to our own
 * state exchange, in chunks of any size.
 *
 * @module
 */

import type { Random } from "../../lib/sim/random.ts";
import { StreamDecodeError, StreamDecoder } from "../../lib/wire/framing/stream.ts";
import type { WireOptions } from "../../lib/wire/framing/wire_options.ts";
import type { Reply, StreamMessage } from "../../lib/wire/messages/messages.ts";
import { encodeStreamMessage } from "../../lib/wire/messages/stream_codec.ts";
import { damage, plain, streams } from "./damage.ts";
import { FuzzedNode } from "./fuzzed_node.ts";
import { type Fuzzer, type Target, timeOf } from "./fuzzer.ts";
import { mutateMessage } from "./value_tree.ts";

type Role = "dialler" | "server";

/** So few nodes that recorded exchanges, too, are decoded in several turns. */
const PAUSE_AFTER = 2;
const LONGEST_RANDOM = 1_000;
const LONGEST_CHUNK = 2_000;
/** Time that passes between two streams, at most. */
const PAUSE_MS = 20;

/** Recorded streams as messages, and how long they are. */
const messages = streams.map(({ bytes, options, role }) => {
  const message = new StreamDecoder(options, role).push(bytes)!;
  return { message, size: encodeStreamMessage(message).length };
});

/** A node that is dialled and dials. */
class StreamTarget implements Target {
  readonly #random: Random;
  #node: FuzzedNode;
  #bytes: Uint8Array = new Uint8Array();
  tookMs = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#node = new FuzzedNode(random.fork("node"));
  }

  get input(): string {
    return this.#bytes.toHex();
  }

  attempt(): void {
    const random = this.#random;
    const { role, options } = this.#draw();
    if (role === "dialler") this.#node.join();
    this.tookMs = timeOf(() => {
      const message = this.#decode(options, role);
      if (role === "server") {
        if (message !== undefined) this.#node.accept(message);
        return;
      }
      const id = this.#node.requests.pop()!;
      const reply: Reply = message === undefined
        ? { ok: false, error: "EOF", refused: random.chance(0.5) }
        : { ok: true, message };
      this.#node.core.reply(id, reply);
    });
    this.#node.pass(random.below(PAUSE_MS));
    for (const id of this.#node.requests.splice(0)) {
      this.#node.core.reply(id, { ok: false, error: "i/o timeout", refused: false });
    }
    if (!this.#node.runs) this.#node = new FuzzedNode(random.fork(this.input));
  }

  check(): void {
    this.#node.check();
  }

  /** Makes the next stream, and returns how it is read. */
  #draw(): { readonly role: Role; readonly options: WireOptions } {
    const random = this.#random;
    const role: Role = random.chance(0.3) ? "dialler" : "server";
    const kind = random.next();
    if (kind < 0.02) {
      this.#bytes = new Uint8Array(random.below(LONGEST_RANDOM)).map(() => random.below(256));
      return { role, options: plain };
    }
    if (kind < 0.2) {
      const sample = this.#any(streams);
      this.#bytes = damage(sample.bytes, streams, random);
      return sample;
    }
    // Of two the shorter: long ones take long, and show no more.
    const [{ message }] = [this.#any(messages), this.#any(messages)].sort((a, b) =>
      a.size - b.size
    );
    if (message.type !== "push-pull" || message.userState === null || random.chance(0.5)) {
      this.#bytes = mutateMessage(encodeStreamMessage(message), 1, random);
    } else {
      // The header says how long the state of Serf is, and so has to be written after that.
      const bytes = mutateMessage(message.userState.bytes, 1, random);
      const nodes = message.nodes.filter(() => random.chance(0.8));
      this.#bytes = encodeStreamMessage({ ...message, nodes, userState: { bytes } });
    }
    return { role, options: plain };
  }

  #any<T>(values: readonly T[]): T {
    return values[this.#random.below(values.length)];
  }

  /** Gives the decoder chunk by chunk. `undefined` for what is no message, or not a whole one. */
  #decode(options: WireOptions, role: Role): StreamMessage | undefined {
    const decoder = new StreamDecoder(options, role, { pauseAfter: PAUSE_AFTER });
    try {
      for (let start = 0; start < this.#bytes.length;) {
        const end = start + 1 + this.#random.below(LONGEST_CHUNK);
        let message = decoder.push(this.#bytes.subarray(start, end));
        while (message === undefined && decoder.isPaused) message = decoder.push(new Uint8Array());
        if (message !== undefined) return message;
        start = end;
      }
    } catch (error) {
      if (!(error instanceof StreamDecodeError)) throw error;
    }
    return undefined;
  }
}

/** A state exchange is decoded and merged in slices, which together may take longer than a datagram. */
export const streamFuzzer: Fuzzer = {
  name: "streams",
  limitMs: 20,
  create: (random) => new StreamTarget(random),
};
