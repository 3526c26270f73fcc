/**
 * The members as one node sees them: Serf's `members`, `failedMembers` and `leftMembers`.
 *
 * @module
 */

import type { LamportTime } from "../../base/lamport_time.ts";
import { Interner, NameTable, oncePer } from "../../base/memory_economy.ts";
import type { Claim } from "../../wire/messages/messages.ts";
import { decodeTags } from "../../wire/messages/tags.ts";
import type { Member, MemberStatus } from "../../api/member.ts";

type Tags = Readonly<Record<string, string>>;

/**
 * SWIM's claim about a member and what Serf knows beyond it. Records are immutable, and their public view is made once, when
 * it is first asked for. They may be shared: nodes of one process that believe the same of a member then hold the same record.
 * Only simulations of thousands of nodes need that.
 */
export class MemberRecord {
  readonly claim: Claim;
  readonly status: MemberStatus;
  /** Lamport time of the last intent that was accepted; 0 if there was none. */
  readonly statusLTime: LamportTime;
  #member?: Member;

  private constructor(claim: Claim, status: MemberStatus, statusLTime: LamportTime) {
    this.claim = claim;
    this.status = status;
    this.statusLTime = statusLTime;
  }

  static #shared: Interner<Claim, MemberRecord> | undefined;

  /** From now on, nodes of this process share their records. */
  static share(): void {
    MemberRecord.#shared ??= new Interner((a, b) =>
      a.status === b.status && a.statusLTime === b.statusLTime
    );
  }

  /** The record with these values; where they are shared, one object for all nodes that derive the same from one claim. */
  static of(claim: Claim, status: MemberStatus, statusLTime: LamportTime): MemberRecord {
    const record = new MemberRecord(claim, status, statusLTime);
    return MemberRecord.#shared?.intern(claim, record) ?? record;
  }

  /** The record of the same claim after an intent. As long as the status is the same, it looks the same to the public. */
  after(status: MemberStatus, statusLTime: LamportTime): MemberRecord {
    const next = MemberRecord.of(this.claim, status, statusLTime);
    if (status === this.status) next.#member ??= this.#member;
    return next;
  }

  /** The record with the values of one that was saved. */
  static restore({ claim, status, statusLTime }: MemberRecord): MemberRecord {
    return MemberRecord.of(claim, status, statusLTime);
  }

  get name(): string {
    return this.claim.node;
  }

  get tags(): Tags {
    return this.claim.meta === null ? NO_TAGS : decodedTags(this.claim.meta).tags;
  }

  /** What is wrong with the tags, if anything. */
  get tagsProblem(): string | undefined {
    return this.claim.meta === null ? undefined : decodedTags(this.claim.meta).problem;
  }

  /** The public view. */
  get member(): Member {
    return this.#member ??= Object.freeze(describe(this));
  }
}

/** All members by name, those that failed or left included, and since when they are failed, left or leaving. */
export class MemberTable {
  readonly #records: NameTable<MemberRecord>;
  #failedSince = new Map<string, number>();
  #leftSince = new Map<string, number>();
  #leavingSince = new Map<string, number>();
  #members?: readonly Member[];

  /** `random` gives numbers in [0, 1). */
  constructor(random: () => number) {
    this.#records = new NameTable({ nameOf: (record) => record.name, random });
  }

  get size(): number {
    return this.#records.size;
  }

  /** Failed members and when they failed, in the world's milliseconds. */
  get failed(): ReadonlyMap<string, number> {
    return this.#failedSince;
  }

  /** Members that left and when they were lost, in the world's milliseconds: one that had failed keeps that time. */
  get left(): ReadonlyMap<string, number> {
    return this.#leftSince;
  }

  /** Members that announced their leave and are not gone yet, and since when, in the world's milliseconds. */
  get leaving(): ReadonlyMap<string, number> {
    return this.#leavingSince;
  }

  get(name: string): MemberRecord | undefined {
    return this.#records.get(name);
  }

  records(): IterableIterator<MemberRecord> {
    return this.#records.values();
  }

  /** The public views of all; the same array until a member comes, changes or goes. */
  get all(): readonly Member[] {
    return this.#members ??= Object.freeze(
      Array.from(this.#records.values(), ({ member }) => member),
    );
  }

  /** Adds a member or replaces its record. */
  put(record: MemberRecord, world: { readonly now: number }): void {
    const { name, status } = record;
    const known = this.#records.set(record);
    this.#members = undefined;
    // Of members that are just alive nothing else is kept, and they come by the thousand.
    if (status === "alive" && (known === undefined || known.status === "alive")) return;
    const leavingSince = this.#leavingSince.get(name);
    const goneSince = this.#failedSince.get(name) ?? this.#leftSince.get(name);
    this.#failedSince.delete(name);
    this.#leftSince.delete(name);
    this.#leavingSince.delete(name);
    if (status === "leaving") this.#leavingSince.set(name, leavingSince ?? world.now);
    if (status === "failed") this.#failedSince.set(name, goneSince ?? world.now);
    if (status === "left") this.#leftSince.set(name, goneSince ?? world.now);
  }

  delete(name: string): void {
    this.#records.delete(name);
    this.#members = undefined;
    this.#failedSince.delete(name);
    this.#leftSince.delete(name);
    this.#leavingSince.delete(name);
  }

  /** Members that are alive or leaving: those that still answer queries. */
  *running(): Generator<MemberRecord> {
    for (const record of this.#records.values()) {
      if (record.status === "alive" || record.status === "leaving") yield record;
    }
  }

  /** Whether any member but the one of this name is alive. */
  anyOtherAlive(own: string): boolean {
    for (const { name, status } of this.#records.values()) {
      if (status === "alive" && name !== own) return true;
    }
    return false;
  }

  /** See {@link SerfCore.save}. */
  save() {
    return {
      records: this.#records.save(),
      failedSince: this.#failedSince,
      leftSince: this.#leftSince,
      leavingSince: this.#leavingSince,
    };
  }

  load(saved: ReturnType<MemberTable["save"]>): void {
    const { seed, values } = saved.records;
    this.#records.load({ seed, values: values.map(MemberRecord.restore) });
    this.#failedSince = saved.failedSince;
    this.#leftSince = saved.leftSince;
    this.#leavingSince = saved.leavingSince;
  }
}

/** The tags in a claim's meta, which the claims of a node share until its tags change. */
const decodedTags = oncePer((meta: Uint8Array): { tags: Tags; problem?: string } => {
  let problem: string | undefined;
  const tags = decodeTags(meta, (reason) => problem = reason);
  return { tags: Object.freeze(tags), problem };
});
const NO_TAGS: Tags = Object.freeze(decodeTags(null));

/** Shown for a node that does not announce its versions. */
const UNKNOWN_VERSIONS = {
  protocolMin: 0,
  protocolMax: 0,
  protocolCur: 0,
  delegateMin: 0,
  delegateMax: 0,
  delegateCur: 0,
};

function describe({ claim, status, tags }: MemberRecord): Member {
  const { node: name, address, versions } = claim;
  const { protocolMin, protocolMax, protocolCur, delegateMin, delegateMax, delegateCur } =
    versions ?? UNKNOWN_VERSIONS;
  // Named one by one, which is faster than `...versions`: there may be thousands.
  return {
    name,
    address,
    tags,
    status,
    protocolMin,
    protocolMax,
    protocolCur,
    delegateMin,
    delegateMax,
    delegateCur,
  };
}
