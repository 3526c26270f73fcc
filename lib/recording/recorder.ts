/**
 * The flight recorder: writes down all that a protocol core is given, and a digest of all that it does.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import { errorText } from "../base/errors.ts";
import type { Random } from "../sim/random.ts";
import type { SerfConfig, SerfCoreOptions } from "../serf/config.ts";
import type { SerfTimer, SerfWorld } from "../serf/context.ts";
import type { SerfCore } from "../serf/core.ts";
import type { SerfOutput } from "../serf/output.ts";
import type { SnapshotState } from "../serf/snapshot/snapshot.ts";
import type { Exchange, Packet } from "../wire/messages/messages.ts";
import {
  BlockType,
  encodeBlock,
  encodeJsonBlock,
  GOES_ON,
  type RecordingHeader,
} from "./format.ts";
import { ByteWriter } from "./byte_log.ts";
import { OutputDigest } from "./output_digest.ts";
import { type Checkpoint, encodeCheckpoint } from "./parts/checkpoint.ts";
import { Redaction } from "./redaction.ts";
import { type Input, StepWriter } from "./steps.ts";
import { encodeText } from "../base/text.ts";

/** Where a recording goes. */
export interface RecordingSink {
  /** Whether more is taken. Once it is not, the recording has ended. */
  readonly isOpen: boolean;
  /** Whether the part has its share of the room, so that another one is to follow it. */
  readonly isPartFull: boolean;
  /** Whether a part that begins with so many bytes has room. If not, this one goes on and is not full any more. */
  hasRoomFor(stateBytes: number): boolean;
  /** Begins a part with its first blocks. The first part comes before anything else. */
  begin(header: RecordingHeader, blocks: readonly Uint8Array[]): void;
  /** Takes a block. Never throws, and never waits for a disk. */
  write(block: Uint8Array): void;
  /** Ends the recording, because it cannot go on. */
  end(reason: string): void;
}

/** Settings of a {@link Recorder}. */
export interface RecorderOptions {
  readonly sink: RecordingSink;
  /** The version of Serf for Deno. */
  readonly version: string;
  /** The generator from which the core is to draw. */
  readonly random: Random;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /**
   * Whether the core gets time in whole microseconds, which take little room. A simulation must not be changed by being
   * recorded.
   */
  readonly roundTime?: boolean;
  /** What to leave out. Default: keys. */
  readonly redaction?: Redaction;
  /** A block is written when it has so many bytes, at the latest. Default: 65,536. */
  readonly blockBytes?: number;
  /** What the core goes on from, and which part of its run that is. */
  readonly from?: { readonly checkpoint: Checkpoint; readonly part: number };
}

const BLOCK_BYTES = 65_536;

/** Longer than the rounding of a time may make a timer early, milliseconds. */
const ROUNDING_MS = 0.001;

/**
 * Records one core, from its construction on, in parts: each begins with a checkpoint, so that earlier ones can be removed.
 * During a call the core's clock stands still, as it does in a replay. What goes wrong in the recording ends it, and changes
 * nothing for the core.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #redaction: Redaction;
  readonly #run = crypto.getRandomValues(new Uint8Array(8)).toHex();
  #part: number;
  #digest!: OutputDigest;
  #steps!: StepWriter;
  readonly #block = new ByteWriter();
  readonly #timers = new Map<SerfTimer, number>();
  #lastTimer = 0;
  #world: SerfWorld | undefined;
  #settings: { readonly config: SerfConfig; readonly options: SerfCoreOptions } | undefined;
  #core: SerfCore | undefined;
  /** Whether expressions can be compiled; `undefined` as long as nobody has tried to load what does it. */
  #compiles: boolean | undefined;
  /** The time of the call under way. */
  #now: number | undefined;
  /** What has gone wrong in the call under way. */
  #problem: unknown;
  /** The reading of the wall clock at the first step of the block. */
  #blockAtMs = 0;

  constructor(options: RecorderOptions) {
    const redaction = options.redaction ?? new Redaction();
    this.#options = options;
    this.#redaction = redaction;
    const { checkpoint, part = 1 } = options.from ?? {};
    this.#part = part;
    if (checkpoint === undefined) return;
    this.#lastTimer = checkpoint.lastTimer;
    for (const [number, timer] of checkpoint.timers) this.#timers.set(timer, number);
  }

  /** The world for the core to act on, in the place of its host's. */
  record(world: SerfWorld, config: SerfConfig, options: SerfCoreOptions): SerfWorld {
    this.#world = world;
    this.#settings = { config, options };
    this.#begin(this.#options.from?.checkpoint, this.#part);
    return new RecordedWorld(this, world);
  }

  /** The core that is recorded, once it has been made. */
  set core(core: SerfCore) {
    this.#core = core;
  }

  /** Calls the core, and records what it was given and what it does. */
  step<Result>(input: Input, run: () => Result): Result {
    if (!this.#options.sink.isOpen) return run();
    const now = this.#now = this.readClock();
    const start = this.#steps.length;
    if (start === 0) this.#blockAtMs = this.#options.wallClock();
    this.#attempt(() => this.#steps.input(now, input));
    if (input.type === "command" && input.name === "loadExpressions") {
      this.#compiles = input.args[0] === true;
    }
    try {
      const result = run();
      this.output(result);
      return result;
    } catch (error) {
      this.output(`threw ${errorText(error)}`);
      throw error;
    } finally {
      this.#now = undefined;
      if (this.#problem === undefined) this.#steps.end(this.#digest.check);
      else this.#giveUp(start);
      if (this.#steps.length >= (this.#options.blockBytes ?? BLOCK_BYTES)) this.flush();
    }
  }

  /** The timer that the core set with this object as the so many-th. */
  timer(timer: SerfTimer): number {
    const sequence = this.#timers.get(timer) ?? 0;
    this.#timers.delete(timer);
    return sequence;
  }

  /** Records what a function returned to the core. */
  result<Value>(value: Value): Value {
    if (this.isCalling) this.#attempt(() => this.#steps.result(value));
    return value;
  }

  /** Whether a call of the core is being recorded. */
  get isCalling(): boolean {
    return this.#now !== undefined;
  }

  /** The core's time. */
  get now(): number {
    return this.#now ?? this.readClock();
  }

  /** The time of the host, rounded if wanted. */
  readClock(): number {
    const { now } = this.#world!;
    return this.#options.roundTime ? Math.floor(now * 1_000) / 1_000 : now;
  }

  /** The next random number for the core. */
  random(): number {
    return this.#options.random.next();
  }

  /** Sets a timer. */
  setTimer(ms: number, timer: SerfTimer): void {
    this.#timers.set(timer, ++this.#lastTimer);
    this.output(ms, timer);
    const late = this.#options.roundTime && ms > 0 ? ROUNDING_MS : 0;
    this.#world!.after(ms + late, timer);
  }

  /** Adds to the digest something that the core does. */
  output(...values: readonly unknown[]): void {
    if (!this.isCalling) return;
    this.#attempt(() => {
      for (const value of values) this.#digest.add(value);
    });
  }

  /** Adds to the digest an event for the layer above. */
  emitted(event: SerfOutput): void {
    if (!this.isCalling) return;
    this.#attempt(() => this.#digest.add(withoutPayload(event, this.#redaction)));
  }

  /** Passes the steps so far on to the sink, and begins a new part if it is time. Not to be called during a step. */
  flush(): void {
    this.#writeSteps();
    const { sink } = this.#options;
    if (sink.isOpen && sink.isPartFull) this.#goOn();
  }

  /** Begins a new part, unless something is under way that cannot be saved: then it is tried again at the next flush. */
  #goOn(): void {
    try {
      const core = this.#core?.save();
      if (core === undefined) return;
      const timers = new Map(Array.from(this.#timers, ([timer, number]) => [number, timer]));
      this.#begin({ core, timers, lastTimer: this.#lastTimer }, this.#part + 1);
    } catch (error) {
      this.#options.sink.end(`the state cannot be recorded: ${errorText(error)}`);
    }
  }

  #writeSteps(): void {
    if (this.#steps.length === 0) return;
    this.#block.float(this.#blockAtMs);
    this.#block.blob(this.#steps.take());
    this.#block.blob(encodeText(this.#digest.toString()));
    this.#options.sink.write(encodeBlock(BlockType.steps, this.#block.take()));
  }

  /** Ends the recording. */
  end(reason: string): void {
    this.#writeSteps();
    this.#writeEnd(reason);
  }

  #writeEnd(reason: string): void {
    this.#options.sink.write(encodeJsonBlock(BlockType.end, { reason }));
  }

  /** Begins a part if there is room for it; the one before it ends. */
  #begin(checkpoint: Checkpoint | undefined, part: number): void {
    const { sink } = this.#options;
    const header = this.#header(part);
    const blocks = [encodeJsonBlock(BlockType.header, header)];
    if (checkpoint !== undefined) {
      const bytes = encodeCheckpoint(checkpoint, this.#redaction);
      blocks.push(encodeBlock(BlockType.checkpoint, bytes));
    }
    if (part > this.#part) {
      if (!sink.hasRoomFor(blocks.reduce((sum, { length }) => sum + length, 0))) return;
      this.#writeEnd(GOES_ON);
    }
    this.#part = part;
    this.#digest = new OutputDigest(this.#redaction);
    this.#steps = new StepWriter(this.#redaction);
    sink.begin(header, blocks);
  }

  #attempt(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#problem ??= error;
    }
  }

  /** Ends the recording before the step that could not be recorded. */
  #giveUp(start: number): void {
    this.#steps.cut(start);
    this.#options.sink.end(`a step cannot be recorded: ${errorText(this.#problem)}`);
  }

  #header(part: number): RecordingHeader {
    const { random, version, wallClock } = this.#options;
    const { config, options } = this.#settings!;
    const { keyring, storeKeyring, snapshot, packetOverhead = () => 0, compileExpression } =
      options;
    const { metrics: _, reconnectTimeoutOverride, allows, ...settings } = config;
    const functions = {
      ...{ reconnectTimeoutOverride, allows, storeKeyring },
      compileExpression: compileExpression ?? this.#compiles === true,
      refuseExpression: this.#compiles === false,
    };
    return {
      run: this.#run,
      part,
      version,
      startedAtMs: wallClock(),
      startedAt: this.readClock(),
      config: settings,
      random: random.state,
      packetOverhead: packetOverhead(),
      // Later parts only need to know that there is one.
      snapshot: snapshot && (part === 1 ? stateOf(snapshot) : NO_STATE),
      keys: keyring?.keys.map((key) => this.#redaction.key(key)),
      callbacks: Object.entries(functions).filter(([, given]) => given).map(([name]) => name),
      payloads: this.#redaction.keepsPayloads,
    };
  }
}

const NO_STATE: SnapshotState = {
  alive: new Map(),
  lost: new Map(),
  clock: 0,
  eventClock: 0,
  queryClock: 0,
};

function stateOf({ alive, lost, clock, eventClock, queryClock }: SnapshotState): SnapshotState {
  return { alive, lost, clock, eventClock, queryClock };
}

/** A world that tells the recorder all that happens in it. */
class RecordedWorld implements SerfWorld {
  readonly #recorder: Recorder;
  readonly #world: SerfWorld;

  constructor(recorder: Recorder, world: SerfWorld) {
    this.#recorder = recorder;
    this.#world = world;
  }

  get now(): number {
    return this.#recorder.now;
  }

  random(): number {
    return this.#recorder.random();
  }

  send(to: Address, packet: Packet): void {
    this.#recorder.output(to, packet);
    this.#world.send(to, packet);
  }

  request(to: Address, exchange: Exchange, id: number): void {
    this.#recorder.output(to, exchange, id);
    this.#world.request(to, exchange, id);
  }

  after(ms: number, timer: SerfTimer): void {
    this.#recorder.setTimer(ms, timer);
  }

  emit(event: SerfOutput): void {
    this.#recorder.emitted(event);
    this.#world.emit(event);
  }
}

function withoutPayload(event: SerfOutput, redaction: Redaction): unknown {
  switch (event.type) {
    case "query":
      redaction.userQuery(event);
      return { ...event, payload: redaction.payload(event.payload) };
    case "user":
      return { ...event, payload: redaction.payload(event.payload) };
    case "query-record": {
      const { record } = event;
      if (record.type === "ack") return event;
      if (record.type === "failure") {
        return { ...event, record: { ...record, reason: redaction.textPayload(record.reason) } };
      }
      return { ...event, record: { ...record, payload: redaction.payload(record.payload) } };
    }
    default:
      return event;
  }
}
