/**
 * How far the wall clocks of two recorded nodes are apart, from the probes between them (as in NTP): a ping is received half of
 * its round trip after it was sent, on average.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import type { Packet } from "../wire/messages/messages.ts";
import type { ReplayObserver } from "./replay.ts";
import type { Input } from "./steps.ts";

/** How many probes of a node are kept; the median needs no more. */
const MAX_PROBES = 10_000;

/** A difference between two clocks. */
export interface ClockSkew {
  readonly node: string;
  readonly other: string;
  /** How far the clock of `other` is ahead of that of `node`, milliseconds. */
  readonly aheadMs: number;
  /** From how many probes it was estimated. */
  readonly probes: number;
}

/** When one node has sent, received and been answered pings. */
export class ProbeTimes implements ReplayObserver {
  readonly node: string;
  /** By target and sequence number: sent, then answered. */
  readonly #sent = new Map<string, { readonly atMs: number; answeredMs?: number }>();
  /** The targets of sent pings by sequence number. */
  readonly #targets = new Map<number, string>();
  /** By sender and sequence number. */
  readonly #received = new Map<string, number>();

  constructor(node: string) {
    this.node = node;
  }

  sent(_to: Address, { messages }: Packet, atMs: number): void {
    const [first] = messages;
    if (first?.type !== "ping" || this.#sent.size >= MAX_PROBES) return;
    this.#sent.set(key(first.node, first.sequence), { atMs });
    this.#targets.set(first.sequence, first.node);
  }

  input(input: Input, atMs: number): void {
    if (input.type !== "receive") return;
    for (const message of input.packet.messages) {
      if (message.type === "ack") {
        const target = this.#targets.get(message.sequence);
        const probe = this.#sent.get(key(target ?? "", message.sequence));
        if (probe !== undefined) probe.answeredMs ??= atMs;
      } else if (message.type === "ping" && message.source !== undefined) {
        if (this.#received.size >= MAX_PROBES) return;
        this.#received.set(key(message.source.node, message.sequence), atMs);
      }
    }
  }

  /** The skew of another node's clock; `undefined` if this one has not probed it while both were recorded. */
  skewOf(other: ProbeTimes): ClockSkew | undefined {
    const offsets: number[] = [];
    for (const [probe, { atMs, answeredMs }] of this.#sent) {
      const [sequence, ...name] = probe.split(" ");
      if (name.join(" ") !== other.node || answeredMs === undefined) continue;
      const receivedMs = other.#received.get(key(this.node, Number(sequence)));
      // Sequence numbers begin anew when a node is restarted.
      if (receivedMs === undefined || answeredMs - atMs > MAX_ROUND_TRIP_MS) continue;
      offsets.push(receivedMs - (atMs + answeredMs) / 2);
    }
    if (offsets.length === 0) return undefined;
    offsets.sort((a, b) => a - b);
    const aheadMs = offsets[offsets.length >> 1];
    return { node: this.node, other: other.node, aheadMs, probes: offsets.length };
  }
}

/** An ack that took longer tells little about clocks. */
const MAX_ROUND_TRIP_MS = 1_000;

function key(name: string, sequence: number): string {
  return `${sequence} ${name}`;
}
