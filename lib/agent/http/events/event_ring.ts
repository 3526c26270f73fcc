/**
 * The latest events of an agent, encoded once for all streams: a bounded ring in which every reader has a place of its own.
 * A reader that falls behind the oldest event learns how many it has lost; nothing waits for it.
 *
 * @module
 */

import type { SerfEvent, UserEvent } from "../../../api/event.ts";
import { encodeText } from "../../../base/text.ts";
import { toJson } from "../../../go/format_json.ts";
import { ChangeIndex } from "../change_index.ts";
import { eventJson } from "../json_forms.ts";

/** How many events are kept, and how many bytes of them; the newest is kept whatever its size. */
const MAX_EVENTS = 4_096;
const MAX_BYTES = 8 * 1024 * 1024;

/** One event in the ring. */
export interface RingEntry {
  /** Counts the events of this agent since its start, from 1. */
  readonly seq: number;
  readonly event: SerfEvent;
  /** As Server-Sent Events have it, with its cursor, its type and JSON. */
  readonly frame: Uint8Array;
}

/** Says where in the events of an agent a reader is. */
export interface Cursor {
  /** The start of the agent that has sent it; another one counts its events anew. */
  readonly run: string;
  /** The number of the last event that was read. */
  readonly seq: number;
}

/** Keeps the latest events of one agent. */
export class EventRing {
  /** Tells this start of the agent from others. */
  readonly run: string;
  /** Changes with every user event. */
  readonly userEventIndex = new ChangeIndex();
  readonly #entries: RingEntry[] = [];
  readonly #limits: { readonly events: number; readonly bytes: number };
  #bytes = 0;
  #latest = 0;

  constructor({ events = MAX_EVENTS, bytes = MAX_BYTES }: {
    readonly events?: number;
    readonly bytes?: number;
  } = {}) {
    this.#limits = { events, bytes };
    this.run = Date.now().toString(36);
  }

  /** The number of the latest event; 0 before the first. */
  get latest(): number {
    return this.#latest;
  }

  /** The number of the oldest event that is kept. */
  get oldest(): number {
    return this.#entries[0]?.seq ?? this.#latest + 1;
  }

  /** Adds an event, and forgets the oldest ones if there are too many. */
  push(event: SerfEvent): void {
    const seq = ++this.#latest;
    const data = eventJson(event, Date.now());
    const frame = encodeText(formatRecord(event.type, this.cursor(seq), data));
    this.#entries.push({ seq, event, frame });
    this.#bytes += frame.length;
    while (
      this.#entries.length > this.#limits.events ||
      this.#bytes > this.#limits.bytes && this.#entries.length > 1
    ) this.#bytes -= this.#entries.shift()!.frame.length;
    if (event.type === "user") this.userEventIndex.bump();
  }

  /** The events after this one that are kept, the oldest first. */
  after(seq: number): readonly RingEntry[] {
    const start = Math.max(0, seq + 1 - this.oldest);
    return start === 0 ? this.#entries : this.#entries.slice(start);
  }

  /** The user events that are kept, the oldest first. */
  userEvents(): { readonly seq: number; readonly event: UserEvent }[] {
    return this.#entries.flatMap(({ seq, event }) => event.type === "user" ? [{ seq, event }] : []);
  }

  /** The text of a place in the events of this agent. */
  cursor(seq: number): string {
    return `${this.run}-${seq}`;
  }
}

/** Parses what {@link EventRing.cursor} has made; `undefined` if it is something else. */
export function parseCursor(text: string): Cursor | undefined {
  const match = /^([0-9a-z]+)-(\d{1,15})$/.exec(text);
  return match === null ? undefined : { run: match[1], seq: Number(match[2]) };
}

/** One record of Server-Sent Events; `id` is the cursor behind it. */
export function formatRecord(type: string, id: string, data: unknown): string {
  return `id: ${id}\nevent: ${type}\ndata: ${toJson(data)}\n\n`;
}
