/**
 * Replaying a recording: the core that ships is given the recorded inputs in virtual time, and has to do what it did then.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import { errorText } from "../base/errors.ts";
import { compileExpression } from "../go/regexp.ts";
import type { SerfConfig, SerfCoreOptions } from "../serf/config.ts";
import { SerfCore, type SerfTimer, type SerfWorld } from "../serf/core.ts";
import type { SerfOutput } from "../serf/output.ts";
import { Random } from "../sim/random.ts";
import { Keyring } from "../wire/framing/keyring.ts";
import type { Exchange, Packet } from "../wire/messages/messages.ts";
import type { RecordingHeader } from "./format.ts";
import { OutputDigest } from "./output_digest.ts";
import { type Checkpoint, checkpointDigest } from "./parts/checkpoint.ts";
import type { Recording } from "./recording.ts";
import type { Input, Step } from "./steps.ts";

/** Is told what happens in a replay, in order. `atMs` is the recorded wall clock, milliseconds since 1970. */
export interface ReplayObserver {
  /** The core has been made; unless it starts, it goes on from a checkpoint. */
  begun?(core: SerfCore, atMs: number): void;
  /** The core is about to be given an input. */
  input?(input: Input, atMs: number): void;
  /** The core sends a datagram. */
  sent?(to: Address, packet: Packet, atMs: number): void;
  /** The core starts a stream exchange. */
  requested?(to: Address, exchange: Exchange, id: number, atMs: number): void;
  /** The core emits an event. */
  emitted?(output: SerfOutput, atMs: number): void;
  /** The core has handled the input. */
  handled?(core: SerfCore, atMs: number): void;
}

/** Where a replay stops being the same run. */
export interface Divergence {
  /** The step that differs, from 1. */
  readonly step: number;
  /** The recorded wall clock then, milliseconds since 1970. */
  readonly atMs: number;
  /** What the core was given. */
  readonly input: string;
}

/** What came of a replay. */
export interface ReplayResult {
  /** How many inputs were replayed. */
  readonly steps: number;
  /** The recorded wall clock at the last of them, milliseconds since 1970. */
  readonly endedAtMs: number;
  /** Of all outputs, 16 hex digits. */
  readonly digest: string;
  /** `undefined` if the core did all that it had done. */
  readonly divergence: Divergence | undefined;
  /** The core as it is then. */
  readonly core: SerfCore;
  /** The state then, by which it can be compared with a checkpoint; `undefined` if it cannot be saved. */
  stateDigest(): string | undefined;
}

/** How a recording is replayed. */
export interface ReplayOptions {
  readonly observer?: ReplayObserver;
  /** Stops before the first input after this time of the wall clock, milliseconds since 1970. Default: at the end. */
  readonly untilMs?: number;
}

/** Replays a recording up to its end, a time, or the first output that differs. */
export function replay(recording: Recording, options: ReplayOptions = {}): ReplayResult {
  const { observer = {}, untilMs = Infinity } = options;
  const { header } = recording;
  const world = new ReplayWorld(recording, observer);
  const core = world.makeCore((config, options) => new SerfCore(config, world, options));
  let steps = 0;
  let atMs = header.startedAtMs;
  observer.begun?.(core, atMs);
  let divergence: Divergence | undefined;
  const diverged = (input: string) => divergence ??= { step: steps, atMs, input };
  for (const { step, atMs: stepAtMs, digest } of recording.steps()) {
    if (stepAtMs > untilMs) break;
    steps++;
    atMs = stepAtMs;
    observer.input?.(step.input, atMs);
    if (world.run(core, step, atMs) !== step.check) diverged(describe(step.input));
    else if (digest !== undefined && digest !== world.digest) diverged("a block");
    observer.handled?.(core, atMs);
    if (divergence !== undefined) break;
  }
  const stateDigest = () => world.stateDigest(core);
  return { steps, endedAtMs: atMs, digest: world.digest, divergence, core, stateDigest };
}

function describe(input: Input): string {
  switch (input.type) {
    case "receive":
      return `a datagram of ${input.from}`;
    case "accept":
      return `a stream of ${input.from}`;
    case "command":
      return `the command ${input.name}`;
    default:
      return `a ${input.type}`;
  }
}

function loadExpressions(core: SerfCore, { args: [works] }: Input & { type: "command" }): void {
  core.loadExpressions(works ? compileExpression : refuseExpression);
}

/** Stands for a compiler that could not be loaded. */
function refuseExpression(): never {
  throw new Error("RE2 is not loaded");
}

/** A world in which time is what was recorded, and all that the core does goes into a digest. */
export class ReplayWorld implements SerfWorld {
  readonly #digest = new OutputDigest();
  /** Where the core's random numbers come from. */
  readonly generator: Random;
  readonly #header: RecordingHeader;
  readonly #checkpoint: Checkpoint | undefined;
  readonly #observer: ReplayObserver;
  readonly #timers: Map<number, SerfTimer>;
  #lastTimer: number;
  #now: number;
  #atMs: number;
  /** Whether the core is being called; what it does in its construction is not recorded. */
  #calling = false;
  #results: unknown[] = [];

  constructor(recording: Recording, observer: ReplayObserver = {}) {
    const { header } = recording;
    const checkpoint = recording.checkpoint();
    this.#header = header;
    this.#checkpoint = checkpoint;
    this.generator = Random.restore(header.random);
    this.#observer = observer;
    this.#timers = new Map(checkpoint?.timers);
    this.#lastTimer = checkpoint?.lastTimer ?? 0;
    this.#now = header.startedAt;
    this.#atMs = header.startedAtMs;
  }

  get now(): number {
    return this.#now;
  }

  /** Of all that the core has done, 16 hex digits. */
  get digest(): string {
    return this.#digest.toString();
  }

  /** What the core goes on from; `undefined` if it starts. */
  get checkpoint(): Checkpoint | undefined {
    return this.#checkpoint;
  }

  /** Makes the core that is then given the inputs. */
  makeCore<Core>(make: (config: SerfConfig, options: SerfCoreOptions) => Core): Core {
    const { state } = this.generator;
    const { config, core: options } = this.#settings();
    const core = make(config, options);
    // What is drawn while a core is made of a checkpoint does not count.
    if (this.#checkpoint !== undefined) this.generator.state = state;
    return core;
  }

  /** The state of the core and of this world; `undefined` if it cannot be saved. */
  stateDigest(core: SerfCore): string | undefined {
    const saved = core.save();
    if (saved === undefined) return undefined;
    const checkpoint = { core: saved, timers: this.#timers, lastTimer: this.#lastTimer };
    return checkpointDigest(checkpoint, this.generator.state);
  }

  /** What the core is made of. Functions return what they returned then. */
  #settings(): { config: SerfConfig; core: SerfCoreOptions } {
    const { config, keys, packetOverhead, callbacks, snapshot } = this.#header;
    const has = (name: string) => callbacks.includes(name);
    return {
      config: {
        ...config,
        allows: has("allows") ? () => this.#result() === true : undefined,
        reconnectTimeoutOverride: has("reconnectTimeoutOverride")
          ? () => Number(this.#result())
          : undefined,
      },
      core: {
        keyring: keys && new Keyring(keys),
        storeKeyring: has("storeKeyring") ? () => this.#storeKeyring() : undefined,
        snapshot,
        packetOverhead: () => packetOverhead,
        compileExpression: has("compileExpression")
          ? compileExpression
          : has("refuseExpression")
          ? refuseExpression
          : undefined,
        checkpoint: this.#checkpoint?.core,
      },
    };
  }

  /** Gives the core an input; returns the lowest byte of the digest then. */
  run(core: SerfCore, { now, input, results }: Step, atMs: number): number {
    this.#now = now;
    this.#atMs = atMs;
    this.#results = [...results];
    this.#calling = true;
    try {
      this.#digest.add(this.#call(core, input));
    } catch (error) {
      this.#digest.add(`threw ${errorText(error)}`);
    }
    this.#calling = false;
    return this.#digest.check;
  }

  random(): number {
    return this.generator.next();
  }

  send(to: Address, packet: Packet): void {
    this.#output(to, packet);
    this.#observer.sent?.(to, packet, this.#atMs);
  }

  request(to: Address, exchange: Exchange, id: number): void {
    this.#output(to, exchange, id);
    this.#observer.requested?.(to, exchange, id, this.#atMs);
  }

  after(ms: number, timer: SerfTimer): void {
    this.#timers.set(++this.#lastTimer, timer);
    this.#output(ms, timer);
  }

  emit(event: SerfOutput): void {
    this.#output(event);
    this.#observer.emitted?.(event, this.#atMs);
  }

  #output(...values: readonly unknown[]): void {
    if (this.#calling) { for (const value of values) this.#digest.add(value); }
  }

  #call(core: SerfCore, input: Input): unknown {
    switch (input.type) {
      case "start":
        return core.start();
      case "receive":
        return core.receive(input.from, input.packet);
      case "accept":
        return core.accept(input.from, input.message);
      case "reply":
        return core.reply(input.id, input.reply);
      case "timer":
        return this.#fire(core, input.sequence);
      case "command": {
        if (input.name === "loadExpressions") return loadExpressions(core, input);
        const method = core[input.name] as (...args: readonly unknown[]) => unknown;
        return method.apply(core, [...input.args]);
      }
      default:
        return input satisfies never;
    }
  }

  #fire(core: SerfCore, sequence: number): void {
    const timer = this.#timers.get(sequence);
    this.#timers.delete(sequence);
    // Only a core that does something else than the recorded one has not set it.
    if (timer !== undefined) core.handle(timer);
  }

  #result(): unknown {
    return this.#results.shift();
  }

  #storeKeyring(): void {
    const problem = this.#result();
    if (typeof problem === "string") throw new Error(problem);
  }
}
