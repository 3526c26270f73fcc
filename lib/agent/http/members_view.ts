/**
 * The members as the HTTP API shows them: with an index for blocking reads, and since when each has its status.
 *
 * @module
 */

import type { Member, MemberStatus } from "../../api/member.ts";
import { after, type Timer } from "../../base/timer.ts";
import type { RpcAgent } from "../../rpc/server/rpc_agent.ts";
import { ChangeIndex } from "./change_index.ts";

/** How often the members are looked at while a read waits: to see that nothing has changed takes a comparison. */
const CHECK_MS = 100;

/** A status and when it was first seen, in milliseconds since 1970. */
interface Seen {
  readonly status: MemberStatus;
  readonly sinceMs: number;
}

/** Follows the members of an agent. */
export class MembersView implements Disposable {
  readonly #agent: Pick<RpcAgent, "members" | "subscribe">;
  readonly #index = new ChangeIndex();
  readonly #subscription: Disposable;
  #members: readonly Member[] = [];
  #seen = new Map<string, Seen>();
  #check?: Timer;

  constructor(agent: Pick<RpcAgent, "members" | "subscribe">) {
    this.#agent = agent;
    this.#subscription = agent.subscribe(() => this.#refresh());
    this.#refresh();
  }

  /** All members, in no particular order. */
  get all(): readonly Member[] {
    this.#refresh();
    return this.#members;
  }

  /** The number of the latest change. */
  get index(): number {
    this.#refresh();
    return this.#index.value;
  }

  /** When this member was first seen with its present status, in milliseconds since 1970. */
  sinceMs(name: string): number {
    return this.#seen.get(name)?.sinceMs ?? Date.now();
  }

  /** As {@link ChangeIndex.wait}. */
  async wait(index: number, options: Parameters<ChangeIndex["wait"]>[1]): Promise<void> {
    this.#refresh();
    const waiting = this.#index.wait(index, options);
    this.#check ??= this.#scheduleCheck();
    await waiting;
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
    this.#check?.cancel();
  }

  /** The array is the same until something changes. Not every change is an event, and events may come later. */
  #refresh(): void {
    const members = this.#agent.members();
    if (members === this.#members) return;
    this.#members = members;
    const now = Date.now();
    const seen = new Map<string, Seen>();
    for (const { name, status } of members) {
      const known = this.#seen.get(name);
      seen.set(name, known?.status === status ? known : { status, sinceMs: now });
    }
    this.#seen = seen;
    this.#index.bump();
  }

  #scheduleCheck(): Timer {
    return after(CHECK_MS, () => {
      this.#refresh();
      this.#check = this.#index.waiting > 0 ? this.#scheduleCheck() : undefined;
    });
  }
}
