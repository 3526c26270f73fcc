/** Which member events agents deliver, and when. */

import type { MemberEventType } from "../../../lib/api/event.ts";
import { sleep } from "../../support/sleep.ts";
import type { BenchAgent } from "./bench_agent.ts";

const POLL_MS = 20;

/** A member appeared in an event. */
export interface MemberSighting {
  /** The agent that delivered it. */
  readonly observer: string;
  readonly member: string;
  /** `performance.now()` */
  readonly at: number;
}

/** Follows events of one type on the streams of agents. It ends with their connections. */
export class MemberEvents {
  /** In the order of arrival. */
  readonly sightings: MemberSighting[] = [];

  /** Begins to follow the streams of agents. */
  static async open(
    agents: readonly BenchAgent[],
    type: "member-failed" | "member-leave",
  ): Promise<MemberEvents> {
    const events = new MemberEvents();
    await Promise.all(agents.map((agent) => events.#follow(agent, type)));
    return events;
  }

  /** Waits until so many agents have delivered an event about a member; returns when each did, in order. */
  async wait(
    member: string,
    { count, timeoutMs }: { count: number; timeoutMs: number },
  ): Promise<number[]> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const times = this.sightings.filter((each) => each.member === member).map(({ at }) => at);
      if (times.length >= count || performance.now() > deadline) return times;
      await sleep(POLL_MS);
    }
  }

  async #follow({ client, name }: BenchAgent, type: MemberEventType): Promise<void> {
    const stream = await client.events({ types: [type] });
    const receive = async () => {
      for await (const event of stream) {
        if (!("members" in event)) continue;
        const at = performance.now();
        for (const member of event.members) {
          this.sightings.push({ observer: name, member: member.name, at });
        }
      }
    };
    receive().catch(() => {
      // The agent was killed.
    });
  }
}
