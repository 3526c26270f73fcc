/**
 * Partition healing beyond reconnects: parts of a cluster that have forgotten each other find each other again.
 *
 * Serf reconnects to a failed member until it is reaped, and tries the members of a snapshot once. After a partition
 * that lasts longer than that, or a restart of all nodes before their network works, the parts stay apart for ever. So
 * we remember addresses, and now and then, ever more rarely, exchange state with one that is not the address of a
 * member.
 *
 * @module
 */

import type { MemberEvent } from "../../api/event.ts";
import type { Address } from "../../base/address.ts";
import type { JoinTarget } from "../../swim/state/push_pull_sync.ts";
import type { SerfContext } from "../context.ts";
import type { SnapshotState } from "../snapshot/snapshot.ts";
import type { SnapshotRecorder } from "../snapshot/snapshot_recorder.ts";

/**
 * Addresses of each kind that are remembered. Any single one of them suffices to heal, and this many keep some that
 * still work although others belonged to machines that are gone for good.
 */
const CAPACITY = 32;
/** The interval between attempts grows up to so many reconnect intervals: with Serf's settings, to 16 minutes. */
const MAX_INTERVALS = 32;
/**
 * At most so many members of a part share its attempts, however large it is: who alone remembers an address must not leave
 * it to a hundred others that do not. The swarm chose it (seed 500000298).
 */
const SHARED_BY = 4;

/** An address that is tried now and then. */
interface Remembered {
  readonly address: Address;
  /** When that was last done, in the world's milliseconds. */
  triedAt: number;
}

/** The last address of a member. */
interface LostMember extends Remembered {
  readonly name: string;
}

/** An address that we were told to join by. */
interface Seed extends Remembered {
  /** The member that was last seen at the address; it saves searching all members. */
  name?: string;
}

/**
 * Remembers the addresses of joins that succeeded, called seeds, and the last addresses of lost members: those that failed
 * and were reaped, and those of the snapshot. Members that left, or were made to leave, are not remembered.
 */
export class PartitionHealer {
  readonly #context: SerfContext;
  readonly #recorder: SnapshotRecorder | undefined;
  /** By the text of the address. A seed stands for whatever node listens there, as in a join. */
  #seeds = new Map<string, Seed>();
  /** By name. */
  #lost = new Map<string, LostMember>();
  #intervals = 1;
  #attemptAt = -Infinity;

  /** `snapshot` is the state before a restart. */
  constructor(
    context: SerfContext,
    { snapshot, recorder }: {
      readonly snapshot?: SnapshotState;
      readonly recorder?: SnapshotRecorder;
    } = {},
  ) {
    this.#context = context;
    this.#recorder = recorder;
    for (const [name, address] of [...snapshot?.alive ?? [], ...snapshot?.lost ?? []]) {
      if (name !== context.config.name) this.#remember(name, address);
    }
  }

  /** This is one of the addresses of a join that has reached at least one of them. */
  seed(address: Address): void {
    remember(this.#seeds, address.text, { address, triedAt: -Infinity });
  }

  /** Something happened to members: those that were reaped as failed are remembered, those that left are forgotten. */
  observe({ type, members }: MemberEvent): void {
    if (type !== "member-leave" && type !== "member-reap") return;
    for (const { name, address, status } of members) {
      if (status !== "failed") this.forget(name, address);
      else this.#lose(name, address);
    }
  }

  /** A node has left, of which we may know nothing but the name. */
  forget(name: string, address?: Address): void {
    if (this.#lost.delete(name)) this.#recorder?.recordGone(name);
    for (const [text, seed] of this.#seeds) {
      if (seed.name === name || text === address?.text) this.#seeds.delete(text);
    }
  }

  /**
   * Called at every reconnect interval: returns whom to exchange state with, usually nobody. Members of a part share the
   * attempts, because most of them remember the same. They become rarer only by attempts that are made: it may be that no
   * other member remembers the address.
   */
  attempt(): JoinTarget[] {
    const { world, config, members } = this.#context;
    const seeds = this.#lostSeeds();
    const lost = [...this.#lost.values()].filter(({ name }) => members.get(name) === undefined);
    if (seeds.length + lost.length === 0) {
      this.#startOver();
      return [];
    }
    if (world.now < this.#attemptAt) return [];
    const intervalMs = this.#intervals * config.reconnectIntervalMs;
    this.#attemptAt = world.now + (0.5 + world.random()) * intervalMs;
    const alive = members.size - members.failed.size - members.left.size;
    if (world.random() * Math.min(alive, SHARED_BY) >= 1) return [];
    this.#intervals = Math.min(2 * this.#intervals, MAX_INTERVALS);
    const targets: JoinTarget[] = [];
    if (seeds.length > 0) targets.push({ address: this.#takeTurn(seeds).address });
    if (lost.length > 0) {
      // Not without the name: addresses are given to other machines in time.
      const { name: node, address } = this.#takeTurn(lost);
      targets.push({ address, node });
    }
    return targets;
  }

  /** A member that may still be there is not a member any more. */
  #lose(name: string, address: Address): void {
    this.#remember(name, address);
    this.#startOver();
  }

  #remember(name: string, address: Address): void {
    remember(this.#lost, name, { name, address, triedAt: -Infinity });
  }

  #startOver(): void {
    this.#intervals = 1;
    this.#attemptAt = -Infinity;
  }

  /** Seeds whose address is not that of a member, alive or failed. */
  #lostSeeds(): Seed[] {
    const { members } = this.#context;
    const isLost = ({ address, name }: Seed) =>
      name === undefined || !members.get(name)?.claim.address.sameEndpoint(address);
    const lost = [...this.#seeds.values()].filter(isLost);
    if (lost.length === 0) return lost;
    for (const { name, claim } of members.records()) {
      const seed = this.#seeds.get(claim.address.text);
      if (seed !== undefined) seed.name = name;
    }
    return lost.filter(isLost);
  }

  /** The address whose turn it is: the one that was not tried for the longest time, or one of several such at random. */
  #takeTurn<T extends Remembered>(all: readonly T[]): T {
    const { world } = this.#context;
    const earliest = Math.min(...all.map(({ triedAt }) => triedAt));
    const due = all.filter(({ triedAt }) => triedAt === earliest);
    const next = due[Math.floor(world.random() * due.length)];
    next.triedAt = world.now;
    return next;
  }

  /** See {@link SerfCore.save}. */
  save() {
    return {
      seeds: this.#seeds,
      lost: this.#lost,
      intervals: this.#intervals,
      attemptAt: this.#attemptAt,
    };
  }

  load({ seeds, lost, intervals, attemptAt }: ReturnType<PartitionHealer["save"]>): void {
    this.#seeds = seeds;
    this.#lost = lost;
    this.#intervals = intervals;
    this.#attemptAt = attemptAt;
  }
}

/** Adds an entry as the newest; the oldest makes room for it. */
function remember<T>(entries: Map<string, T>, key: string, entry: T): void {
  entries.delete(key);
  entries.set(key, entry);
  for (const oldest of entries.keys()) {
    if (entries.size <= CAPACITY) return;
    entries.delete(oldest);
  }
}
