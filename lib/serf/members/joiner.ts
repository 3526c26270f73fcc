/**
 * Joining a cluster, joining it again after a restart, reconnecting to members that failed, and healing partitions. Each
 * of them is a push/pull with a node that we do not know, or no longer believe alive.
 *
 * @module
 */

import type { Address } from "../../base/address.ts";
import type { JoinFailure } from "../../base/errors.ts";
import type { SerfContext } from "../context.ts";
import type { SwimOperations } from "../swim_operations.ts";
import type { MemberStatuses } from "./member_statuses.ts";
import type { PartitionHealer } from "./partition_healer.ts";

/** Joins nodes by their address. */
export class Joiner {
  readonly #context: SerfContext;
  readonly #statuses: MemberStatuses;
  readonly #operations: SwimOperations;
  readonly #healer: PartitionHealer;
  /** How many joins are under way that ignore old events. */
  #ignoringOld = 0;

  constructor(
    context: SerfContext,
    { statuses, operations, healer }: {
      statuses: MemberStatuses;
      operations: SwimOperations;
      healer: PartitionHealer;
    },
  ) {
    this.#context = context;
    this.#statuses = statuses;
    this.#operations = operations;
    this.#healer = healer;
  }

  /** Whether a join is under way that does not want events from before it. */
  get ignoresOldEvents(): boolean {
    return this.#ignoringOld > 0;
  }

  /** Joins by way of all addresses, and broadcasts a join intent if one was reached. Ends in `joined`. */
  join(
    addresses: readonly Address[],
    { id, ignoreOld = false }: { id: number; ignoreOld?: boolean },
  ): void {
    if (ignoreOld) this.#ignoringOld++;
    this.#joinAll(addresses, (failures) => {
      if (ignoreOld) this.#ignoringOld--;
      if (failures.length < addresses.length) {
        // Also those that were not reached: they may be in another part of the cluster.
        for (const address of addresses) this.#healer.seed(address);
        this.#statuses.broadcastJoin();
      }
      this.#conclude(id, addresses, failures);
    });
  }

  /** Joins by way of a node in the snapshot. There is no join intent, since we never left. Ends in `joined`. */
  rejoin(address: Address, { id }: { id: number }): void {
    this.#joinAll([address], (failures) => this.#conclude(id, [address], failures));
  }

  /**
   * Tries a random failed member, with a probability that makes the whole cluster try each failed member about once per
   * reconnect interval.
   */
  reconnect(): void {
    const { world, members } = this.#context;
    const failed = [...members.failed.keys()];
    if (failed.length === 0) return;
    const others = members.size - failed.length - members.left.size;
    if (world.random() > failed.length / Math.max(1, others)) {
      this.#context.log("DEBUG", "forgoing reconnect for random throttling");
      return;
    }
    const record = members.get(failed[Math.floor(world.random() * failed.length)]);
    if (record === undefined) return;
    const { address } = record.claim;
    this.#context.log("INFO", `attempting reconnect to ${record.name} ${address.text}`);
    this.#operations.join({ address, failed: record.name }, () => {});
  }

  /** Tries to reach parts of the cluster that we have forgotten, and that may have forgotten us. */
  heal(): void {
    for (const target of this.#healer.attempt()) {
      const { node = "a node joined before", address } = target;
      this.#context.log("INFO", `attempting to find ${node} again at ${address.text}`);
      this.#operations.join(target, () => {});
    }
  }

  #joinAll(
    addresses: readonly Address[],
    callback: (failures: readonly JoinFailure[]) => void,
  ): void {
    const failures: JoinFailure[] = [];
    let pending = addresses.length;
    if (pending === 0) return callback(failures);
    for (const address of addresses) {
      this.#operations.join({ address }, (reason) => {
        if (reason !== undefined) failures.push({ address: address.text, reason });
        if (--pending === 0) callback(failures);
      });
    }
  }

  #conclude(id: number, addresses: readonly Address[], failures: readonly JoinFailure[]): void {
    const count = addresses.length - failures.length;
    this.#context.world.emit({ type: "joined", id, count, failures });
  }
}
