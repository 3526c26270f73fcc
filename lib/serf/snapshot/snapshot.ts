/**
 * The snapshot: an append-only text file that tells a restarted node which members to join and which events it has seen.
 * This module has the format; the host reads and writes the file.
 *
 * @module
 */

import type { LamportTime } from "../../base/lamport_time.ts";
import { toBytes } from "../../base/bytes.ts";
import { decodeText } from "../../base/text.ts";
import type { LogLevel } from "../../base/log.ts";
import { Address } from "../../base/address.ts";
import { parsePort, splitHostPort } from "../../go/host_port.ts";
import type { LogEvent } from "../../base/world.ts";
import { goQuote } from "../../go/quote.ts";
import { isBelievable, parseTime } from "../lamport.ts";

/** One line of a snapshot. */
export type SnapshotEntry =
  | { readonly type: "alive"; readonly name: string; readonly address: Address }
  | { readonly type: "not-alive"; readonly name: string }
  /** A member that failed and may still be there. Serf has no such line and takes it for a comment. */
  | { readonly type: "lost"; readonly name: string; readonly address: Address }
  | { readonly type: "clock" | "event-clock" | "query-clock"; readonly lTime: LamportTime }
  | { readonly type: "leave" };

/** The state that a snapshot holds, from which a node starts. */
export interface SnapshotState {
  /** The addresses of the members that were alive, by name, this node included. */
  readonly alive: ReadonlyMap<string, Address>;
  /** The last addresses of members that failed, by name, at most {@link MAX_LOST}, the latest last. */
  readonly lost: ReadonlyMap<string, Address>;
  readonly clock: LamportTime;
  readonly eventClock: LamportTime;
  readonly queryClock: LamportTime;
}

/**
 * How many members that failed a snapshot keeps. After a restart in one half of a partition they are the only way to the
 * other half, of which any single one suffices. It is half of what a `PartitionHealer` remembers, so that there is room for
 * members that were alive.
 */
export const MAX_LOST = 16;

/** How a line about a member that failed starts. */
const LOST = "# lost: ";

/** The types of entries with a Lamport time. */
type ClockType = Extract<SnapshotEntry, { lTime: LamportTime }>["type"];
const CLOCK_TYPES: readonly ClockType[] = ["clock", "event-clock", "query-clock"];

/** How a snapshot is read. */
export interface SnapshotOptions {
  /** Whether a node that has left joins the same cluster again when it is started. By default it does not. */
  readonly rejoinAfterLeave?: boolean;
}

/** The result of {@link parseSnapshot}. */
export interface ParsedSnapshot {
  readonly state: SnapshotState;
  /** Log lines about the lines that could not be read, or were ignored on purpose. */
  readonly warnings: readonly LogEvent[];
  /** Bytes up to the end of the last complete line. What follows was cut off while it was written. */
  readonly wholeLength: number;
}

/**
 * The state after all entries so far. A leave clears it, so that the node stays away when it is started again, unless
 * it is to rejoin after a leave.
 */
export class SnapshotReplay implements SnapshotState {
  readonly #rejoinAfterLeave: boolean;
  readonly #alive = new Map<string, Address>();
  readonly #lost = new Map<string, Address>();
  readonly #clocks: Record<ClockType, LamportTime> = {
    clock: 0,
    "event-clock": 0,
    "query-clock": 0,
  };

  constructor({ rejoinAfterLeave = false }: SnapshotOptions = {}) {
    this.#rejoinAfterLeave = rejoinAfterLeave;
  }

  get alive(): ReadonlyMap<string, Address> {
    return this.#alive;
  }

  get lost(): ReadonlyMap<string, Address> {
    return this.#lost;
  }

  get clock(): LamportTime {
    return this.#clocks.clock;
  }

  get eventClock(): LamportTime {
    return this.#clocks["event-clock"];
  }

  get queryClock(): LamportTime {
    return this.#clocks["query-clock"];
  }

  /** Applies the next entry. */
  apply(entry: SnapshotEntry): void {
    switch (entry.type) {
      case "alive":
        this.#lost.delete(entry.name);
        this.#alive.set(entry.name, entry.address);
        return;
      case "not-alive":
        this.#lost.delete(entry.name);
        this.#alive.delete(entry.name);
        return;
      case "lost":
        this.#lose(entry.name, entry.address);
        return;
      case "clock":
      case "event-clock":
      case "query-clock":
        this.#clocks[entry.type] = entry.lTime;
        return;
      case "leave":
        if (!this.#rejoinAfterLeave) this.#forget();
        return;
      default:
        throw entry satisfies never;
    }
  }

  #lose(name: string, address: Address): void {
    this.#lost.delete(name);
    this.#lost.set(name, address);
    for (const oldest of this.#lost.keys()) {
      if (this.#lost.size <= MAX_LOST) return;
      this.#lost.delete(oldest);
    }
  }

  #forget(): void {
    this.#alive.clear();
    this.#lost.clear();
    for (const type of CLOCK_TYPES) this.#clocks[type] = 0;
  }
}

/**
 * Reads a snapshot. It never throws: lines that cannot be read are skipped with a warning, and an incomplete last line
 * is skipped without one.
 */
export function parseSnapshot(
  snapshot: Uint8Array | string,
  options: SnapshotOptions = {},
): ParsedSnapshot {
  const bytes = toBytes(snapshot);
  const wholeLength = bytes.lastIndexOf(0x0a) + 1;
  const lines = decodeText(bytes, 0, wholeLength).split("\n").slice(0, -1);
  const state = new SnapshotReplay(options);
  const warnings: LogEvent[] = [];
  const log = (level: LogLevel, text: string) =>
    warnings.push({ type: "log", level, text: `serf: ${text}` });
  for (const line of lines) {
    const entry = parseLine(line);
    if (entry === undefined) continue;
    if (entry.type === "problem") {
      log("WARN", entry.text);
      continue;
    }
    if (entry.type === "leave" && options.rejoinAfterLeave) {
      log("INFO", "Ignoring previous leave in snapshot");
    }
    state.apply(entry);
  }
  return { state, warnings, wholeLength };
}

/**
 * The line for an entry, with its newline. It is empty for a name that contains a newline, or else a peer could write
 * lines of its own into the file.
 */
export function formatEntry(entry: SnapshotEntry): string {
  switch (entry.type) {
    case "alive":
      return entry.name.includes("\n") ? "" : `alive: ${entry.name} ${entry.address.text}\n`;
    case "not-alive":
      return entry.name.includes("\n") ? "" : `not-alive: ${entry.name}\n`;
    case "lost":
      return entry.name.includes("\n") ? "" : `${LOST}${entry.name} ${entry.address.text}\n`;
    case "clock":
    case "event-clock":
    case "query-clock":
      return `${entry.type}: ${entry.lTime}\n`;
    case "leave":
      return "leave\n";
    default:
      throw entry satisfies never;
  }
}

/** The file size in bytes from which it is compacted: Serf's 128 KiB, or twice its estimate of 128 bytes per member. */
export function compactionThreshold(aliveCount: number): number {
  return Math.max(128 * 1024, 2 * 128 * aliveCount);
}

/** The content of a new file with this state. */
export function formatCompacted(state: SnapshotState): string {
  const members = Array.from(
    state.alive,
    ([name, address]) => formatEntry({ type: "alive", name, address }),
  );
  const lost = Array.from(
    state.lost,
    ([name, address]) => formatEntry({ type: "lost", name, address }),
  );
  const clocks = [
    formatEntry({ type: "clock", lTime: state.clock }),
    formatEntry({ type: "event-clock", lTime: state.eventClock }),
    formatEntry({ type: "query-clock", lTime: state.queryClock }),
  ];
  return [...members, ...lost, ...clocks].join("");
}

/** A line that could not be read, and the warning about it. */
interface Problem {
  readonly type: "problem";
  readonly text: string;
}

function problem(text: string): Problem {
  return { type: "problem", text };
}

/** The entry in a line, or `undefined` for comments and for coordinates, which agents before 0.8 kept here. */
function parseLine(line: string): SnapshotEntry | Problem | undefined {
  if (line === "leave") return { type: "leave" };
  if (line.startsWith(LOST)) return parseLost(line.slice(LOST.length));
  if (line.startsWith("#")) return undefined;
  const colon = line.indexOf(": ");
  const rest = line.slice(colon + 2);
  switch (colon === -1 ? "" : line.slice(0, colon)) {
    case "alive":
      return parseAlive(line, rest);
    case "not-alive":
      return { type: "not-alive", name: rest };
    case "clock":
      return parseClock("clock", rest);
    case "event-clock":
      return parseClock("event-clock", rest);
    case "query-clock":
      return parseClock("query-clock", rest);
    case "coordinate":
      return undefined;
    default:
      return problem(`Unrecognized snapshot line: ${line}`);
  }
}

function parseAlive(line: string, rest: string): SnapshotEntry | Problem {
  const member = parseMember(rest);
  if (member === undefined) return problem(`Failed to parse address: ${line}`);
  return { type: "alive", ...member };
}

/** A line that only looks like one of ours is a comment. */
function parseLost(rest: string): SnapshotEntry | undefined {
  const member = parseMember(rest);
  return member && { type: "lost", ...member };
}

/** Parses `NAME IP:PORT`. The name may contain spaces. */
function parseMember(text: string): { name: string; address: Address } | undefined {
  const space = text.lastIndexOf(" ");
  const address = space === -1 ? undefined : parseAddress(text.slice(space + 1));
  return address && { name: text.slice(0, space), address };
}

function parseAddress(text: string): Address | undefined {
  try {
    const { host, port } = splitHostPort(text);
    return port === undefined ? undefined : Address.parse(host, parsePort(port));
  } catch {
    return undefined;
  }
}

const CLOCK_LABELS: Readonly<Record<ClockType, string>> = {
  clock: "clock time",
  "event-clock": "event clock time",
  "query-clock": "query clock time",
};

function parseClock(type: ClockType, text: string): SnapshotEntry | Problem {
  const lTime = /^\d+$/.test(text) ? parseTime(text) : NaN;
  if (lTime === undefined || Number.isNaN(lTime)) {
    const reason = lTime === undefined ? "value out of range" : "invalid syntax";
    return problem(
      `Failed to convert ${CLOCK_LABELS[type]}: strconv.ParseUint: parsing ${
        goQuote(text)
      }: ${reason}`,
    );
  }
  // Such a time was made up by somebody; without it the node has a working clock again.
  if (!isBelievable(lTime)) return problem(`Ignoring ${CLOCK_LABELS[type]} ${text}`);
  return { type, lTime };
}
