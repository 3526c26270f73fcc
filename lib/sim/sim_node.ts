/**
 * A Serf node of a simulated cluster: what a scenario can tell it to do, and ask of it.
 *
 * @module
 */

import { toBytes } from "../base/bytes.ts";
import type { Address } from "../base/address.ts";
import type { JoinFailure } from "../base/errors.ts";
import type { LogEvent } from "../base/world.ts";
import { compileExpression } from "../go/regexp.ts";
import { QueryEvent, type SerfEvent } from "../api/event.ts";
import { INTERNAL_PREFIX } from "../api/internal_names.ts";
import type { KeyOperation } from "../api/keys.ts";
import type { Member, MemberStatus } from "../api/member.ts";
import type { QueryParameters } from "../api/query.ts";
import type { SerfState } from "../api/serf_state.ts";
import { shiftTimes } from "../api/why/shift_times.ts";
import { explain, type Explanation } from "../api/why/story.ts";
import type { SerfConfig } from "../serf/config.ts";
import type { MakeCore, SerfCore, SerfTimer } from "../serf/core.ts";
import type { Profile } from "../swim/config.ts";
import type { IncomingQuery, SerfOutput } from "../serf/output.ts";
import type { Coordinate } from "../api/coordinate.ts";
import type { Keyring } from "../wire/framing/keyring.ts";
import type { Claim } from "../wire/messages/messages.ts";
import { addressOf } from "./address_plan.ts";
import type { Random } from "./random.ts";
import type { HostState, SimHost } from "./sim_host.ts";
import { type Outcome, SimOperation, SimQuery, SimWhy } from "./sim_operation.ts";
import { type DiskState, SimSnapshot } from "./sim_snapshot.ts";
import type { SnapshotState } from "../serf/snapshot/snapshot.ts";

/** The simulated host of a Serf node. */
export type SerfHost = SimHost<SerfTimer, SerfOutput>;

/** The cluster, as a node uses it. */
export interface ClusterHooks {
  /** The number of an address that was never used. */
  newSlot(): number;
  /** Virtual milliseconds since the simulation began. */
  now(): number;
  /** Calls a function after so many milliseconds, and never before the current call of a machine has returned. */
  after(ms: number, run: () => void): void;
  /** The nodes whose process runs and is not paused. */
  running(): readonly SimNode[];
  /** The node's process is about to start. */
  starting(node: SimNode): void;
  /** Makes the machine of a node. */
  makeCore(node: SimNode): MakeCore;
  /** Answers a query on behalf of the node's user; `undefined` for no answer. */
  answer(node: SimNode, query: QueryEvent): Uint8Array | undefined;
  /** The node violated an invariant. */
  report(node: SimNode, problem: string): void;
  /** A node wrote a line to its log. */
  log(node: SimNode, line: LogEvent): void;
  /** How many events each node keeps. */
  readonly keepEvents: number;
}

/** What a node is made of. */
export interface SimNodeOptions {
  /** The host of its process. */
  readonly host: SerfHost;
  /** Its settings, all but the address. */
  readonly config: Omit<SerfConfig, "address">;
  /** Its keys, if the cluster is encrypted. */
  readonly keyring?: Keyring;
  /** The address that it announces, if not where it listens. */
  readonly advertise?: Address;
  /** Bytes that encryption adds to a datagram. */
  readonly packetOverhead: () => number;
  /** Whether it keeps a snapshot. */
  readonly snapshots: boolean;
}

/** How a node is restarted. */
export interface RestartOptions {
  /** Whether it comes back at its old address (the default) or at another one. */
  readonly address?: "same" | "new";
  /**
   * Whether it joins the first running node that it reaches. Default: true, unless it has a snapshot, which tells it the
   * addresses of others.
   */
  readonly join?: boolean;
  /** What happened to the file of its snapshot. `truncated` leaves the first half of it. Default: it was kept. */
  readonly snapshot?: "kept" | "lost" | "truncated";
}

/** A node of the cluster. Its process may end and start again; its events are kept across restarts. */
export class SimNode {
  /** The name under which it is a member. */
  readonly name: string;
  readonly #cluster: ClusterHooks;
  readonly #options: SimNodeOptions;
  readonly #operations: Map<number, SimOperation> = new Map();
  readonly #snapshot = new SimSnapshot();
  #core: SerfCore | undefined;
  #restored: SnapshotState | undefined;
  #events: SerfEvent[] = [];
  #lastOperation = 0;
  #stopReason: string | undefined;

  /** @internal Use `Cluster.add`. */
  constructor(cluster: ClusterHooks, options: SimNodeOptions) {
    this.name = options.config.name;
    this.#cluster = cluster;
    this.#options = options;
  }

  /** Its index in the cluster, from 0. */
  get index(): number {
    return this.#options.host.index;
  }

  /** Whether its process runs, is paused, or has ended. */
  get state(): HostState {
    return this.#options.host.state;
  }

  /** Counts the starts of its process, from 1; 0 before the first. */
  get generation(): number {
    return this.#options.host.generation;
  }

  /** Whether Serf takes part, is leaving, or has left; `shutdown` while the process is down. */
  get lifecycle(): SerfState {
    return this.#core?.state ?? "shutdown";
  }

  /** The operations of its process that are not over yet. */
  get operations(): readonly SimOperation[] {
    return [...this.#operations.values()];
  }

  /** @internal What its process has read from its snapshot; `undefined` if it keeps none. */
  get restored(): SnapshotState | undefined {
    return this.#restored;
  }

  /** @internal The timing of its membership protocol. */
  get profile(): Profile {
    return this.#options.config.profile;
  }

  /** @internal The reading of its clock, milliseconds since a time of its own. */
  get clockMs(): number {
    return this.#options.host.now;
  }

  /** @internal Virtual milliseconds since the simulation began. */
  get simulatedMs(): number {
    return this.#cluster.now();
  }

  /** @internal Where its random numbers come from. */
  get generator(): Random {
    return this.#options.host.generator;
  }

  /** Its keys, the one that encrypts first; none if the cluster is not encrypted. */
  get keyring(): readonly Uint8Array[] {
    return this.#options.keyring?.keys ?? [];
  }

  /** Where it listens, or last listened. */
  get address(): Address {
    return this.#options.host.address;
  }

  /** Why the node shut itself down, as the loser of a name conflict does; `undefined` if it did not. */
  get stopReason(): string | undefined {
    return this.#stopReason;
  }

  /** The members in this node's view. Like all that needs the process, it throws an `Error` while the node is down. */
  members(): readonly Member[] {
    return this.#serf.members();
  }

  /** A member in this node's view; `undefined` if it knows none of that name. */
  member(name: string): Member | undefined {
    return this.#serf.member(name);
  }

  /** The status of a member in this node's view; `undefined` if it knows none of that name. */
  status(name: string): MemberStatus | undefined {
    return this.member(name)?.status;
  }

  /** The network coordinate of a member, or of the node itself, as far as this node knows it. */
  coordinate(name: string): Coordinate | undefined {
    return this.#serf.coordinate(name);
  }

  /**
   * What this node knows about why a member, or itself, is in its state; `undefined` if nothing. Times are virtual
   * milliseconds since the simulation began.
   */
  why(name: string): Explanation | undefined {
    const report = this.#serf.why(name);
    if (report === undefined) return undefined;
    const clock = (ms: number) => `${(ms / 1000).toFixed(3)} s`;
    return explain(shiftTimes(report, this.#cluster.now() - report.timeMs), { clock });
  }

  /** The `serf` section of this node's `info`: clocks, queue lengths, counts. */
  stats(): Readonly<Record<string, string>> {
    return this.#serf.stats();
  }

  /** The events that were delivered to this node's user, oldest first, as far as they were kept. */
  events(): readonly SerfEvent[] {
    return this.#events;
  }

  /** How many user events of a name were delivered to this node's user, as far as they were kept. */
  heard(name: string): number {
    return this.#events.filter((event) => event.type === "user" && event.name === name).length;
  }

  /** Starts the process for the first time, at an address of its own unless it is to have that of another node. */
  start(address: Address = addressOf(this.#cluster.newSlot())): void {
    this.#start(address);
  }

  /** @internal The membership layer's claims about all nodes it knows. */
  claims(): Iterable<Claim> {
    return this.#serf.claims();
  }

  /** @internal Takes over the view of a cluster that has long been formed. */
  preload(claims: Iterable<Claim>): void {
    this.#serf.preload(claims);
  }

  /** Joins another node. */
  join(target: SimNode): SimOperation {
    return this.#begin(new SimOperation(), (id) => this.#active.join([target.address], { id }));
  }

  /** Leaves the cluster gracefully, and ends the process when that is done. */
  leave(): SimOperation {
    const exit = new SimOperation(() => this.#afterwards(() => this.#exit()));
    return this.#begin(exit, (id) => this.#active.leave({ id }));
  }

  /** Ends the process without a leave. Nobody listens at its address any more. */
  kill(): void {
    this.#snapshot.crash(this.#cluster.now());
    this.#options.host.kill();
    this.#core = undefined;
    this.#operations.clear();
  }

  /** Stops the process, as SIGSTOP does, until {@link resume}. */
  pause(): void {
    this.#options.host.pause();
  }

  /** Lets a paused process continue. */
  resume(): void {
    this.#options.host.resume();
  }

  /**
   * Blocks the node until {@link unblock}, as the Lifeguard paper's authors do: what arrives waits, and the loops that gossip
   * and probe stop at the next message that they send. Only suspicions end in time, which have timers of their own in memberlist.
   */
  block(): void {
    this.#options.host.block(({ type }) => type === "suspicion-timeout" || type === "probe-tick");
  }

  /** Lets a blocked node go on. */
  unblock(): void {
    this.#options.host.unblock();
  }

  /** Delays all timers, packets and streams of the node by so many milliseconds, as on an overloaded machine; 0 ends it. */
  slowDown(ms: number): void {
    if (!(Number.isFinite(ms) && ms >= 0)) {
      throw new RangeError(`Cannot use ms: got ${ms}, expected a number, 0 or more`);
    }
    this.#options.host.lagMs = ms;
  }

  /** Sets the clock of the node forward by so many milliseconds, as happens to a machine that was suspended. */
  stepClock(ms: number): void {
    if (!(Number.isFinite(ms) && ms >= 0)) {
      throw new RangeError(`Cannot use ms: got ${ms}, expected a number, 0 or more`);
    }
    this.#options.host.stepClock(ms);
  }

  /**
   * The disk that the snapshot is on fills up, hangs, or works again. The node goes on; what the disk did not take is
   * written when it works, unless the process has been killed by then.
   */
  setDisk(disk: DiskState): void {
    this.#snapshot.disk = disk;
  }

  /** Starts the process again; kills it first if it still runs. */
  restart(options: RestartOptions = {}): void {
    const { join = !this.#options.snapshots, snapshot = "kept" } = options;
    if (this.state !== "down") this.kill();
    if (snapshot === "lost") this.#snapshot.lose();
    if (snapshot === "truncated") this.#snapshot.truncate(1 / 2);
    const known = [...this.#snapshot.read().alive.values()];
    const moves = options.address === "new";
    this.#start(moves ? addressOf(this.#cluster.newSlot()) : this.address);
    this.#reachOne(known, (address, id) => this.#serf.rejoin(address, { id }));
    if (!join) return;
    const running = this.#cluster.running().map((node) => node.address);
    this.#reachOne(running, (address, id) => this.#serf.join([address], { id }));
  }

  /** Removes a failed member from the cluster: it counts as left; with `prune` everybody forgets it at once. */
  forceLeave(name: string, options: { readonly prune?: boolean } = {}): SimOperation {
    return this.#begin(
      new SimOperation(),
      (id) => this.#active.forceLeave(name, { id, ...options }),
    );
  }

  /** Replaces the node's tags. */
  setTags(tags: Readonly<Record<string, string>>): SimOperation {
    return this.#begin(new SimOperation(), (id) => this.#active.setTags(tags, { id }));
  }

  /** Installs, uses, removes or lists encryption keys in the whole cluster. */
  keys(operation: KeyOperation, key: Uint8Array = new Uint8Array()): SimOperation {
    return this.#begin(new SimOperation(), (id) => this.#active.keys(operation, key, { id }));
  }

  /** Asks all members why one of them is in its state. Throws a `RangeError` if this node knows nothing about that name. */
  whyAll(name: string): SimWhy {
    const own = () => {
      const explanation = this.why(name);
      if (explanation === undefined) throw new RangeError(`Cannot find member ${name}`);
      return explanation;
    };
    own();
    return this.#begin(new SimWhy(own), (id) => this.#active.askWhy(name, { id }));
  }

  /** Sends a user event. */
  userEvent(name: string, payload: string | Uint8Array | null = null): void {
    this.#active.userEvent(name, toBytes(payload));
  }

  /** Sends a query to the cluster. */
  query(
    name: string,
    payload: string | Uint8Array | null = null,
    options: QueryParameters = {},
  ): SimQuery {
    return this.#begin(
      new SimQuery(),
      (id) => this.#active.query(name, toBytes(payload), { ...options, id }),
    );
  }

  /** @internal Takes what the machine emits. Called while the machine runs. */
  emitted(output: SerfOutput): void {
    switch (output.type) {
      case "log":
        return this.#cluster.log(this, output);
      case "snapshot":
        return this.#snapshot.add(output.entry, this.#cluster.now());
      case "query-record":
        return this.#queryRecord(output);
      case "joined":
        return this.#end(output.id, { joined: output.count, ...failureOf(output.failures) });
      case "key-result":
        return this.#end(output.id, { keys: output.result });
      case "why-answers":
        return this.#end(output.id, { answers: output.answers });
      case "done":
        return this.#end(output.id, output);
      case "shutdown":
        this.#stopReason = output.reason;
        return this.#afterwards(() => this.#exit());
      case "query":
        return this.#hearQuery(output);
      case "expressions-needed":
        return; // the machine can compile them from the start
      default:
        this.#keep(output);
    }
  }

  get #serf(): SerfCore {
    if (this.#core === undefined) throw new Error(`Node ${this.name} is down`);
    return this.#core;
  }

  /** The machine, if it can take commands now. */
  get #active(): SerfCore {
    if (this.state === "paused") throw new Error(`Node ${this.name} is paused`);
    return this.#serf;
  }

  #start(address: Address): void {
    const { host, config, snapshots, keyring, packetOverhead, advertise } = this.#options;
    const snapshot = this.#restored = snapshots ? this.#snapshot.read() : undefined;
    this.#cluster.starting(this);
    this.#stopReason = undefined;
    host.start(address, (world) => {
      const settings = { ...config, address: advertise ?? address };
      const make = this.#cluster.makeCore(this);
      const options = { keyring, packetOverhead, snapshot, compileExpression };
      this.#core = make(settings, world, options);
      return this.#core;
    });
  }

  /** Shuts the machine down and ends the process. */
  #exit(): void {
    this.#serf.shutdown();
    this.#snapshot.flush();
    this.kill();
  }

  /** Contacts addresses one after the other until one is reached. */
  #reachOne(addresses: readonly Address[], dial: (address: Address, id: number) => void): void {
    const [next, ...others] = addresses.filter((address) => !address.equals(this.address));
    if (next === undefined || this.lifecycle !== "alive") return;
    const attempt = new SimOperation(({ joined }) => {
      if (joined === 0) this.#afterwards(() => this.#reachOne(others, dial));
    });
    this.#begin(attempt, (id) => dial(next, id));
  }

  /** Calls a function once the machine's current call has returned, unless the process has ended by then. */
  #afterwards(run: () => void): void {
    const { host } = this.#options;
    const generation = host.generation;
    this.#cluster.after(0, () => {
      if (host.generation === generation && host.state !== "down") run();
    });
  }

  #begin<T extends SimOperation>(operation: T, start: (id: number) => void): T {
    const id = ++this.#lastOperation;
    this.#operations.set(id, operation);
    start(id);
    return operation;
  }

  #end(id: number, outcome: Outcome): void {
    const operation = this.#operations.get(id);
    if (operation === undefined) {
      return this.#cluster.report(this, `operation ${id} ended, but none is under way`);
    }
    this.#operations.delete(id);
    operation.end(outcome);
  }

  #queryRecord(output: SerfOutput & { type: "query-record" }): void {
    const query = this.#operations.get(output.id);
    if (!(query instanceof SimQuery) || !query.add(output.record)) {
      const { type, from } = output.record;
      this.#cluster.report(this, `unexpected ${type} of ${from} to query ${output.id}`);
    }
  }

  #keep(event: SerfEvent): void {
    const bound = this.#cluster.keepEvents;
    if (bound === 0) return;
    this.#events.push(event);
    if (this.#events.length >= 2 * bound) this.#events = this.#events.slice(-bound);
  }

  #hearQuery(query: IncomingQuery): void {
    if (query.name.startsWith(INTERNAL_PREFIX)) return; // the user never sees it
    const respond = (payload: Uint8Array) =>
      this.#afterwards(() => this.#serf.respond(query, payload));
    const fail = (reason: string) => this.#afterwards(() => this.#serf.failQuery(query, reason));
    const event = new QueryEvent(query, respond, fail);
    this.#keep(event);
    const answer = this.#cluster.answer(this, event);
    if (answer !== undefined) respond(answer);
  }
}

/** Only the first failure is kept: a simulated join has one target. */
function failureOf([first]: readonly JoinFailure[]): { error?: string } {
  return first === undefined ? {} : { error: first.reason };
}
