/**
 * Joining a cluster, and looking for those who were lost.
 *
 * @module
 */

import type { Address } from "../../base/address.ts";
import type { JoinFailure } from "../../base/errors.ts";
import type { SerfContext } from "../context.ts";
import type { MemberTable } from "./member_table.ts";
import type { HealTarget, PartitionHealer } from "./partition_healer.ts";

/** What joining needs of the other parts. */
export interface JoinParts {
  readonly table: MemberTable;
  readonly healer: PartitionHealer;
  /** Exchanges state with the node at an address, as one who joins; only if it has the name, if there is one. */
  exchange(target: HealTarget, then: (error?: string) => void): void;
  /** Tells the cluster that we are here. */
  announce(): void;
}

/** Starts exchanges with nodes that we do not know, or no longer. */
export class Joiner {
  readonly #context: SerfContext;
  readonly #parts: JoinParts;
  #ignoringOld = 0;

  constructor(context: SerfContext, parts: JoinParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** Whether a join is under way that does not want to hear of old events. */
  get ignoresOldEvents(): boolean {
    return this.#ignoringOld > 0;
  }

  /** Joins by way of all addresses, and announces us if any was reached. Ends in `joined`. */
  join(
    addresses: readonly Address[],
    { id, ignoreOld = false }: { id: number; ignoreOld?: boolean },
  ): void {
    if (ignoreOld) this.#ignoringOld++;
    this.#exchangeWithAll(addresses, (failures) => {
      if (ignoreOld) this.#ignoringOld--;
      const failed = new Set(failures.map((failure) => failure.address));
      const reached = addresses.filter(({ text }) => !failed.has(text));
      for (const address of reached) this.#parts.healer.joined(address);
      if (reached.length > 0) this.#parts.announce();
      this.#conclude(id, addresses, failures);
    });
  }

  /** Joins by way of a node that we knew before a restart, unannounced: the snapshot says that we belong. */
  rejoin(address: Address, { id }: { id: number }): void {
    this.#exchangeWithAll([address], (failures) => this.#conclude(id, [address], failures));
  }

  /**
   * Tries a random failed member again. Everybody does so now and then, with a probability that makes the cluster try
   * each failed member about once per interval.
   */
  reconnect(): void {
    const { table } = this.#parts;
    const { world } = this.#context;
    const failed = [...table.failed.keys()];
    if (failed.length === 0) return;
    const others = table.size - failed.length - table.left.size;
    if (world.random() > failed.length / Math.max(1, others)) {
      this.#context.log("DEBUG", "forgoing reconnect for random throttling");
      return;
    }
    const record = table.get(failed[Math.floor(world.random() * failed.length)]);
    if (record === undefined) return;
    const { address } = record.claim;
    this.#context.log("INFO", `attempting reconnect to ${record.name} ${address.text}`);
    this.#parts.exchange({ address }, () => {});
  }

  /** Looks for parts of the cluster that we have forgotten, and that may have forgotten us. */
  heal(): void {
    for (const target of this.#parts.healer.attempt()) {
      const { name = "a node joined before", address } = target;
      this.#context.log("INFO", `attempting to find ${name} again at ${address.text}`);
      this.#parts.exchange(target, () => {});
    }
  }

  #exchangeWithAll(
    addresses: readonly Address[],
    then: (failures: readonly JoinFailure[]) => void,
  ): void {
    const failures: JoinFailure[] = [];
    let pending = addresses.length;
    if (pending === 0) return then(failures);
    for (const address of addresses) {
      this.#parts.exchange({ address }, (reason) => {
        if (reason !== undefined) failures.push({ address: address.text, reason });
        if (--pending === 0) then(failures);
      });
    }
  }

  #conclude(id: number, addresses: readonly Address[], failures: readonly JoinFailure[]): void {
    const count = addresses.length - failures.length;
    this.#context.world.emit({ type: "joined", id, count, failures });
  }
}
