/**
 * Server-Sent Events: the events of the ring as each client wants them.
 *
 * A stream holds no events, only its place in the ring, and makes its next chunk when the client has taken the one before.
 * So a client that reads slowly, or not at all, costs the same memory as any other: one chunk, and what the system's
 * buffers hold.
 *
 * @module
 */

import { type EventFilter, matchesEvent } from "../../../api/event_filter.ts";
import { joinBytes } from "../../../base/bytes.ts";
import { encodeText } from "../../../base/text.ts";
import { after, type Timer } from "../../../base/timer.ts";
import { type Cursor, type EventRing, formatRecord } from "./event_ring.ts";

/** Where a stream begins, and what it shows. */
interface StreamOptions {
  /** The place after which it begins, `oldest` for the first event that is kept. Default: only new events. */
  readonly after?: Cursor | "oldest";
  /** One of them must match. */
  readonly filters: readonly EventFilter[];
}

/** The most that is sent at a time, but for an event that is larger by itself. */
const MAX_CHUNK_BYTES = 65_536;

/**
 * Six times what it takes to wake one stream and send it a chunk (13 µs, measured by `deno task bench:http`). Streams
 * are woken no more often than this allows, so that any number of them takes about a sixth of one processor.
 */
const WAKE_COST_MS = 0.08;

/** How often a stream says that it is still there, and where it is. */
const HEARTBEAT_MS = 15_000;
/** How long a client may take nothing of what is sent to it; RPC clients have as long. */
const STALLED_MS = 60_000;
/** How long a client should wait before it connects again. */
const RETRY_MS = 2_000;

/** How streams keep in touch with their clients, milliseconds. */
interface StreamTiming {
  /** Default: 15 s. */
  readonly heartbeatMs?: number;
  /** Default: 60 s. */
  readonly stalledMs?: number;
}

/** All streams of an agent. */
export class EventStreams implements Disposable {
  readonly #ring: EventRing;
  readonly #node: string;
  readonly #streams = new Set<EventStream>();
  readonly #batches: BatchMemo;
  readonly #heartbeatMs: number;
  readonly #stalledMs: number;
  #wokenAt = -Infinity;
  #waking?: Timer;
  #heartbeat?: Timer;

  /** `node` is the name of the node whose events they are. */
  constructor(ring: EventRing, node: string, timing: StreamTiming = {}) {
    this.#ring = ring;
    this.#node = node;
    this.#heartbeatMs = timing.heartbeatMs ?? HEARTBEAT_MS;
    this.#stalledMs = timing.stalledMs ?? STALLED_MS;
    this.#batches = new BatchMemo(ring);
  }

  /** How many clients are connected. */
  get size(): number {
    return this.#streams.size;
  }

  /** A new stream. */
  open(options: StreamOptions): ReadableStream<Uint8Array> {
    const stream = new EventStream(this.#ring, {
      ...options,
      node: this.#node,
      batches: this.#batches,
      onClose: () => this.#streams.delete(stream),
    });
    this.#streams.add(stream);
    this.#heartbeat ??= this.#scheduleHeartbeat();
    return stream.readable;
  }

  /** Tells the streams that there are new events. */
  wake(): void {
    if (this.#waking !== undefined || this.#streams.size === 0) return;
    const waitMs = this.#wokenAt + this.#streams.size * WAKE_COST_MS - performance.now();
    if (waitMs <= 0) this.#wakeAll();
    else this.#waking = after(waitMs, () => this.#wakeAll());
  }

  /** Ends all streams. */
  [Symbol.dispose](): void {
    this.#waking?.cancel();
    this.#heartbeat?.cancel();
    for (const stream of [...this.#streams]) stream.end();
  }

  #wakeAll(): void {
    this.#waking = undefined;
    this.#wokenAt = performance.now();
    for (const stream of this.#streams) stream.wake();
  }

  #scheduleHeartbeat(): Timer {
    return after(this.#heartbeatMs, () => {
      const stalledSince = performance.now() - this.#stalledMs;
      for (const stream of [...this.#streams]) stream.beat(stalledSince);
      this.#heartbeat = this.#streams.size > 0 ? this.#scheduleHeartbeat() : undefined;
    });
  }
}

/** One client's stream. */
class EventStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly #ring: EventRing;
  readonly #filters: readonly EventFilter[];
  readonly #filterKey: string;
  readonly #batches: BatchMemo;
  readonly #onClose: () => void;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  /** What is sent before the next events. */
  #notice: string;
  /** The number of the last event that was sent or passed over. */
  #seq: number;
  #wake?: () => void;
  #sentAt = performance.now();
  #closed = false;

  constructor(
    ring: EventRing,
    options: StreamOptions & {
      readonly node: string;
      readonly batches: BatchMemo;
      readonly onClose: () => void;
    },
  ) {
    this.#ring = ring;
    this.#filters = options.filters;
    this.#filterKey = JSON.stringify(options.filters);
    this.#batches = options.batches;
    this.#onClose = options.onClose;
    const { seq, restarted } = placeIn(ring, options.after);
    this.#seq = seq;
    const facts = {
      Node: options.node,
      Oldest: ring.cursor(ring.oldest - 1),
      Latest: ring.cursor(ring.latest),
    };
    const gap = restarted ? this.#record("gap", { Reason: "restart", Lost: null }) : "";
    this.#notice = `retry: ${RETRY_MS}\n${this.#record("start", facts)}${gap}`;
    this.readable = new ReadableStream({
      start: (controller) => void (this.#controller = controller),
      pull: () => this.#pull(),
      cancel: () => this.#close(),
    }, { highWaterMark: 0 });
  }

  /** Looks for new events, if the client waits for some. */
  wake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Sends a sign of life to a client that waits, and gives up one that has taken nothing since a time. */
  beat(stalledSince: number): void {
    if (this.#wake !== undefined) {
      // Moves the client's cursor past events that its filter has kept from it.
      this.#notice ||= `id: ${this.#ring.cursor(this.#seq)}\n\n`;
      this.wake();
    } else if (this.#sentAt <= stalledSince) {
      this.#close();
      this.#controller.error(new Error("The client reads nothing"));
    }
  }

  /** Ends the stream. */
  end(): void {
    if (this.#closed) return;
    this.#close();
    this.#controller.close();
  }

  #close(): void {
    this.#closed = true;
    this.#onClose();
    this.wake();
  }

  /** Called when the client has taken everything. */
  async #pull(): Promise<void> {
    while (!this.#closed) {
      const bytes = this.#take();
      if (bytes !== undefined) {
        this.#controller.enqueue(bytes);
        this.#sentAt = performance.now();
        return;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  #take(): Uint8Array | undefined {
    const lost = this.#ring.oldest - 1 - this.#seq;
    if (lost > 0) {
      this.#seq += lost;
      this.#notice += this.#record("gap", { Reason: "overrun", Lost: lost });
    }
    if (this.#notice !== "") {
      const bytes = encodeText(this.#notice);
      this.#notice = "";
      return bytes;
    }
    const { bytes, seq } = this.#batches.after(this.#seq, this.#filterKey, this.#filters);
    this.#seq = seq;
    return bytes.length > 0 ? bytes : undefined;
  }

  #record(type: string, data: unknown): string {
    return formatRecord(type, this.#ring.cursor(this.#seq), data);
  }
}

/** Where a stream begins that should go on after a place, and whether the agent has started anew since. */
function placeIn(
  { run, latest, oldest }: EventRing,
  place: StreamOptions["after"],
): { readonly seq: number; readonly restarted?: boolean } {
  if (place === undefined) return { seq: latest };
  if (place === "oldest") return { seq: oldest - 1 };
  if (place.run === run && place.seq <= latest) return { seq: place.seq };
  return { seq: oldest - 1, restarted: true };
}

/** Events on their way to a client. */
interface Batch {
  readonly bytes: Uint8Array;
  /** The number of the last event that was looked at. */
  readonly seq: number;
}

/** The next events of a stream in one piece, kept for the other streams at the same place: usually all of them. */
class BatchMemo {
  readonly #ring: EventRing;
  #key = "";
  #batch: Batch = { bytes: new Uint8Array(), seq: 0 };

  constructor(ring: EventRing) {
    this.#ring = ring;
  }

  /** Events after this one that a filter matches; none if there are none yet. */
  after(from: number, filterKey: string, filters: readonly EventFilter[]): Batch {
    const key = `${from} ${this.#ring.latest} ${filterKey}`;
    if (key !== this.#key) {
      this.#batch = this.#collect(from, filters);
      this.#key = key;
    }
    return this.#batch;
  }

  #collect(from: number, filters: readonly EventFilter[]): Batch {
    const frames: Uint8Array[] = [];
    let length = 0;
    let last = from;
    for (const { seq, event, frame } of this.#ring.after(from)) {
      if (filters.some((filter) => matchesEvent(filter, event))) {
        if (length > 0 && length + frame.length > MAX_CHUNK_BYTES) break;
        frames.push(frame);
        length += frame.length;
      }
      last = seq;
    }
    return { bytes: joinBytes(...frames), seq: last };
  }
}
