/**
 * memberlist's streams, which carry one message in each direction: a push/pull, a fallback ping or a user message,
 * compressed, encrypted and labelled as the options say.
 *
 * Nothing announces the length of a message and neither side closes its half, so the reader follows the structure of
 * what arrives to find out when it is complete.
 *
 * @module
 */

import { DecodeError } from "../../base/errors.ts";
import { ByteQueue } from "./byte_queue.ts";
import { decodeAck, decodePing } from "../messages/message_codec.ts";
import { compress, decompressInSteps } from "./compression.ts";
import { addLabel, checkLabel, labelBytes, labelLength } from "./label.ts";
import {
  type Claim,
  MessageType,
  type PushPull,
  type StreamMessage,
} from "../messages/messages.ts";
import type { KeyringCipher } from "./cipher.ts";
import { Reader } from "../msgpack/reader.ts";
import {
  decodeNode,
  decodePushPullHeader,
  decodeStreamError,
  decodeUserLength,
  encodeStreamMessage,
  type PushPullHeader,
} from "../messages/stream_codec.ts";
import { UsualClaims } from "../messages/usual_claims.ts";
import { ValueScanner } from "../msgpack/value_scanner.ts";
import { isCompressed, outgoingCipher, type WireOptions } from "./wire_options.ts";

/** From how many bytes on a stream gains by compression: what is shorter fits into TCP's first window, ten segments. */
const COMPRESSIBLE_BYTES = 14_000;

/** Largest encrypted body, bytes: memberlist's limit. */
const MAX_ENCRYPTED = 20 * 1024 * 1024;

/** Above this an encrypted body is worth a warning, bytes: memberlist's 60 % of the limit. */
const LARGE_ENCRYPTED = Math.floor(0.6 * MAX_ENCRYPTED);

/** Largest stream of any other kind, bytes: a little more than the largest message can grow to by compression. */
const MAX_STREAM = 64 * 1024 * 1024;

const TOO_LARGE = `stream is larger than limit (${MAX_STREAM})`;

/** To decompress so many bytes takes about as long as to decode a node. */
const BYTES_PER_NODE = 1_024;

/** Type byte and length, before an encrypted body. */
const FRAME_HEADER_SIZE = 5;

/** The messages that each side of a stream accepts from the other. */
const acceptedTypes: Readonly<Record<StreamRole, readonly number[]>> = {
  dialler: [MessageType.pushPull, MessageType.ack, MessageType.err],
  server: [MessageType.pushPull, MessageType.ping, MessageType.user],
};

/** memberlist's words for a message that could not be read, as its log has them. */
const logPrefixes: Readonly<Record<number, string>> = {
  [MessageType.pushPull]: "Failed to read remote state: ",
  [MessageType.ping]: "Failed to decode ping: ",
  [MessageType.user]: "Failed to receive user message: ",
};

/** The side of a stream: the dialler writes the label and asks, the server answers. */
export type StreamRole = "dialler" | "server";

/** Thrown for a stream that cannot be understood and has to be closed. */
export class StreamDecodeError extends DecodeError {
  /** Whether the server first sends an `err` message with this error's text. */
  readonly answer: boolean;

  constructor(message: string, options: { answer: boolean } & ErrorOptions) {
    super(message, options);
    this.answer = options.answer;
  }
}

/** Encodes the message that this side writes. Throws a `RangeError` for a label of more than 255 bytes. */
export function encodeStream(
  message: StreamMessage,
  options: WireOptions,
  role: StreamRole,
): Uint8Array {
  let bytes = encodeStreamMessage(message);
  // Unlike a datagram, a stream is compressed even if that makes it longer.
  if (isCompressed(bytes.length, COMPRESSIBLE_BYTES, options)) bytes = compress(bytes);
  const cipher = outgoingCipher(options);
  if (cipher !== undefined) bytes = encryptStream(bytes, cipher, options.label);
  return role === "dialler" ? addLabel(bytes, options.label) : bytes;
}

/** A parser that pauses wherever it needs more input and later goes on from there. */
type Steps<T> = Generator<undefined, T, undefined>;

/**
 * Decodes the message that the other side writes, from chunks of any size, in time proportional to their total. Every
 * announced length is checked against a limit before anything is allocated for it, which bounds the memory.
 */
export class StreamDecoder {
  readonly #options: WireOptions;
  readonly #role: StreamRole;
  readonly #pauseAfter: number;
  readonly #received = new ByteQueue();
  readonly #steps = this.#read();
  #receivedLength = 0;
  #finished = false;
  #isPaused = false;
  #skippedNodes = 0;
  #decompressed: Uint8Array<ArrayBuffer> | undefined;
  #sizeWarning: string | undefined;
  /** For a failure at the current point: whether the other side is told, and how the log line starts. */
  #failure = { answer: false, prefix: "" };

  /**
   * `role` is who we are on this stream. With `pauseAfter`, the decoder pauses whenever it has read so many nodes, or has
   * decompressed so many KiB; then {@link isPaused} is true, and {@link push} without bytes goes on.
   */
  constructor(
    options: WireOptions,
    role: StreamRole,
    { pauseAfter = Infinity }: { readonly pauseAfter?: number } = {},
  ) {
    this.#options = options;
    this.#role = role;
    this.#pauseAfter = pauseAfter;
  }

  /** Whether the decoder does not wait for input, but for the caller to have done other things. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Nodes of a push/pull that were left out because of an impossible address or state. */
  get skippedNodes(): number {
    return this.#skippedNodes;
  }

  /** memberlist's words for an encrypted body that comes near the limit, as soon as its length is known. */
  get sizeWarning(): string | undefined {
    return this.#sizeWarning;
  }

  /**
   * Takes the next chunk and returns the message once it is complete; whatever comes after it is ignored. Throws a
   * {@link StreamDecodeError} for anything that is not a message the other side may send.
   */
  push(chunk: Uint8Array): StreamMessage | undefined {
    if (this.#finished) return undefined;
    try {
      this.#receivedLength += chunk.length;
      if (this.#receivedLength > MAX_STREAM) throw new DecodeError(TOO_LARGE);
      this.#received.append(chunk);
      this.#isPaused = false;
      const { done, value } = this.#steps.next();
      this.#finished = done ?? false;
      return value;
    } catch (error) {
      this.#finished = true;
      if (!(error instanceof DecodeError)) throw error;
      const { answer, prefix } = this.#failure;
      throw new StreamDecodeError(prefix + error.message, { answer, cause: error });
    }
  }

  *#read(): Steps<StreamMessage> {
    if (this.#role === "server") yield* this.#readLabel();
    this.#failure = { answer: this.#role === "server", prefix: "" };
    const { type, input } = yield* this.#unwrap();
    this.#failure = { answer: false, prefix: "" };
    if (!acceptedTypes[this.#role].includes(type)) {
      throw new DecodeError(`Received invalid msgType (${type})`);
    }
    this.#failure.prefix = logPrefixes[type] ?? "";
    const head = new Reader(yield* this.#takeValue(input));
    switch (type) {
      case MessageType.ping:
        return decodePing(head);
      case MessageType.ack:
        return decodeAck(head);
      case MessageType.err:
        return decodeStreamError(head);
      case MessageType.user:
        return { type: "user", body: { bytes: yield* this.#take(input, decodeUserLength(head)) } };
      default:
        return yield* this.#readPushPull(decodePushPullHeader(head), input);
    }
  }

  *#readLabel(): Steps<void> {
    this.#failure.prefix = "failed to receive and remove the stream label header: ";
    let length = labelLength(this.#received.bytes);
    while (length === undefined) {
      yield;
      length = labelLength(this.#received.bytes);
    }
    const header = yield* this.#take(this.#received, length);
    this.#failure.prefix = "";
    checkLabel(header, { options: this.#options, kind: "stream" });
  }

  /** Undoes encryption and compression; returns the type of the message and the queue that holds the rest of it. */
  *#unwrap(): Steps<{ type: number; input: ByteQueue }> {
    const { cipher, verifyIncoming } = this.#options;
    let input = this.#received;
    let type = yield* this.#takeByte(input);
    if (type === MessageType.encrypt) {
      input = ByteQueue.of(yield* this.#decrypt(input));
      type = yield* this.#takeByte(input);
    } else if (cipher !== undefined && verifyIncoming !== false) {
      throw new DecodeError("encryption is configured but remote state is not encrypted");
    }
    if (type === MessageType.compress) {
      const message = this.#decompressed = yield* this.#decompress(input);
      if (message.length === 0) throw new DecodeError("decompressed message is empty");
      input = ByteQueue.of(message);
      type = yield* this.#takeByte(input);
    }
    return { type, input };
  }

  *#decompress(input: ByteQueue): Steps<Uint8Array<ArrayBuffer>> {
    const envelope = new Reader(yield* this.#takeValue(input));
    const steps = decompressInSteps(envelope, this.#pauseAfter * BYTES_PER_NODE);
    for (let step = steps.next();; step = steps.next()) {
      if (step.done) return step.value;
      this.#isPaused = true;
      yield;
    }
  }

  *#decrypt(input: ByteQueue): Steps<Uint8Array> {
    const { cipher, label } = this.#options;
    if (cipher === undefined) {
      throw new DecodeError("remote state is encrypted and encryption is not configured");
    }
    const { buffer, byteOffset } = yield* this.#take(input, 4);
    const length = new DataView(buffer, byteOffset).getUint32(0);
    if (length > MAX_ENCRYPTED) {
      throw new DecodeError(`remote node state is larger than limit (${length})`);
    }
    if (length > LARGE_ENCRYPTED) {
      this.#sizeWarning = `Remote node state size is (${length}) limit is (${MAX_ENCRYPTED})`;
    }
    return cipher.decrypt(yield* this.#take(input, length), associatedData(length, label));
  }

  *#readPushPull(header: PushPullHeader, input: ByteQueue): Steps<PushPull> {
    const nodes: Claim[] = [];
    for (let left = header.nodes; left > 0;) {
      const most = Math.min(left, this.#pauseAfter);
      left -= most;
      yield* this.#readNodes(input, most, nodes);
      if (most === this.#pauseAfter) {
        this.#isPaused = true;
        yield;
      }
    }
    const bytes = (yield* this.#take(input, header.userStateLength)).slice();
    // It may take megabytes, and nothing that is returned is a view of it: its memory is free now, and not when garbage is
    // collected next.
    this.#decompressed?.buffer.transfer(0);
    return {
      type: "push-pull",
      join: header.join,
      nodes,
      userState: bytes.length === 0 ? null : { bytes },
    };
  }

  /** Reads so many nodes. */
  *#readNodes(input: ByteQueue, count: number, nodes: Claim[]): Steps<void> {
    for (let left = count; left > 0; left--) {
      const usual = new UsualClaims(input.bytes);
      for (let node = usual.nextNode(); node !== undefined; node = usual.nextNode()) {
        nodes.push(node);
        if (--left === 0) break;
      }
      input.take(usual.offset);
      if (left === 0) return;
      const node = decodeNode(yield* this.#takeValue(input));
      if (node === undefined) this.#skippedNodes++;
      else nodes.push(node);
    }
  }

  *#takeByte(input: ByteQueue): Steps<number> {
    return (yield* this.#take(input, 1))[0];
  }

  /** The bytes of the next MessagePack value. */
  *#takeValue(input: ByteQueue): Steps<Uint8Array> {
    const scanner = new ValueScanner();
    while (!scanner.scan(input.bytes)) {
      if (scanner.end > MAX_STREAM) throw new DecodeError(TOO_LARGE);
      yield* this.#more(input);
    }
    return input.take(scanner.end);
  }

  *#take(input: ByteQueue, length: number): Steps<Uint8Array> {
    while (input.length < length) yield* this.#more(input);
    return input.take(length);
  }

  /** Waits for the next chunk of the stream; a decrypted or decompressed message cannot get any longer. */
  *#more(input: ByteQueue): Steps<void> {
    if (input !== this.#received) throw new DecodeError("unexpected EOF");
    yield;
  }
}

function encryptStream(message: Uint8Array, cipher: KeyringCipher, label?: string): Uint8Array {
  const associated = associatedData(message.length + cipher.overhead, label);
  const sealed = cipher.encrypt(message, associated);
  const bytes = new Uint8Array(FRAME_HEADER_SIZE + sealed.length);
  bytes.set(associated.subarray(0, FRAME_HEADER_SIZE));
  bytes.set(sealed, FRAME_HEADER_SIZE);
  return bytes;
}

/** The associated data of an encrypted stream: its type byte, the length of the rest, and the label. */
function associatedData(length: number, label?: string): Uint8Array {
  const name = labelBytes(label);
  const bytes = new Uint8Array(FRAME_HEADER_SIZE + name.length);
  bytes[0] = MessageType.encrypt;
  new DataView(bytes.buffer).setUint32(1, length);
  bytes.set(name, FRAME_HEADER_SIZE);
  return bytes;
}
