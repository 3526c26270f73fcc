/**
 * Describes decoded messages in the words of the vectors, so that the two can be compared.
 *
 * @module
 */

import { decodeCoordinate } from "../../lib/wire/messages/coordinate.ts";
import type {
  Claim,
  Message,
  Source,
  StreamMessage,
  Versions,
} from "../../lib/wire/messages/messages.ts";
import { decodeFilter, decodeSerf } from "../../lib/wire/messages/serf_codec.ts";
import type {
  ConflictMember,
  EventSlot,
  QueryMessage,
  SerfMessage,
  SerfState,
} from "../../lib/wire/messages/serf_messages.ts";
import { decodeTags } from "../../lib/wire/messages/tags.ts";
import { type Description, toHex } from "./vectors.ts";

/** Describes a message of the membership protocol and everything inside it. */
export function describe(message: Message | StreamMessage): Description {
  switch (message.type) {
    case "ping":
      return {
        msg: "ping",
        type: 0,
        body: { Node: message.node, SeqNo: message.sequence, ...describeSource(message.source) },
      };
    case "indirect-ping":
      return {
        msg: "indirectPing",
        type: 1,
        body: {
          Nack: message.nack,
          Node: message.node,
          Port: message.target.port,
          SeqNo: message.sequence,
          Target: hex(message.target.ip),
          ...describeSource(message.source),
        },
      };
    case "ack":
      return {
        msg: "ackResp",
        type: 2,
        body: { Payload: hex(message.payload), SeqNo: message.sequence },
        ...describeAckPayload(message.payload),
      };
    case "nack":
      return { msg: "nackResp", type: 11, body: { SeqNo: message.sequence } };
    case "suspect":
    case "dead":
      return {
        msg: message.type,
        type: message.type === "suspect" ? 3 : 5,
        body: { From: message.from, Incarnation: message.incarnation, Node: message.node },
      };
    case "alive":
      return describeAlive(message.claim);
    case "user":
      return { msg: "user", type: 8, inner: describeSerf(decodeSerf(message.body.bytes)) };
    case "push-pull":
      return {
        msg: "pushPull",
        type: 6,
        header: {
          Join: message.join,
          Nodes: message.nodes.length,
          UserStateLen: message.userState?.bytes.length ?? 0,
        },
        nodes: message.nodes.map(describeNode),
        userStateActualLen: message.userState?.bytes.length ?? 0,
        userState: message.userState && describeSerf(decodeSerf(message.userState.bytes)),
      };
    case "err":
      return { msg: "err", type: 13, body: { Error: message.error } };
    default:
      return message satisfies never;
  }
}

function describeSource(source: Source | undefined): Description {
  if (source === undefined) return {};
  const { address, node } = source;
  return { SourceAddr: hex(address.ip), SourceNode: node, SourcePort: address.port };
}

function describeAckPayload(payload: Uint8Array | null): Description {
  if (payload === null) return {};
  const { adjustment, error, height, vec } = decodeCoordinate(payload);
  return {
    pingVersion: payload[0],
    coordinate: { Adjustment: adjustment, Error: error, Height: height, Vec: vec },
  };
}

function describeAlive({ address, incarnation, meta, node, versions }: Claim): Description {
  return {
    msg: "alive",
    type: 4,
    body: {
      Addr: hex(address.ip),
      Incarnation: incarnation,
      Meta: hex(meta),
      Node: node,
      Port: address.port,
      Vsn: describeVersions(versions),
    },
    tags: decodeTags(meta),
  };
}

function describeNode({ address, incarnation, meta, node, state, versions }: Claim): Description {
  return {
    Addr: hex(address.ip),
    Incarnation: incarnation,
    Meta: hex(meta),
    Name: node,
    Port: address.port,
    State: ["alive", "suspect", "dead", "left"].indexOf(state),
    Vsn: describeVersions(versions),
    tags: decodeTags(meta),
  };
}

function describeVersions(versions: Versions | null): Description | null {
  if (versions === null) return null;
  const { protocolMin, protocolMax, protocolCur, delegateMin, delegateMax, delegateCur } = versions;
  return hex(
    Uint8Array.of(protocolMin, protocolMax, protocolCur, delegateMin, delegateMax, delegateCur),
  );
}

function describeSerf(message: SerfMessage): Description {
  switch (message.type) {
    case "leave":
      return serf("leave", 0, {
        LTime: message.lTime,
        Node: message.node,
        Prune: message.prune,
      });
    case "join":
      return serf("join", 1, { LTime: message.lTime, Node: message.node });
    case "push-pull":
      return describeState(message);
    case "user-event":
      return serf("userEvent", 3, {
        CC: message.coalesce,
        LTime: message.lTime,
        Name: message.name,
        Payload: hex(message.payload),
      });
    case "query":
      return describeQuery(message);
    case "query-response":
      return {
        ...serf("queryResponse", 5, {
          Flags: message.flags,
          From: message.from,
          ID: message.id,
          LTime: message.lTime,
          Payload: hex(message.payload),
        }),
        ...describeInternalPayload(message.payload),
      };
    case "conflict-response":
      return serf("conflictResponse", 6, message.member && describeMember(message.member));
    case "key-request":
      return serf("keyRequest", 7, { Key: hex(message.key) });
    case "key-response":
      return serf("keyResponse", 8, {
        Keys: message.keys,
        Message: message.message,
        PrimaryKey: message.primaryKey,
        Result: message.result,
      });
    case "relay":
      return {
        serf: "relay",
        type: 9,
        header: {
          DestAddr: { IP: hex(message.destination.ip), Port: message.destination.port, Zone: "" },
          DestName: message.destinationName,
        },
        inner: describeSerf(decodeSerf(message.message)),
      };
    default:
      return message satisfies never;
  }
}

function serf(name: string, type: number, body: Description | null): Description {
  return { serf: name, type, body };
}

function describeState(state: SerfState): Description {
  const nonNil = state.events.flatMap((slot, index) =>
    slot === null ? [] : [{ index, value: describeSlot(slot) }]
  );
  return serf("pushPull", 2, {
    EventLTime: state.eventLTime,
    Events: { arrayLength: state.events.length, nonNil },
    LTime: state.lTime,
    LeftMembers: state.leftMembers,
    QueryLTime: state.queryLTime,
    StatusLTimes: Object.fromEntries(state.statusLTimes),
  });
}

function describeSlot({ lTime, events }: EventSlot): Description {
  return {
    Events: events.map(({ name, payload }) => ({ Name: name, Payload: hex(payload) })),
    LTime: lTime,
  };
}

function describeQuery(message: QueryMessage): Description {
  return {
    ...serf("query", 4, {
      Addr: hex(message.address.ip),
      Filters: message.filters?.map(hex) ?? null,
      Flags: message.flags,
      ID: message.id,
      LTime: message.lTime,
      Name: message.name,
      Payload: hex(message.payload),
      Port: message.address.port,
      RelayFactor: message.relayFactor,
      SourceNode: message.sourceNode,
      Timeout: message.timeoutNs,
    }),
    ...(message.filters && { filters: message.filters.map(describeFilter) }),
    ...describeInternalPayload(message.payload),
  };
}

function describeFilter(bytes: Uint8Array): Description {
  const filter = decodeFilter(bytes);
  return filter.type === "node"
    ? { filterType: 0, value: filter.nodes }
    : { filterType: 1, value: { Expr: filter.expression, Tag: filter.tag } };
}

/** The payloads of internal queries are messages themselves, of types 6 to 8. */
function describeInternalPayload(payload: Uint8Array | null): Description {
  if (payload === null || ![6, 7, 8].includes(payload[0])) return {};
  return { payloadDecoded: describeSerf(decodeSerf(payload)) };
}

function describeMember(member: ConflictMember): Description {
  return {
    Addr: hex(member.address.ip),
    DelegateCur: member.delegateCur,
    DelegateMax: member.delegateMax,
    DelegateMin: member.delegateMin,
    Name: member.name,
    Port: member.address.port,
    ProtocolCur: member.protocolCur,
    ProtocolMax: member.protocolMax,
    ProtocolMin: member.protocolMin,
    Status: member.status,
    Tags: Object.fromEntries(member.tags),
  };
}

function hex(bytes: Uint8Array): { hex: string };
function hex(bytes: Uint8Array | null): { hex: string } | null;
function hex(bytes: Uint8Array | null): { hex: string } | null {
  return bytes && { hex: toHex(bytes) };
}
