/**
 * The records of an event stream.
 *
 * @module
 */

import { DecodeError } from "../base/errors.ts";
import { binary, bool, type Field, struct, text, u64 } from "../wire/msgpack/struct.ts";
import { memberList, type RpcMember } from "./member_codec.ts";

/** Something happened to members; coalescing may put several into one event. */
export interface MemberEventRecord {
  /** What happened to them. */
  readonly type:
    | "member-join"
    | "member-leave"
    | "member-failed"
    | "member-update"
    | "member-reap";
  /** Whom it happened to. */
  readonly members: readonly RpcMember[];
}

/** Somebody sent a user event. */
export interface UserEventRecord {
  /** Tells it from the other events. */
  readonly type: "user";
  /** Lamport time of the event clock. */
  readonly lTime: number;
  /** What happened, in the words of those who send and handle it. */
  readonly name: string;
  /** What goes with it; `null` when nothing does. */
  readonly payload: Uint8Array | null;
  /** Whether the sender allowed coalescing. */
  readonly coalesce: boolean;
}

/** Somebody asks a query that is meant for the agent's node. */
export interface QueryEventRecord {
  /** Tells it from the other events. */
  readonly type: "query";
  /** Names the query in a `respond` on the same connection; means nothing elsewhere. */
  readonly id: number;
  /** Lamport time of the query clock. */
  readonly lTime: number;
  /** What is asked, in the words of those who ask and answer. */
  readonly name: string;
  /** What goes with the question; `null` when nothing does. */
  readonly payload: Uint8Array | null;
}

/** One event as a stream delivers it. */
export type EventRecord = MemberEventRecord | UserEventRecord | QueryEventRecord;

const common = { Event: text, LTime: u64, Name: text, Payload: binary };
const memberFields = struct({ Event: text, Members: memberList });
const userFields = struct({ ...common, Coalesce: bool });
const queryFields = struct({ ...common, ID: u64 });
/** On the wire the type does not come first, so a reader must be ready for the fields of every type. */
const anyFields = struct({ ...common, Coalesce: bool, ID: u64, Members: memberList });

/** One event of a stream. Reading throws a `DecodeError` if its type is unknown. */
export const eventRecord: Field<EventRecord> = {
  zero: { type: "user", lTime: 0, name: "", payload: null, coalesce: false },
  read: (reader) => fromFields(anyFields.read(reader)),
  write(writer, event) {
    if (event.type !== "user" && event.type !== "query") {
      memberFields.write(writer, { Event: event.type, Members: event.members });
      return;
    }
    const { type: Event, lTime: LTime, name: Name, payload: Payload } = event;
    const values = { Event, LTime, Name, Payload };
    if (event.type === "user") userFields.write(writer, { ...values, Coalesce: event.coalesce });
    else queryFields.write(writer, { ...values, ID: event.id });
  },
};

function fromFields(fields: typeof anyFields.zero): EventRecord {
  const { Event: type, LTime: lTime, Name: name, Payload: payload } = fields;
  switch (type) {
    case "user":
      return { type, lTime, name, payload, coalesce: fields.Coalesce };
    case "query":
      return { type, id: fields.ID, lTime, name, payload };
    case "member-join":
    case "member-leave":
    case "member-failed":
    case "member-update":
    case "member-reap":
      return { type, members: fields.Members };
    default:
      throw new DecodeError(`Cannot decode event: unknown type "${type}"`);
  }
}
