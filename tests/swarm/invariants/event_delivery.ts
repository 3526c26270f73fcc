import { decodeText } from "../../../lib/base/text.ts";
import type { SimNode, UserEvent } from "../../../lib/sim/mod.ts";
import type { SwarmRun } from "../swarm_run.ts";
import type { Invariant, Report } from "./invariants.ts";

/** What was delivered since a process was started. */
interface Delivered {
  readonly ids: Set<string>;
  /** Events up to this time are none of this process's business: its snapshot says that they were delivered before. */
  readonly seenUpTo: number;
}

/** Serf keeps the events of so many Lamport times. */
const BUFFER = 512;

/**
 * User events: none is delivered twice; all nodes agree on the Lamport time of each, and the times of one sender's events
 * are in the order in which they were sent; and in the end every node has every event that any node has, as far as Serf's
 * buffer reaches back and unless its snapshot says that it is older than what was delivered before.
 */
export class EventDelivery implements Invariant {
  readonly #report: Report;
  readonly #delivered = new Map<SimNode, Delivered>();
  /** Lamport times of events by their id. */
  readonly #times = new Map<string, number>();
  #lastTime = 0;

  constructor(report: Report) {
    this.#report = report;
  }

  started(node: SimNode): void {
    this.#delivered.set(node, { ids: new Set(), seenUpTo: Number(node.restored?.eventClock ?? 0) });
  }

  emitted(node: SimNode, output: { readonly type: string }): void {
    if (output.type === "user") this.#deliver(node, output as UserEvent);
  }

  unsettled({ cluster }: SwarmRun): string | undefined {
    this.#checkOrder();
    const { running } = cluster;
    const kept = new Set(running.flatMap((node) => [...this.#delivered.get(node)?.ids ?? []]));
    for (const node of running) {
      const { ids, seenUpTo } = this.#delivered.get(node) ?? { ids: new Set(), seenUpTo: 0 };
      for (const id of kept) {
        const time = this.#times.get(id) ?? 0;
        if (ids.has(id) || time <= seenUpTo || time <= this.#lastTime - BUFFER) continue;
        return `${node.name} has not got event ${id} of time ${time}`;
      }
    }
    return undefined;
  }

  #deliver(node: SimNode, { payload, lTime: exact }: UserEvent): void {
    const lTime = Number(exact);
    const id = decodeText(payload ?? new Uint8Array());
    const delivered = this.#delivered.get(node);
    if (delivered?.ids.has(id)) this.#report(`${node.name} got event ${id} twice`);
    delivered?.ids.add(id);
    const time = this.#times.get(id);
    if (time !== undefined && time !== lTime) {
      this.#report(`event ${id} has the times ${time} and ${lTime}`);
    }
    this.#times.set(id, lTime);
    this.#lastTime = Math.max(this.#lastTime, lTime);
  }

  /** Ids are `node/generation/number`, and numbers grow. */
  #checkOrder(): void {
    const bySender = Map.groupBy(this.#times, ([id]) => id.slice(0, id.lastIndexOf("/")));
    for (const events of bySender.values()) {
      const inOrder = events
        .map(([id, time]) => ({ id, time, number: Number(id.split("/")[2]) }))
        .sort((a, b) => a.number - b.number);
      for (const [i, { id, time }] of inOrder.entries()) {
        const before = inOrder[i - 1];
        if (i > 0 && before.time >= time) {
          this.#report(
            `event ${id} of time ${time} was sent after ${before.id} of time ${before.time}`,
          );
        }
      }
    }
  }
}
