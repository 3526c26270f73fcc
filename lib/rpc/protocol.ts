/**
 * Serf's RPC protocol: MessagePack values on a TCP connection, without any outer framing.
 *
 * A client sends a header and, for most commands, a body; the agent answers in order with a header and, for some
 * commands, a body. Streams, monitors and queries are answered too, and then produce records: again a header, with the
 * number of the request that they belong to, and a body. The bodies below have the field names of the wire.
 *
 * @module
 */

import { Reader, Writer } from "../wire/msgpack/msgpack.ts";
import {
  binary,
  bool,
  type Field,
  float,
  i64,
  list,
  mapOf,
  nullable,
  struct,
  text,
  u8,
} from "../wire/msgpack/struct.ts";
import { memberList } from "./member_codec.ts";

/** The protocol version that a handshake names; there is no other. */
export const RPC_VERSION = 1;

/** Errors that the agent answers by itself, in the reference's words. */
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

/** 64 bits in full: clients may number their requests as they like. */
const sequence: Field<bigint> = {
  zero: 0n,
  read: (reader) => reader.uint64(),
  write: (writer, value) => writer.uint64(value),
};

/** The body of a message that consists of its header alone. */
const none: Field<null> = { zero: null, read: () => null, write: () => {} };

const key = struct({ Key: text });

const requests = {
  "handshake": struct({ Version: i64 }),
  "auth": struct({ AuthKey: text }),
  "event": struct({ Name: text, Payload: binary, Coalesce: bool }),
  "force-leave": struct({ Node: text, Prune: bool }),
  "join": struct({ Existing: list(text), Replay: bool }),
  "members": none,
  /** Regular expressions; an empty status or name lets everything pass. */
  "members-filtered": struct({ Tags: mapOf(text), Status: text, Name: text }),
  "tags": struct({ Tags: mapOf(text), DeleteTags: list(text) }),
  "stream": struct({ Type: text }),
  "monitor": struct({ LogLevel: text }),
  /** The number of the stream or monitor that is to end. */
  "stop": struct({ Stop: sequence }),
  "leave": none,
  "query": struct({
    FilterNodes: list(text),
    FilterTags: mapOf(text),
    RequestAck: bool,
    RelayFactor: u8,
    /** Nanoseconds; 0 means the agent's default. */
    Timeout: i64,
    Name: text,
    Payload: binary,
  }),
  "respond": struct({ ID: sequence, Payload: binary }),
  "install-key": key,
  "use-key": key,
  "remove-key": key,
  "list-keys": none,
  "stats": none,
  "get-coordinate": struct({ Node: text }),
};

const members = struct({ Members: memberList });

const keyResult = struct({
  Messages: mapOf(text),
  Keys: nullable(mapOf(i64)),
  NumNodes: i64,
  NumErr: i64,
  NumResp: i64,
});

const responses = {
  "handshake": none,
  "auth": none,
  "event": none,
  "force-leave": none,
  "join": struct({ Num: i64 }),
  "members": members,
  "members-filtered": members,
  "tags": none,
  "stream": none,
  "monitor": none,
  "stop": none,
  "leave": none,
  "query": none,
  "respond": none,
  "install-key": keyResult,
  "use-key": keyResult,
  "remove-key": keyResult,
  "list-keys": keyResult,
  "stats": mapOf(mapOf(text)),
  "get-coordinate": struct({
    Coord: struct({ Vec: nullable(list(float)), Error: float, Adjustment: float, Height: float }),
    Ok: bool,
  }),
};

/** A record of a query: `Type` is `ack`, `response` or `done`, after which nothing follows. */
export const queryRecord = struct({ Type: text, From: text, Payload: binary });

/** A record of a monitor: one log line with its date, without a newline at the end. */
export const logRecord = struct({ Log: text });

const responseHeader = struct({ Seq: sequence, Error: text });

/** The name of a command. */
export type Command = keyof typeof requests;

type ValueOf<F> = F extends Field<infer T> ? T : never;
type RequestBodies = { readonly [C in Command]: ValueOf<(typeof requests)[C]> };
type ResponseBodies = { readonly [C in Command]: ValueOf<(typeof responses)[C]> };

const requestFields: { readonly [C in Command]: Field<RequestBodies[C]> } = requests;
const responseFields: { readonly [C in Command]: Field<ResponseBodies[C]> } = responses;

/** What a command is sent with; `null` if it has no body. */
export type RequestBody<C extends Command> = RequestBodies[C];
/** What a command is answered with; `null` if the answer has no body. */
export type ResponseBody<C extends Command> = ResponseBodies[C];

/** A command with its body. */
export type Request = {
  readonly [C in Command]: { readonly command: C; readonly body: RequestBody<C> };
}[Command];

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

/** Whether a word names a command. */
export function isCommand(word: string): word is Command {
  return Object.hasOwn(requests, word);
}

/** Whether a request of this command has a body. */
export function requestHasBody(command: Command): boolean {
  return requests[command] !== none;
}

/**
 * Whether an answer to this command has a body. One with an error has it too, unless the agent did not look at the
 * command at all.
 */
export function responseHasBody(command: Command, error: string): boolean {
  return responses[command] !== none && error !== RpcFailure.authRequired &&
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
  requestFields[command].write(writer, body);
  return writer.bytes();
}

/** Reads a request header; as in the reference, what it lacks is taken from the one before. */
export function decodeRequestHeader(value: Uint8Array, previous: RequestHeader): RequestHeader {
  const reader = new Reader(value);
  let { command, seq } = previous;
  reader.struct(["Command", "Seq"], (key) => {
    if (key === "Command") command = reader.string();
    else if (key === "Seq") seq = reader.uint64();
    else return false;
    return true;
  });
  return { command, seq };
}

/**
 * Reads the body of a request; `value` is of no interest if the command has none. Throws a `DecodeError` if it is not
 * what the command needs.
 */
export function decodeRequest(command: Command, value: Uint8Array): Request {
  return { command, body: requestFields[command].read(new Reader(value)) } as Request;
}

/** An answer without a body. */
export function encodeResponseHeader(header: ResponseHeader): Uint8Array {
  return startResponse(header).bytes();
}

/** An answer as one message; some clients cannot take header and body apart. */
export function encodeResponse<C extends Command>(
  header: ResponseHeader,
  command: C,
  body: ResponseBody<C>,
): Uint8Array {
  const writer = startResponse(header);
  responseFields[command].write(writer, body);
  return writer.bytes();
}

/** A record of the stream, monitor or query that was requested under `seq`, as one message. */
export function encodeRecord<T>(seq: bigint, field: Field<T>, record: T): Uint8Array {
  const writer = startResponse({ seq, error: "" });
  field.write(writer, record);
  return writer.bytes();
}

/** Reads the header of an answer or a record. */
export function decodeResponseHeader(value: Uint8Array): ResponseHeader {
  const { Seq: seq, Error: error } = responseHeader.read(new Reader(value));
  return { seq, error };
}

/** Reads the body of an answer. Throws a `DecodeError` if it is not what the command is answered with. */
export function decodeResponse<C extends Command>(command: C, value: Uint8Array): ResponseBody<C> {
  return responseFields[command].read(new Reader(value));
}

/** Used by one call at a time: letting a new buffer grow takes longer than filling it. */
const scratch = new Writer("bin");

function startResponse({ seq, error }: ResponseHeader): Writer {
  responseHeader.write(scratch.clear(), { Seq: seq, Error: error });
  return scratch;
}
