/**
 * Encodes and decodes the Serf messages: a type byte and a struct.
 *
 * @module
 */

import { Address } from "../../base/address.ts";
import { DecodeError } from "../../base/errors.ts";
import { decodeAddress } from "./claim_codec.ts";
import { decodeState, serfState, stateValues } from "./state_codec.ts";
import { Reader } from "../msgpack/reader.ts";
import { Writer } from "../msgpack/writer.ts";
import type {
  ConflictMember,
  QueryFilter,
  QueryMessage,
  QueryResponseMessage,
  RelayMessage,
  SerfMessage,
} from "./serf_messages.ts";
import {
  binary,
  binaryView,
  bool,
  encodeTyped,
  i64,
  list,
  mapOf,
  nullable,
  struct,
  text,
  u16,
  u32,
  u64,
  u8,
} from "../msgpack/struct.ts";

/** Message type bytes. */
export const SerfType = {
  leave: 0,
  join: 1,
  pushPull: 2,
  userEvent: 3,
  query: 4,
  queryResponse: 5,
  conflictResponse: 6,
  keyRequest: 7,
  keyResponse: 8,
  relay: 9,
} as const;

/** Type bytes of query filters. */
const FilterType = { node: 0, tag: 1 } as const;

const leave = struct({ LTime: u64, Node: text, Prune: bool });
const join = struct({ LTime: u64, Node: text });
const userEvent = struct({ LTime: u64, Name: text, Payload: binary, CC: bool });
const query = struct({
  LTime: u64,
  ID: u32,
  Addr: binaryView,
  Port: u16,
  SourceNode: text,
  Filters: nullable(list(binaryView)),
  Flags: u32,
  RelayFactor: u8,
  Timeout: i64,
  Name: text,
  Payload: binary,
});
const queryResponse = struct({ LTime: u64, ID: u32, From: text, Flags: u32, Payload: binary });
const member = nullable(struct({
  Name: text,
  Addr: binaryView,
  Port: u16,
  Tags: mapOf(text),
  Status: i64,
  ProtocolMin: u8,
  ProtocolMax: u8,
  ProtocolCur: u8,
  DelegateMin: u8,
  DelegateMax: u8,
  DelegateCur: u8,
}));
const keyRequest = struct({ Key: binaryView });
const keyResponse = struct({
  Result: bool,
  Message: text,
  Keys: nullable(list(text)),
  PrimaryKey: text,
});
const relayHeader = struct({
  DestAddr: struct({ IP: binaryView, Port: u16, Zone: text }),
  DestName: text,
});
const nodeFilter = list(text);
const tagFilter = struct({ Tag: text, Expr: text });

/** The address of a query that gives none. */
const NO_ADDRESS = new Address(new Uint8Array(4), 0);

/** Encodes a Serf message with its type byte. */
export function encodeSerf(message: SerfMessage): Uint8Array {
  switch (message.type) {
    case "leave": {
      const { lTime, node, prune } = message;
      return encodeTyped(SerfType.leave, leave, { LTime: lTime, Node: node, Prune: prune });
    }
    case "join":
      return encodeTyped(SerfType.join, join, { LTime: message.lTime, Node: message.node });
    case "push-pull":
      return encodeTyped(SerfType.pushPull, serfState, stateValues(message));
    case "user-event":
      return encodeTyped(SerfType.userEvent, userEvent, {
        LTime: message.lTime,
        Name: message.name,
        Payload: message.payload,
        CC: message.coalesce,
      });
    case "query":
      return encodeQuery(message);
    case "query-response":
      return encodeTyped(SerfType.queryResponse, queryResponse, {
        LTime: message.lTime,
        ID: message.id,
        From: message.from,
        Flags: message.flags,
        Payload: message.payload,
      });
    case "conflict-response":
      return encodeConflict(message.member);
    case "key-request":
      return encodeTyped(SerfType.keyRequest, keyRequest, { Key: message.key });
    case "key-response":
      return encodeTyped(SerfType.keyResponse, keyResponse, {
        Result: message.result,
        Message: message.message,
        Keys: message.keys,
        PrimaryKey: message.primaryKey,
      });
    case "relay":
      return encodeRelay(message);
    default:
      return message satisfies never;
  }
}

/**
 * Decodes a Serf message with its type byte; bytes after it are ignored. Throws a {@link DecodeError} for anything else,
 * for an address of neither 4 nor 16 bytes (queries may have none), and for a relay without a message. Payloads are copies, because users
 * get them; other byte fields are views of `bytes`.
 */
export function decodeSerf(bytes: Uint8Array): SerfMessage {
  if (bytes.length === 0) throw new DecodeError("missing Serf message type byte");
  const reader = new Reader(bytes, 1);
  switch (bytes[0]) {
    case SerfType.leave: {
      const { LTime, Node, Prune } = leave.read(reader);
      return { type: "leave", lTime: LTime, node: Node, prune: Prune };
    }
    case SerfType.join: {
      const { LTime, Node } = join.read(reader);
      return { type: "join", lTime: LTime, node: Node };
    }
    case SerfType.pushPull:
      return decodeState(bytes);
    case SerfType.userEvent: {
      const { LTime, Name, Payload, CC } = userEvent.read(reader);
      return { type: "user-event", lTime: LTime, name: Name, payload: Payload, coalesce: CC };
    }
    case SerfType.query:
      return decodeQuery(reader);
    case SerfType.queryResponse:
      return decodeQueryResponse(reader);
    case SerfType.conflictResponse:
      return { type: "conflict-response", member: decodeMember(reader) };
    case SerfType.keyRequest:
      return { type: "key-request", key: keyRequest.read(reader).Key ?? new Uint8Array() };
    case SerfType.keyResponse: {
      const { Result, Message, Keys, PrimaryKey } = keyResponse.read(reader);
      return {
        type: "key-response",
        result: Result,
        message: Message,
        keys: Keys,
        primaryKey: PrimaryKey,
      };
    }
    case SerfType.relay:
      return decodeRelay(reader);
    default:
      throw new DecodeError(`Serf msg type (${bytes[0]}) not supported`);
  }
}

/** Serf's names for the messages that members send each other, as its log has them when one cannot be decoded. */
const logNames: Readonly<Record<number, string>> = {
  [SerfType.leave]: "leave message",
  [SerfType.join]: "join message",
  [SerfType.userEvent]: "user event message",
  [SerfType.query]: "query message",
  [SerfType.queryResponse]: "query response message",
  [SerfType.relay]: "relay header",
};

/** What Serf's log calls a message with this type byte; `undefined` if members do not send it to each other. */
export function serfMessageName(type: number): string | undefined {
  return logNames[type];
}

/** Encodes a query filter: a type byte, then the names, or the tag and its expression. */
export function encodeFilter(filter: QueryFilter): Uint8Array {
  switch (filter.type) {
    case "node":
      return encodeTyped(FilterType.node, nodeFilter, filter.nodes);
    case "tag":
      return encodeTyped(FilterType.tag, tagFilter, { Tag: filter.tag, Expr: filter.expression });
    default:
      return filter satisfies never;
  }
}

/** Decodes a query filter. Throws a {@link DecodeError} for anything else; then the query is not for us. */
export function decodeFilter(bytes: Uint8Array): QueryFilter {
  const reader = new Reader(bytes, 1);
  switch (bytes[0]) {
    case FilterType.node:
      return { type: "node", nodes: nodeFilter.read(reader) };
    case FilterType.tag: {
      const { Tag, Expr } = tagFilter.read(reader);
      return { type: "tag", tag: Tag, expression: Expr };
    }
    default:
      throw new DecodeError(`query has unrecognized filter type: ${bytes[0]}`);
  }
}

function encodeQuery(message: QueryMessage): Uint8Array {
  return encodeTyped(SerfType.query, query, {
    LTime: message.lTime,
    ID: message.id,
    Addr: message.address.ip,
    Port: message.address.port,
    SourceNode: message.sourceNode,
    Filters: message.filters,
    Flags: message.flags,
    RelayFactor: message.relayFactor,
    Timeout: message.timeoutNs,
    Name: message.name,
    Payload: message.payload,
  });
}

function decodeQuery(reader: Reader): QueryMessage {
  const values = query.read(reader);
  return {
    type: "query",
    lTime: values.LTime,
    id: values.ID,
    // Nobody can answer a query without an address, but to Serf it is one.
    address: values.Addr?.length ? decodeAddress(values.Addr, values.Port) : NO_ADDRESS,
    sourceNode: values.SourceNode,
    filters: values.Filters?.map((filter) => filter ?? new Uint8Array()) ?? null,
    flags: values.Flags,
    relayFactor: values.RelayFactor,
    timeoutNs: values.Timeout,
    name: values.Name,
    payload: values.Payload,
  };
}

function decodeQueryResponse(reader: Reader): QueryResponseMessage {
  const { LTime, ID, From, Flags, Payload } = queryResponse.read(reader);
  return {
    type: "query-response",
    lTime: LTime,
    id: ID,
    from: From,
    flags: Flags,
    payload: Payload,
  };
}

function encodeConflict(subject: ConflictMember | null): Uint8Array {
  return encodeTyped(
    SerfType.conflictResponse,
    member,
    subject && {
      Name: subject.name,
      Addr: subject.address.ip,
      Port: subject.address.port,
      Tags: subject.tags,
      Status: subject.status,
      ProtocolMin: subject.protocolMin,
      ProtocolMax: subject.protocolMax,
      ProtocolCur: subject.protocolCur,
      DelegateMin: subject.delegateMin,
      DelegateMax: subject.delegateMax,
      DelegateCur: subject.delegateCur,
    },
  );
}

function decodeMember(reader: Reader): ConflictMember | null {
  const values = member.read(reader);
  return values && {
    name: values.Name,
    address: decodeAddress(values.Addr, values.Port),
    tags: values.Tags,
    status: values.Status,
    protocolMin: values.ProtocolMin,
    protocolMax: values.ProtocolMax,
    protocolCur: values.ProtocolCur,
    delegateMin: values.DelegateMin,
    delegateMax: values.DelegateMax,
    delegateCur: values.DelegateCur,
  };
}

function encodeRelay({ destination, destinationName, message }: RelayMessage): Uint8Array {
  const writer = new Writer().byte(SerfType.relay);
  relayHeader.write(writer, {
    DestAddr: { IP: destination.ip, Port: destination.port, Zone: "" },
    DestName: destinationName,
  });
  return writer.append(message).bytes();
}

function decodeRelay(reader: Reader): RelayMessage {
  const { DestAddr, DestName } = relayHeader.read(reader);
  const message = reader.rest();
  if (message.length === 0) throw new DecodeError("Cannot decode relay: got no message to pass on");
  const destination = decodeAddress(DestAddr.IP, DestAddr.Port);
  return { type: "relay", destination, destinationName: DestName, message };
}
