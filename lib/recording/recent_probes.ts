/**
 * How the peers of a recorded node have answered its latest probes.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import type { Packet } from "../wire/messages/messages.ts";
import type { ReplayObserver } from "./replay.ts";
import type { Input } from "./steps.ts";

/** How many probes of each member are looked at. */
const KEPT = 10;

interface Probe {
  readonly sequence: number;
  readonly atMs: number;
  rttMs?: number;
}

/** What is known of a member. */
export interface PeerProbes {
  readonly sent: number;
  readonly answered: number;
  /** Whether the latest two were not answered. */
  readonly isSilent: boolean;
  /** The median of the round trips, milliseconds; `undefined` without an answer. */
  readonly rttMs: number | undefined;
}

/** Keeps the latest probes while a recording is replayed. */
export class RecentProbes implements ReplayObserver {
  readonly #probes = new Map<string, Probe[]>();

  sent(_to: Address, { messages }: Packet, atMs: number): void {
    const [first] = messages;
    if (first?.type !== "ping") return;
    const { node, sequence } = first;
    const probes = this.#probes.get(node) ?? [];
    this.#probes.set(node, [...probes.slice(1 - KEPT), { sequence, atMs }]);
  }

  input(input: Input, atMs: number): void {
    if (input.type !== "receive") return;
    for (const message of input.packet.messages) {
      if (message.type !== "ack") continue;
      for (const probes of this.#probes.values()) {
        const probe = probes.find(({ sequence }) => sequence === message.sequence);
        if (probe !== undefined) probe.rttMs ??= atMs - probe.atMs;
      }
    }
  }

  /** The probes of a member. `now` is the time of the last input: what was sent shortly before may yet be answered. */
  of(node: string, { nowMs, timeoutMs }: { nowMs: number; timeoutMs: number }): PeerProbes {
    const probes = (this.#probes.get(node) ?? [])
      .filter(({ atMs, rttMs }) => rttMs !== undefined || nowMs - atMs >= timeoutMs);
    const times = probes.map(({ rttMs }) => rttMs).filter((rttMs) => rttMs !== undefined)
      .sort((a, b) => a - b);
    const latest = probes.slice(-2);
    return {
      sent: probes.length,
      answered: times.length,
      isSilent: latest.length === 2 && latest.every(({ rttMs }) => rttMs === undefined),
      rttMs: times[times.length >> 1],
    };
  }
}
