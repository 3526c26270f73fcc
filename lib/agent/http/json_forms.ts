/**
 * Members, events and what else the HTTP API sends as JSON, under the field names of Serf's RPC protocol.
 *
 * @module
 */

import type { SerfEvent } from "../../api/event.ts";
import type { Coordinate } from "../../api/coordinate.ts";
import type { KeyResult } from "../../api/keys.ts";
import type { Member } from "../../api/member.ts";
import type { SuspicionInfo } from "../../swim/state/suspicion.ts";

/** A payload in base64; `null` where there is none. */
export function payloadJson(payload: Uint8Array | null): string | null {
  return payload === null ? null : payload.toBase64();
}

/** A suspicion. */
export function suspicionJson({ node, suspectedBy, ageMs, leftMs }: SuspicionInfo) {
  return { Node: node, From: suspectedBy, AgeMs: Math.round(ageMs), LeftMs: Math.round(leftMs) };
}

/** A member. */
export function memberJson(member: Member) {
  return {
    Name: member.name,
    Addr: member.address.host,
    Port: member.address.port,
    Tags: member.tags,
    Status: member.status,
    ProtocolMin: member.protocolMin,
    ProtocolMax: member.protocolMax,
    ProtocolCur: member.protocolCur,
    DelegateMin: member.delegateMin,
    DelegateMax: member.delegateMax,
    DelegateCur: member.delegateCur,
  };
}

/** A network coordinate; times are in seconds. */
export function coordinateJson({ vec, error, adjustment, height }: Coordinate) {
  return { Vec: vec, Error: error, Adjustment: adjustment, Height: height };
}

/** An event; `timeMs` is when it was delivered here, in milliseconds since 1970. */
export function eventJson(event: SerfEvent, timeMs: number) {
  const Time = new Date(timeMs).toISOString();
  switch (event.type) {
    case "user": {
      const { type: Event, lTime: LTime, name: Name, payload, coalesce: Coalesce } = event;
      return { Event, Time, LTime, Name, Payload: payloadJson(payload), Coalesce };
    }
    case "query": {
      const { type: Event, lTime: LTime, id: ID, name: Name, payload, sourceNode } = event;
      const SourceNode = sourceNode ?? "";
      return { Event, Time, LTime, ID, Name, Payload: payloadJson(payload), SourceNode };
    }
    default:
      return { Event: event.type, Time, Members: event.members.map(memberJson) };
  }
}

/** What the members said to a key operation. */
export function keyJson({ nodes, responses, failures, keys, messages }: KeyResult) {
  return {
    NumNodes: nodes,
    NumResp: responses,
    NumErr: failures,
    Keys: Object.fromEntries(keys),
    Messages: Object.fromEntries(messages),
  };
}
