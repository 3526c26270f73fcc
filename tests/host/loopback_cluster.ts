/**
 * Several instances in this process, on the loopback network.
 *
 * @module
 */

import type { EventOf, SerfEvent } from "../../lib/api/event.ts";
import type { Member } from "../../lib/api/member.ts";
import { Serf } from "../../lib/host/serf.ts";
import type { SerfOptions } from "../../lib/host/serf_options.ts";
import { profiles } from "../../lib/swim/config.ts";
import type { Subscription } from "../../lib/base/subscription.ts";

/** Five times as fast as the profile for one machine. */
export const FAST: SerfOptions = {
  profile: { ...profiles.local, probeIntervalMs: 200, probeTimeoutMs: 100, gossipIntervalMs: 20 },
  advanced: { leavePropagateDelayMs: 50 },
};

/** Creates instances on addresses of their own, and shuts all of them down at the end. */
export class LoopbackCluster implements AsyncDisposable {
  /** Everything that was logged, as `NAME LEVEL text`. */
  readonly log: string[] = [];
  readonly #members: Serf[] = [];

  /** A new instance, at a free port of 127.0.0.N unless the options say otherwise. */
  async create(name: string, options: SerfOptions = {}): Promise<Serf> {
    const serf = await Serf.create({
      name,
      bind: `127.0.0.${this.#members.length + 1}:0`,
      ...FAST,
      log: (level, text) => void this.log.push(`${name} ${level} ${text}`),
      ...options,
    });
    this.#members.push(serf);
    return serf;
  }

  /** So many joined instances, named `n1`, `n2` and so on. */
  async joined(count: number, options: SerfOptions = {}): Promise<Serf[]> {
    const members: Serf[] = [];
    for (let i = 1; i <= count; i++) {
      const serf = await this.create(`n${i}`, options);
      if (i > 1) await serf.join([members[0].address.text]);
      members.push(serf);
    }
    return members;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#members.map((serf) => serf.shutdown()));
  }
}

/** How a member sees all members: status by name. */
export function statuses(serf: Serf): Record<string, Member["status"]> {
  return Object.fromEntries(
    serf.members().map(({ name, status }) => [name, status]).toSorted(),
  );
}

/** The next event of a type, skipping others; fails if the subscription ends before. */
export async function nextEvent<Type extends SerfEvent["type"]>(
  events: Subscription<SerfEvent>,
  type: Type,
): Promise<EventOf<Type>> {
  for (;;) {
    const { done, value } = await events.next();
    if (done) throw new Error(`The events have ended before a ${type}`);
    if (value.type === type) return value as EventOf<Type>;
  }
}
