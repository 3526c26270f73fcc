/**
 * Encodes and decodes Serf's part of a push/pull. A state may have millions of entries, if somebody made it up: hence it
 * can be decoded in steps, between which other things are done.
 *
 * @module
 */

import type { EventSlot, SerfState } from "./serf_messages.ts";
import { Reader } from "../msgpack/reader.ts";
import {
  binary,
  type Field,
  list,
  mapOf,
  struct,
  text,
  u64,
  type Values,
} from "../msgpack/struct.ts";

/** How many entries are decoded in a step: that takes 5 to 20 microseconds. */
const ENTRIES_PER_STEP = 32;
/** How many empty slots of the event buffer are read like one entry: Serf has 512. */
const MOST_EMPTY_SLOTS = 512;

const filledSlot = struct({ LTime: u64, Events: list(struct({ Name: text, Payload: binary })) });

/** The event buffer. Most of its slots are empty most of the time, so runs of them are written and read at once. */
const eventSlots: Field<SerfState["events"]> = {
  zero: [],
  read(reader) {
    const slots: (EventSlot | null)[] = [];
    for (let left = reader.array(); left > 0;) left -= readSlots(reader, left, slots);
    return slots;
  },
  write(writer, slots) {
    writer.array(slots.length);
    let empty = 0;
    for (const slot of slots) {
      if (slot === null) {
        empty++;
        continue;
      }
      writer.nils(empty);
      empty = 0;
      const events = slot.events.map(({ name, payload }) => ({ Name: name, Payload: payload }));
      filledSlot.write(writer, { LTime: slot.lTime, Events: events });
    }
    writer.nils(empty);
  },
};

const fields = {
  LTime: u64,
  StatusLTimes: mapOf(u64),
  LeftMembers: list(text),
  EventLTime: u64,
  Events: eventSlots,
  QueryLTime: u64,
};

/** The state as Go has it. */
export const serfState: Field<Values<typeof fields>> = struct(fields);

/** Where a value starts. It is passed over; -1 if there is none. */
const place: Field<number> = {
  zero: -1,
  read(reader) {
    const { offset } = reader;
    reader.skip();
    return offset;
  },
  write() {
    throw new TypeError("Cannot write the place of a value");
  },
};

/** The state without what may be large. */
const outline = struct({ ...fields, StatusLTimes: place, LeftMembers: place, Events: place });

/** The state as Go has it. */
export function stateValues(state: SerfState): Values<typeof fields> {
  return {
    LTime: state.lTime,
    StatusLTimes: state.statusLTimes,
    LeftMembers: state.leftMembers,
    EventLTime: state.eventLTime,
    Events: state.events,
    QueryLTime: state.queryLTime,
  };
}

/** Decodes a state with its type byte at once. Throws a `DecodeError` if it is none. */
export function decodeState(bytes: Uint8Array): SerfState {
  const steps = decodeStateInSteps(bytes);
  for (let step = steps.next();; step = steps.next()) if (step.done) return step.value;
}

/** Decodes a state with its type byte; a step takes microseconds. Throws a `DecodeError` if it is none. */
export function* decodeStateInSteps(bytes: Uint8Array): Generator<undefined, SerfState, undefined> {
  const values = outline.read(new Reader(bytes, 1));
  const statusLTimes = new Map<string, SerfState["lTime"]>();
  yield* eachEntry(bytes, values.StatusLTimes, {
    count: (reader) => reader.map(),
    read(reader) {
      statusLTimes.set(reader.string(), u64.read(reader));
      return 1;
    },
  });
  const leftMembers: string[] = [];
  yield* eachEntry(bytes, values.LeftMembers, {
    count: (reader) => reader.array(),
    read(reader) {
      leftMembers.push(reader.string());
      return 1;
    },
  });
  const events: (EventSlot | null)[] = [];
  yield* eachEntry(bytes, values.Events, {
    count: (reader) => reader.array(),
    read: (reader, left) => readSlots(reader, left, events),
  });
  const { LTime: lTime, EventLTime: eventLTime, QueryLTime: queryLTime } = values;
  return { type: "push-pull", lTime, eventLTime, queryLTime, statusLTimes, leftMembers, events };
}

/** Reads all entries of a value; `read` returns how many it has read, of those that are left. */
function* eachEntry(
  bytes: Uint8Array,
  start: number,
  { count, read }: {
    readonly count: (reader: Reader) => number;
    readonly read: (reader: Reader, left: number) => number;
  },
): Generator<undefined> {
  if (start === -1) return;
  const reader = new Reader(bytes, start);
  let reads = 0;
  for (let left = count(reader); left > 0; left -= read(reader, left)) {
    if (++reads % ENTRIES_PER_STEP === 0) yield;
  }
}

/** Reads a slot, or some that follow each other and are empty, and returns how many. */
function readSlots(reader: Reader, left: number, slots: (EventSlot | null)[]): number {
  const empty = reader.nils(Math.min(left, MOST_EMPTY_SLOTS));
  if (empty > 0) {
    for (let i = 0; i < empty; i++) slots.push(null);
    return empty;
  }
  const { LTime: lTime, Events } = filledSlot.read(reader);
  slots.push({
    lTime,
    events: Events.map(({ Name, Payload }) => ({ name: Name, payload: Payload })),
  });
  return 1;
}
