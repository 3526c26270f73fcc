/**
 * The inputs of a protocol core, as they stand in a recording. A step is one call of the core: when, what it was given, what
 * the functions returned that it called meanwhile, and a byte of the digest of all outputs so far.
 *
 * @module
 */

import { Address } from "../base/address.ts";
import { decodeText, encodeText } from "../base/text.ts";
import type { SerfCore } from "../serf/core.ts";
import { StreamDecoder, type StreamRole } from "../wire/framing/stream.ts";
import { decodeMessage, encodeMessage } from "../wire/messages/message_codec.ts";
import type { Message, Packet, Reply, StreamMessage } from "../wire/messages/messages.ts";
import { encodeStreamMessage } from "../wire/messages/stream_codec.ts";
import { type ByteReader, ByteWriter } from "./byte_log.ts";
import { decodeValue, encodeValue } from "./json_value.ts";
import type { Redaction } from "./redaction.ts";

/** The methods of the core that its user calls. */
export type CommandName = Extract<
  keyof SerfCore,
  | "preload"
  | "join"
  | "rejoin"
  | "leave"
  | "forceLeave"
  | "setTags"
  | "userEvent"
  | "query"
  | "respond"
  | "failQuery"
  | "keys"
  | "askWhy"
  | "loadExpressions"
  | "shutdown"
>;

/** What the core was given. */
export type Input =
  | { readonly type: "start" }
  | { readonly type: "receive"; readonly from: Address; readonly packet: Packet }
  | { readonly type: "accept"; readonly from: Address; readonly message: StreamMessage }
  | { readonly type: "reply"; readonly id: number; readonly reply: Reply }
  /** The timer that was set as the so many-th, from 1. */
  | { readonly type: "timer"; readonly sequence: number }
  | {
    readonly type: "command";
    readonly name: CommandName;
    readonly args: readonly unknown[];
  };

/** One call of the core. */
export interface Step {
  /** The reading of the node's clock during the call, milliseconds. */
  readonly now: number;
  readonly input: Input;
  /** What functions that the core was given returned during the call. */
  readonly results: readonly unknown[];
  /** The lowest byte of the digest of all outputs, this step's included. */
  readonly check: number;
}

/** In the order of their numbers. */
const TYPES = ["start", "receive", "accept", "reply", "timer", "command"] as const;
/** Added to the number of a type: the time follows as a float, because it is no whole number of microseconds later. */
const EXACT_TIME = 0x80;
/** After the input: the result of a function. */
const RESULT = 1;
/** After the input and the results: the byte of the digest. */
const CHECK = 0;

/** How many addresses get a number. Datagrams with forged senders could name any number of them. */
const MAX_ADDRESSES = 65_536;

/** Writes steps. Addresses are written once, and then called by number. */
export class StepWriter {
  readonly #writer = new ByteWriter();
  readonly #addresses = new Map<string, number>();
  readonly #redaction: Redaction;
  /** In whole microseconds, if the last time was such a number. */
  #lastTime = 0;
  #lastTimer = 0;

  constructor(redaction: Redaction) {
    this.#redaction = redaction;
  }

  /** How many bytes wait to be taken. */
  get length(): number {
    return this.#writer.length;
  }

  /** The bytes of all steps since the last call. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#writer.take();
  }

  /** Takes back all but so many of the bytes that wait. Nothing may be written after that. */
  cut(length: number): void {
    this.#writer.cut(length);
  }

  /** Begins a step. */
  input(now: number, input: Input): void {
    this.#head(TYPES.indexOf(input.type), now);
    switch (input.type) {
      case "start":
        return;
      case "receive":
        this.#address(input.from);
        return this.#packet(input.packet);
      case "accept":
        this.#address(input.from);
        return this.#stream(input.message);
      case "reply":
        return this.#reply(input.id, input.reply);
      case "timer":
        // Timers are handled about in the order in which they are set.
        this.#writer.varint(zigzag(input.sequence - this.#lastTimer));
        this.#lastTimer = input.sequence;
        return;
      case "command":
        return this.#json([input.name, ...this.#redactArgs(input)]);
      default:
        input satisfies never;
    }
  }

  /** Adds what a function returned to the core. */
  result(value: unknown): void {
    this.#writer.byte(RESULT);
    this.#json(value ?? null);
  }

  /** Ends the step. */
  end(check: number): void {
    this.#writer.byte(CHECK);
    this.#writer.byte(check);
  }

  #head(type: number, now: number): void {
    const time = Math.round(now * 1_000);
    if (time / 1_000 === now && time >= this.#lastTime) {
      this.#writer.byte(type);
      this.#writer.varint(time - this.#lastTime);
      this.#lastTime = time;
    } else {
      this.#writer.byte(type | EXACT_TIME);
      this.#writer.float(now);
    }
  }

  #address(address: Address): void {
    const key = `${address.ip.length} ${address.text}`;
    const known = this.#addresses.get(key);
    if (known !== undefined) return this.#writer.varint(known);
    this.#writer.varint(0);
    this.#writer.blob(address.ip);
    this.#writer.varint(address.port);
    if (this.#addresses.size < MAX_ADDRESSES) this.#addresses.set(key, this.#addresses.size + 1);
  }

  #packet({ messages }: Packet): void {
    this.#writer.varint(messages.length);
    for (const message of messages) this.#writer.blob(encodeMessage(this.#redactMessage(message)));
  }

  #redactMessage(message: Message): Message {
    if (message.type !== "user") return message;
    const bytes = this.#redaction.input(message.body.bytes);
    return bytes === message.body.bytes ? message : { type: "user", body: { bytes } };
  }

  #stream(message: StreamMessage): void {
    this.#writer.blob(encodeStreamMessage(this.#redactStream(message)));
  }

  #redactStream(message: StreamMessage): StreamMessage {
    if (message.type === "user") return this.#redactMessage(message) as StreamMessage;
    if (message.type !== "push-pull" || message.userState === null) return message;
    return { ...message, userState: { bytes: this.#redaction.input(message.userState.bytes) } };
  }

  #reply(id: number, reply: Reply): void {
    this.#writer.varint(id);
    this.#writer.byte(reply.ok ? 1 : 0);
    if (reply.ok) this.#stream(reply.message);
    else this.#json([reply.error, reply.refused]);
  }

  #redactArgs({ name, args }: Input & { type: "command" }): readonly unknown[] {
    switch (name) {
      case "keys":
        return [args[0], this.#redaction.key(args[1] as Uint8Array), ...args.slice(2)];
      case "userEvent":
      case "query": {
        const [name, payload, ...options] = args;
        return [this.#redaction.text(name as string), this.#payload(payload), ...options];
      }
      case "respond":
        return [args[0], this.#payload(args[1])];
      case "failQuery":
        return [args[0], this.#redaction.textPayload(args[1] as string)];
      default:
        return args;
    }
  }

  #payload(payload: unknown): Uint8Array | null {
    return this.#redaction.payload(payload as Uint8Array | null);
  }

  #json(value: unknown): void {
    this.#writer.blob(encodeText(encodeValue(value)));
  }
}

/** Reads what a {@link StepWriter} wrote. */
export class StepReader {
  readonly #addresses: Address[] = [];
  #lastTime = 0;
  #lastTimer = 0;

  /** Reads the next step. Throws an `Error` for bytes that are none. */
  read(reader: ByteReader): Step {
    const head = reader.byte();
    const now = this.#time(reader, (head & EXACT_TIME) !== 0);
    const input = this.#input(reader, head & ~EXACT_TIME);
    const results: unknown[] = [];
    for (let next = reader.byte(); next !== CHECK; next = reader.byte()) {
      if (next !== RESULT) throw new RangeError(`Cannot read step: got ${next} after its input`);
      results.push(json(reader));
    }
    return { now, input, results, check: reader.byte() };
  }

  #time(reader: ByteReader, exact: boolean): number {
    if (exact) return reader.float();
    this.#lastTime += reader.varint();
    return this.#lastTime / 1_000;
  }

  #input(reader: ByteReader, type: number): Input {
    switch (TYPES[type]) {
      case "start":
        return { type: "start" };
      case "receive":
        return { type: "receive", from: this.#address(reader), packet: packet(reader) };
      case "accept":
        return { type: "accept", from: this.#address(reader), message: stream(reader, "server") };
      case "reply":
        return { type: "reply", id: reader.varint(), reply: reply(reader) };
      case "timer":
        this.#lastTimer += unzigzag(reader.varint());
        return { type: "timer", sequence: this.#lastTimer };
      case "command": {
        const [name, ...args] = json(reader) as [CommandName, ...unknown[]];
        return { type: "command", name, args };
      }
      default:
        throw new RangeError(`Cannot read step: got the type ${type}`);
    }
  }

  #address(reader: ByteReader): Address {
    const number = reader.varint();
    if (number > 0) {
      const known = this.#addresses[number - 1];
      if (known === undefined) throw new RangeError(`Cannot read address ${number}`);
      return known;
    }
    const address = new Address(reader.blob().slice(), reader.varint());
    if (this.#addresses.length < MAX_ADDRESSES) this.#addresses.push(address);
    return address;
  }
}

function packet(reader: ByteReader): Packet {
  const messages: Message[] = [];
  for (let left = reader.varint(); left > 0; left--) messages.push(decodeMessage(reader.blob()));
  return { messages, crc: false };
}

/** `role` is the side of the one that reads. */
function stream(reader: ByteReader, role: StreamRole): StreamMessage {
  const decoder = new StreamDecoder({ compress: false }, role);
  const message = decoder.push(reader.blob());
  if (message === undefined) throw new RangeError("Cannot read stream message: it is incomplete");
  return message;
}

function reply(reader: ByteReader): Reply {
  if (reader.byte() === 1) return { ok: true, message: stream(reader, "dialler") };
  const [error, refused] = json(reader) as [string, boolean];
  return { ok: false, error, refused };
}

function json(reader: ByteReader): unknown {
  return decodeValue(decodeText(reader.blob()));
}

/** Whole numbers as ones that are not negative: 0, -1, 1, -2, 2 … become 0, 1, 2, 3, 4 … */
function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
