/**
 * The evidence that a node keeps about the others, in bounded memory. The routine, which is all that happens in a healthy
 * cluster, only replaces the time of each member's last answer; everything else is an entry.
 *
 * @module
 */

import type { Observation } from "../../api/why/evidence.ts";
import type { Address } from "../../base/address.ts";
import type { Awareness } from "../failure_detector/awareness.ts";

/** How much evidence is kept, bytes as {@link EvidenceStore} counts them. */
export const EVIDENCE_BYTES = 1024 * 1024;

/** How many entries are kept for a member. */
export const MAX_ENTRIES = 32;

/** What a member with entries costs by itself, and each entry: by how much the heap of Deno 2.9 grew for 100,000 of them. */
const LOG_BYTES = 192;
const ENTRY_BYTES = 448;

/** What the last answer of a member costs, and which share of the memory answers may take: room for 4,096 members. */
const ANSWER_BYTES = 64;
const ANSWERS_SHARE = 1 / 4;

/** After a pass of evictions so much is free, so that the next pass is far away. */
const KEPT_SHARE = 7 / 8;

/** For how long the lateness of a timer is told as the lag of this process, milliseconds. */
const LAG_MEMORY_MS = 10_000;

/** An entry. Times are the world's. */
export interface StoredEntry {
  readonly at: number;
  lastAt: number;
  times: number;
  readonly healthScore: number;
  readonly lagMs: number;
  what: Observation;
}

/** What is kept about a member that was in trouble. */
export interface MemberLog {
  /** The last ping that we got from it since; `-Infinity` if there was none. */
  pingedAt: number;
  /** Where that came from, if from another host than the member advertises. */
  elsewhere: Address | undefined;
  readonly entries: StoredEntry[];
}

/** What a store needs. */
export interface EvidenceOptions {
  readonly world: { readonly now: number };
  readonly awareness: Awareness;
  /** 0 keeps nothing. */
  readonly maxBytes?: number;
}

/** The evidence about all members, those included that are forgotten otherwise. */
export class EvidenceStore {
  readonly #world: { readonly now: number };
  readonly #awareness: Awareness;
  readonly #maxBytes: number;
  readonly #answers: LastAnswers;
  /** The member whose last entry is the oldest comes first. */
  #logs = new Map<string, MemberLog>();
  #bytes = 0;
  #lagMs = 0;
  #lagAt = -Infinity;

  constructor({ world, awareness, maxBytes = EVIDENCE_BYTES }: EvidenceOptions) {
    this.#world = world;
    this.#awareness = awareness;
    this.#maxBytes = maxBytes * (1 - ANSWERS_SHARE);
    this.#answers = new LastAnswers(Math.floor(maxBytes * ANSWERS_SHARE / ANSWER_BYTES));
  }

  /** How many bytes are in use, as they are counted. */
  get bytes(): number {
    return this.#bytes + this.#answers.size * ANSWER_BYTES;
  }

  /** How late timers were lately, milliseconds: the most of the last ten to twenty seconds. */
  get lagMs(): number {
    return this.#world.now - this.#lagAt > 2 * LAG_MEMORY_MS ? 0 : this.#lagMs;
  }

  /** The members that there are entries about. */
  logs(): IterableIterator<[node: string, log: MemberLog]> {
    return this.#logs.entries();
  }

  /** How many members have answered since a time. */
  answeredSince(time: number): number {
    return this.#answers.countSince(time);
  }

  /** The last punctual answer of a member to a probe. */
  answer(node: string): Answer | undefined {
    return this.#answers.get(node);
  }

  /** What is known about a member that was in trouble. */
  log(node: string): MemberLog | undefined {
    return this.#logs.get(node);
  }

  /** A timer was so late. */
  timerLate(ms: number): void {
    const { now } = this.#world;
    if (ms < this.#lagMs && now - this.#lagAt < LAG_MEMORY_MS) return;
    this.#lagMs = ms;
    this.#lagAt = now;
  }

  /** A member has answered a probe in time. */
  answered(node: string, rttMs: number): void {
    this.#answers.set(node, this.#world.now, rttMs);
  }

  /** A member has pinged us, from the address that it advertises unless told otherwise. */
  pinged(node: string, elsewhere: Address | undefined): void {
    const log = this.#logs.get(node);
    if (log === undefined) return;
    log.pingedAt = this.#world.now;
    log.elsewhere = elsewhere;
    if (!this.#isQuiet(node, log)) this.record(node, { type: "pinged" });
  }

  /** Records an observation that is not routine. What only repeats the last one is counted there. */
  record(node: string, what: Observation): StoredEntry | undefined {
    const log = this.#logOf(node);
    if (log === undefined) return undefined;
    const at = this.#world.now;
    this.#logs.delete(node);
    this.#logs.set(node, log);
    const repeated = findRepeated(log.entries, what);
    if (repeated !== undefined) return this.#repeat(repeated, what, at);
    const { score: healthScore } = this.#awareness;
    const entry = { at, lastAt: at, times: 1, healthScore, lagMs: this.lagMs, what };
    if (log.entries.length === MAX_ENTRIES) log.entries.shift();
    else this.#grow(ENTRY_BYTES);
    log.entries.push(entry);
    return entry;
  }

  /**
   * What was recorded as `entry` turned out to be this: the outcome of a stream, or nacks, may come after the probe. Returns the
   * entry where it is now, which is an earlier one if it only repeats that.
   */
  amend(node: string, entry: StoredEntry, what: Observation): StoredEntry {
    entry.what = what;
    const entries = this.#logs.get(node)?.entries;
    if (entries === undefined || entries.at(-1) !== entry) return entry;
    const before = findRepeated(entries.slice(0, -1), what);
    if (before === undefined) return entry;
    entries.pop();
    this.#bytes -= ENTRY_BYTES;
    this.#repeat(before, what, entry.lastAt);
    before.times += entry.times - 1;
    return before;
  }

  #repeat(last: StoredEntry, what: Observation, at: number): StoredEntry {
    last.times++;
    last.lastAt = at;
    last.what = what.type === "stalled" && last.what.type === "stalled"
      ? { type: "stalled", ms: last.what.ms + what.ms }
      : what;
    return last;
  }

  #logOf(node: string): MemberLog | undefined {
    const known = this.#logs.get(node);
    if (known !== undefined || this.#maxBytes === 0) return known;
    const log: MemberLog = { pingedAt: -Infinity, elsewhere: undefined, entries: [] };
    this.#logs.set(node, log);
    this.#grow(LOG_BYTES);
    return log;
  }

  /** Makes room for so many bytes more: quiet members go first, then those whose evidence is the oldest. */
  #grow(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= this.#maxBytes) return;
    const wanted = KEPT_SHARE * this.#maxBytes;
    for (const onlyQuiet of [true, false]) {
      // The log that grows is the last one, and stays.
      let left = this.#logs.size - 1;
      for (const [node, log] of this.#logs) {
        if (this.#bytes <= wanted || left-- === 0) break;
        if (onlyQuiet && !this.#isQuiet(node, log)) continue;
        this.#logs.delete(node);
        this.#bytes -= LOG_BYTES + log.entries.length * ENTRY_BYTES;
      }
    }
  }

  /** Whether a member is in no trouble now. */
  #isQuiet(node: string, { entries }: MemberLog): boolean {
    const last = entries.at(-1);
    if (last === undefined || QUIET.has(last.what.type)) return true;
    return last.lastAt < (this.#answers.get(node)?.at ?? -Infinity);
  }

  /** See {@link SerfCore.save}. */
  save() {
    return {
      logs: this.#logs,
      used: this.#bytes,
      answers: this.#answers.save(),
      lagMs: this.#lagMs,
      lagAt: this.#lagAt,
    };
  }

  load({ logs, used, answers, lagMs, lagAt }: ReturnType<EvidenceStore["save"]>): void {
    this.#logs = logs;
    this.#bytes = used;
    this.#answers.load(answers);
    this.#lagMs = lagMs;
    this.#lagAt = lagAt;
  }
}

/** A punctual answer to a probe. */
export interface Answer {
  readonly at: number;
  readonly rttMs: number;
}

/**
 * The last answers of up to `capacity` members; beyond that all are forgotten, and the next probes bring new ones. Two numbers in
 * an array for each keep it out of sight of the garbage collector: simulations have one for each of their nodes.
 */
class LastAnswers {
  readonly #capacity: number;
  /** Where in the numbers a member's two are, halved. */
  readonly #places = new Map<string, number>();
  #numbers = new Float64Array(16);

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#places.size;
  }

  set(node: string, at: number, rttMs: number): void {
    const place = this.#places.get(node) ?? this.#add(node);
    if (place === undefined) return;
    this.#numbers[2 * place] = at;
    this.#numbers[2 * place + 1] = rttMs;
  }

  get(node: string): Answer | undefined {
    const place = this.#places.get(node);
    if (place === undefined) return undefined;
    return { at: this.#numbers[2 * place], rttMs: this.#numbers[2 * place + 1] };
  }

  countSince(time: number): number {
    let count = 0;
    for (let place = 0; place < this.size; place++) if (this.#numbers[2 * place] >= time) count++;
    return count;
  }

  #add(node: string): number | undefined {
    if (this.#capacity === 0) return undefined;
    if (this.size >= this.#capacity) this.#places.clear();
    const place = this.size;
    if (2 * place >= this.#numbers.length) {
      const larger = new Float64Array(2 * this.#numbers.length);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#places.set(node, place);
    return place;
  }

  /** In the order of their places. */
  save(): [node: string, at: number, rttMs: number][] {
    return Array.from(this.#places, ([node, place]) => [
      node,
      this.#numbers[2 * place],
      this.#numbers[2 * place + 1],
    ]);
  }

  load(saved: ReturnType<LastAnswers["save"]>): void {
    for (const [node, at, rttMs] of saved) this.set(node, at, rttMs);
  }
}

/** What ends a trouble, or is none. */
const QUIET: ReadonlySet<Observation["type"]> = new Set([
  ...["alive", "left", "leave-intent"] as const,
  ...["late-ack", "conflict", "accused", "stalled"] as const,
]);

/** What may happen again and again without changing anything. */
const REPETITIVE: ReadonlySet<Observation["type"]> = new Set([
  ...["probe", "late-ack", "pinged", "reconnect", "conflict", "stalled"] as const,
]);

/** The entry that an observation repeats. Others that change nothing may be in between. */
function findRepeated(entries: readonly StoredEntry[], what: Observation): StoredEntry | undefined {
  for (let i = entries.length - 1; i >= 0 && REPETITIVE.has(entries[i].what.type); i--) {
    if (repeats(entries[i].what, what)) return entries[i];
  }
  return undefined;
}

function repeats(a: Observation, b: Observation): boolean {
  if (a.type === "probe" && b.type === "probe") {
    return a.outcome === b.outcome && a.stream === b.stream;
  }
  if (a.type === "conflict" && b.type === "conflict") return a.address === b.address;
  if (a.type === "reconnect" && b.type === "reconnect") return a.stream === b.stream;
  return a.type === b.type && REPETITIVE.has(a.type);
}
