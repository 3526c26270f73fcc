/**
 * The commands of Serf's RPC protocol: what each request and each response carries, under the field names of the wire.
 *
 * A new command takes an entry here and a handler in `server/handlers.ts`; the compiler asks for both.
 *
 * @module
 */

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
import type { Writer } from "../wire/msgpack/writer.ts";
import { memberList } from "./member_codec.ts";

/** Number of a request or of a query: 64 bits in full, because clients may choose any. */
export const sequence: Field<bigint> = {
  zero: 0n,
  read: (reader) => BigInt(reader.uint64()),
  write: (writer, value) => writer.uint64(value),
};

/** The body of a message that consists of its header alone. */
export const none: Field<null> = { zero: null, read: () => null, write: () => {} };

const members = struct({ Members: memberList });

const key = struct({ Key: text });

const keyResult = struct({
  Messages: mapOf(text),
  Keys: nullable(mapOf(i64)),
  NumNodes: i64,
  NumErr: i64,
  NumResp: i64,
});

const queryFields = {
  FilterNodes: list(text),
  FilterTags: mapOf(text),
  RequestAck: bool,
  RelayFactor: u8,
  /** Nanoseconds; 0 means the agent's default. */
  Timeout: i64,
  Name: text,
  Payload: binary,
};
const serfQuery = struct(queryFields);
const ourQuery = struct({ ...queryFields, Failures: bool });

const table = {
  "handshake": { request: struct({ Version: i64 }), response: none },
  "auth": { request: struct({ AuthKey: text }), response: none },
  "event": { request: struct({ Name: text, Payload: binary, Coalesce: bool }), response: none },
  "force-leave": { request: struct({ Node: text, Prune: bool }), response: none },
  "join": {
    request: struct({ Existing: list(text), Replay: bool }),
    response: struct({ Num: i64 }),
  },
  "members": { request: none, response: members },
  /** Regular expressions; an empty status or name matches everything. */
  "members-filtered": {
    request: struct({ Tags: mapOf(text), Status: text, Name: text }),
    response: members,
  },
  "tags": { request: struct({ Tags: mapOf(text), DeleteTags: list(text) }), response: none },
  /** Event records follow. */
  "stream": { request: struct({ Type: text }), response: none },
  /** Log records follow. */
  "monitor": { request: struct({ LogLevel: text }), response: none },
  /** `Stop` is the number of the request that started the stream or monitor. */
  "stop": { request: struct({ Stop: sequence }), response: none },
  "leave": { request: none, response: none },
  /** Query records follow, `failure` among them only if they are asked for: Serf's clients do not know it. */
  "query": {
    request: {
      get zero() {
        return ourQuery.zero;
      },
      read: ourQuery.read,
      write: (writer: Writer, value: typeof ourQuery.zero) =>
        (value.Failures ? ourQuery : serfQuery).write(writer, value),
    },
    response: none,
  },
  /** `ID` is that of a query event in a stream of the same connection. */
  "respond": { request: struct({ ID: sequence, Payload: binary }), response: none },
  "install-key": { request: key, response: keyResult },
  "use-key": { request: key, response: keyResult },
  "remove-key": { request: key, response: keyResult },
  "list-keys": { request: none, response: keyResult },
  /** Values by name, by section. */
  "stats": { request: none, response: mapOf(mapOf(text)) },
  /** Of our agents only: Serf's do not know it. Each line is one metric of ten seconds. */
  "metrics": { request: none, response: struct({ Lines: list(text) }) },
  /** Of our agents only. The report is JSON: `Explanation`, or with `All` that of the cluster, `ClusterExplanation`. */
  "why": { request: struct({ Node: text, All: bool }), response: struct({ Report: text }) },
  "get-coordinate": {
    request: struct({ Node: text }),
    response: struct({
      Coord: struct({ Vec: nullable(list(float)), Error: float, Adjustment: float, Height: float }),
      Ok: bool,
    }),
  },
};

/** The name of a command. */
export type Command = keyof typeof table;

type ValueOf<F> = F extends Field<infer T> ? T : never;
type RequestBodies = { readonly [C in Command]: ValueOf<(typeof table)[C]["request"]> };
type ResponseBodies = { readonly [C in Command]: ValueOf<(typeof table)[C]["response"]> };

/** What a command is sent with; `null` if it has no body. */
export type RequestBody<C extends Command> = RequestBodies[C];
/** What a command is answered with; `null` if the response has no body. */
export type ResponseBody<C extends Command> = ResponseBodies[C];

/** The bodies of one command. */
interface CommandShape<C extends Command> {
  readonly request: Field<RequestBody<C>>;
  readonly response: Field<ResponseBody<C>>;
}

/** All commands by name. */
export const commands: { readonly [C in Command]: CommandShape<C> } = table;

/** Whether a word is the name of a command. */
export function isCommand(word: string): word is Command {
  return Object.hasOwn(commands, word);
}
