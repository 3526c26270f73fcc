/**
 * The records of an event stream.
 *
 * @module
 */

import { type MemberEvent, UserEvent } from "../api/event.ts";
import { DecodeError } from "../base/errors.ts";
import type { LamportTime } from "../base/lamport_time.ts";
import { binary, bool, type Field, struct, text, u53, u64 } from "../wire/msgpack/struct.ts";
import { memberList } from "./member_codec.ts";

/** A query in an event stream. */
export interface StreamedQuery {
  readonly type: "query";
  /** Identifies the query in a `respond` on the same connection. */
  readonly id: number;
  readonly lTime: LamportTime;
  readonly name: string;
  readonly payload: Uint8Array | null;
}

/** One event as it travels over RPC. */
export type StreamedEvent = MemberEvent | UserEvent | StreamedQuery;

const common = { Event: text, LTime: u64, Name: text, Payload: binary };
const memberFields = struct({ Event: text, Members: memberList });
const userFields = struct({ ...common, Coalesce: bool });
const queryFields = struct({ ...common, ID: u53 });
/** On the wire the type does not come first, so a reader must be ready for the fields of every type. */
const anyFields = struct({ ...common, Coalesce: bool, ID: u53, Members: memberList });

/** One event of a stream. Reading throws a `DecodeError` if its type is unknown. */
export const eventRecord: Field<StreamedEvent> = {
  zero: new UserEvent({ lTime: 0, name: "", payload: null, coalesce: false }),
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

function fromFields(fields: typeof anyFields.zero): StreamedEvent {
  const { Event: type, LTime: lTime, Name: name, Payload: payload } = fields;
  switch (type) {
    case "user":
      return new UserEvent({ lTime, name, payload, coalesce: fields.Coalesce });
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
