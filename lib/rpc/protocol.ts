/**
 * The messages of Serf's RPC protocol: MessagePack values on a TCP connection, without any outer framing.
 *
 * A client sends a header and, for most commands, a body; the agent answers in order with a header and, for some
 * commands, a body. Streams, monitors and queries are answered too, and then produce records: again a header, with the
 * number of the request that they belong to, and a body. What the bodies hold is in `commands.ts`.
 *
 * @module
 */

import { type EncodedKey, Reader } from "../wire/msgpack/reader.ts";
import { Writer } from "../wire/msgpack/writer.ts";
import { binary, encodeKeys, type Field, struct, text } from "../wire/msgpack/struct.ts";
import {
  type Command,
  commands,
  none,
  type RequestBody,
  type ResponseBody,
  sequence,
} from "./commands.ts";

/** The protocol version that a handshake names; there is no other. */
export const RPC_VERSION = 1;

/** Errors that the server itself answers with, in Serf's words. */
export const RpcFailure = {
  unsupportedCommand: "Unsupported command",
  unsupportedVersion: "Unsupported IPC version",
  handshakeTwice: "Handshake already performed",
  handshakeRequired: "Handshake required",
  monitorExists: "Monitor already exists",
  invalidFilter: "Invalid event filter",
  streamExists: "Stream with given sequence exists",
  unknownQuery: "No pending queries matching ID",
  authRequired: "Authentication required",
  invalidToken: "Invalid authentication token",
} as const;

/** A request that cannot be carried out at all. It ends the connection, with this message in the agent's log. */
export class RequestError extends Error {
  override readonly name = "RequestError";
}

/** A record of a query: `Type` is `ack`, `response`, `failure` or `done`, after which nothing follows. */
export const queryRecord = struct({ Type: text, From: text, Payload: binary });

/** A record of a monitor: one log line with its date, without a newline at the end. */
export const logRecord = struct({ Log: text });

const responseHeader = struct({ Seq: sequence, Error: text });

/** What comes before every request. */
export interface RequestHeader {
  /** Not necessarily a {@link Command}. */
  readonly command: string;
  /** Chosen by the client; comes back in the answer and in every record. */
  readonly seq: bigint;
}

/** What comes before every answer and every record. */
export interface ResponseHeader {
  readonly seq: bigint;
  /** Empty on success. */
  readonly error: string;
}

/** Whether a request of this command has a body. */
export function requestHasBody(command: Command): boolean {
  return commands[command].request !== none;
}

/**
 * Whether an answer to this command has a body. One with an error has it too, unless the agent did not look at the
 * command at all.
 */
export function responseHasBody(command: Command, error: string): boolean {
  return commands[command].response !== none && error !== RpcFailure.authRequired &&
    error !== RpcFailure.handshakeRequired && error !== RpcFailure.unsupportedCommand;
}

/** A request as one message. */
export function encodeRequest<C extends Command>(
  seq: bigint,
  command: C,
  body: RequestBody<C>,
): Uint8Array {
  const writer = new Writer("bin");
  writer.map(2).string("Command").string(command).string("Seq").uint64(seq);
  commands[command].request.write(writer, body);
  return writer.bytes();
}

const HEADER_FIELDS = ["Command", "Seq"];
/** Made by agents only, when they read the first request. */
let headerKeys: readonly EncodedKey[] | undefined;

/** Reads a request header. As in Serf, a field that is missing keeps the value it had in the header before; nil has none. */
export function decodeRequestHeader(value: Uint8Array, previous: RequestHeader): RequestHeader {
  const reader = new Reader(value);
  if (reader.nil()) return { command: "", seq: 0n };
  let { command, seq } = previous;
  reader.struct(HEADER_FIELDS, (key) => {
    if (key === "Command") command = reader.string();
    else if (key === "Seq") seq = BigInt(reader.uint64());
    else return false;
    return true;
  }, headerKeys ??= encodeKeys(HEADER_FIELDS));
  return { command, seq };
}

/**
 * Reads the body of a request; `value` is ignored if the command has none. Throws a `DecodeError` if it is not what the
 * command needs.
 */
export function decodeRequest<C extends Command>(command: C, value: Uint8Array): RequestBody<C> {
  return commands[command].request.read(new Reader(value));
}

/** An answer without a body. */
export function encodeResponseHeader(header: ResponseHeader): Uint8Array {
  writeResponseHeader(scratch.clear(), header);
  return scratch.bytes();
}

/** Writes an answer in one piece; some clients cannot take header and body apart. */
export function writeResponse<C extends Command>(
  writer: Writer,
  header: ResponseHeader,
  command: C,
  body: ResponseBody<C>,
): Writer {
  writeResponseHeader(writer, header);
  commands[command].response.write(writer, body);
  return writer;
}

/** A record of the stream, monitor or query that was requested under `seq`, as one message. */
export function encodeRecord<T>(seq: bigint, field: Field<T>, record: T): Uint8Array {
  writeResponseHeader(scratch.clear(), { seq, error: "" });
  field.write(scratch, record);
  return scratch.bytes();
}

/** Reads the header of an answer or a record. */
export function decodeResponseHeader(value: Uint8Array): ResponseHeader {
  const { Seq: seq, Error: error } = responseHeader.read(new Reader(value));
  return { seq, error };
}

/** Reads the body of an answer. Throws a `DecodeError` if it is not what the command is answered with. */
export function decodeResponse<C extends Command>(command: C, value: Uint8Array): ResponseBody<C> {
  return commands[command].response.read(new Reader(value));
}

/** Used by one call at a time: letting a new buffer grow takes longer than filling it. */
const scratch = new Writer("bin");

function writeResponseHeader(writer: Writer, { seq, error }: ResponseHeader): void {
  writer.map(2).string("Error").string(error).string("Seq").uint64(seq);
}
