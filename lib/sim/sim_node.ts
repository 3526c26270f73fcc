/**
 * A Serf node of a simulated cluster, in the words of a scenario.
 *
 * @module
 */

import { toBytes } from "../base/bytes.ts";
import type { Address } from "../base/address.ts";
import type { JoinFailure } from "../base/errors.ts";
import type { LogEvent } from "../base/world.ts";
import type { QueryEvent, SerfEvent } from "../api/event.ts";
import type { KeyOperation } from "../api/keys.ts";
import type { Member, MemberStatus } from "../api/member.ts";
import type { QueryOptions } from "../api/query.ts";
import type { SerfConfig, SerfOutput } from "../serf/contract.ts";
import { SerfCore, type SerfTimer } from "../serf/core.ts";
import { SnapshotReplay } from "../serf/snapshot/snapshot.ts";
import type { Coordinate } from "../wire/messages/coordinate.ts";
import type { Keyring } from "../wire/framing/keyring.ts";
import type { Claim } from "../wire/messages/messages.ts";
import { addressOf } from "./address_plan.ts";
import type { HostState, SimHost } from "./sim_host.ts";
import { type Outcome, SimOperation, SimQuery } from "./sim_operation.ts";

/** The host that a Serf node runs on. */
export type SerfHost = SimHost<SerfTimer, SerfOutput>;

/** What a node needs of its cluster. */
export interface NodeContext {
  /** A place that nobody had yet. */
  newPlace(): number;
  /** Runs something after the current call of a machine, or later. */
  after(ms: number, run: () => void): void;
  /** The nodes whose process runs. */
  running(): readonly SimNode[];
  /** A process of this node is about to start. */
  starting(node: SimNode): void;
  /** Answers a query on behalf of the node's user; `undefined` for no answer. */
  answer(node: SimNode, query: QueryEvent): Uint8Array | undefined;
  /** Something happened that must not. */
  report(node: SimNode, problem: string): void;
  /** A node wrote a line to its log. */
  log(node: SimNode, line: LogEvent): void;
  /** How many events each node keeps. */
  readonly keepEvents: number;
}

/** What makes up a node. */
export interface NodeParts {
  /** Where its process runs. */
  readonly host: SerfHost;
  /** Everything but the address. */
  readonly config: Omit<SerfConfig, "address">;
  /** Its keys, if the cluster is encrypted. */
  readonly keyring?: Keyring;
  /** Bytes that encryption adds to a datagram. */
  readonly packetOverhead: () => number;
  /** Whether it keeps a snapshot. */
  readonly snapshots: boolean;
}

/** How a node is started again. */
export interface RestartOptions {
  /** Whether it comes back at its old address (the default) or at another one. */
  readonly address?: "same" | "new";
  /**
   * Whether it joins by way of the first running node that it reaches. By default it does, unless it has a snapshot to
   * find the others by.
   */
  readonly join?: boolean;
}

/** A node and its host. Its process may end and start again; what is recorded here goes on. */
export class SimNode {
  /** The name under which it is a member. */
  readonly name: string;
  readonly #context: NodeContext;
  readonly #parts: NodeParts;
  readonly #operations: Map<number, SimOperation> = new Map();
  readonly #snapshot = new SnapshotReplay();
  #core: SerfCore | undefined;
  #events: SerfEvent[] = [];
  #lastOperation = 0;
  #stopReason: string | undefined;

  /** @internal Use `Cluster.add`. */
  constructor(context: NodeContext, parts: NodeParts) {
    this.name = parts.config.name;
    this.#context = context;
    this.#parts = parts;
  }

  /** Its number in the cluster, from 0. */
  get index(): number {
    return this.#parts.host.index;
  }

  /** Whether its process runs, is paused, or has ended. */
  get state(): HostState {
    return this.#parts.host.state;
  }

  /** Where it listens, or last listened. */
  get address(): Address {
    return this.#parts.host.address;
  }

  /** Why the node shut itself down; `undefined` if it did not. */
  get stopReason(): string | undefined {
    return this.#stopReason;
  }

  /** How this node sees the cluster. It throws an `Error` while the node is down, as does all that needs the process. */
  members(): readonly Member[] {
    return this.#serf.members();
  }

  /** How this node sees a member; `undefined` if it knows none of that name. */
  member(name: string): Member | undefined {
    return this.#serf.member(name);
  }

  /** The status of a member in this node's eyes; `undefined` if it knows none of that name. */
  status(name: string): MemberStatus | undefined {
    return this.member(name)?.status;
  }

  /** Where this node believes a member, or itself, to stand in the network. */
  coordinate(name: string): Coordinate | undefined {
    return this.#serf.coordinate(name);
  }

  /** What this node's `info` shows of Serf: clocks, queue lengths, counts. */
  stats(): Readonly<Record<string, string>> {
    return this.#serf.stats();
  }

  /** What was delivered to this node's user, oldest first, as far as it was kept. */
  events(): readonly SerfEvent[] {
    return this.#events;
  }

  /** How many user events of a name were delivered to this node's user, as far as they were kept. */
  heard(name: string): number {
    return this.#events.filter((event) => event.type === "user" && event.name === name).length;
  }

  /** Starts the process for the first time, at an address of its own. */
  start(): void {
    this.#start(addressOf(this.#context.newPlace()));
  }

  /** @internal What it claims of all nodes that it knows. */
  claims(): Iterable<Claim> {
    return this.#serf.claims();
  }

  /** @internal Starts with the view of a cluster that has long been formed. */
  preload(claims: Iterable<Claim>): void {
    this.#serf.preload(claims);
  }

  /** Joins another node. */
  join(target: SimNode): SimOperation {
    return this.#begin(new SimOperation(), (id) => this.#active.join([target.address], { id }));
  }

  /** Leaves the cluster in good order, and ends the process when that is done. */
  leave(): SimOperation {
    const exit = new SimOperation(() => this.#afterwards(() => this.#exit()));
    return this.#begin(exit, (id) => this.#active.leave({ id }));
  }

  /** Ends the process without a word. Nobody listens at its address any more. */
  kill(): void {
    this.#parts.host.kill();
    this.#core = undefined;
    this.#operations.clear();
  }

  /** Stops the process where it is, until {@link resume}. */
  pause(): void {
    this.#parts.host.pause();
  }

  /** Lets a paused process continue. */
  resume(): void {
    this.#parts.host.resume();
  }

  /** From now on everything reaches the node so many milliseconds late, as on an overloaded machine; 0 ends it. */
  slowDown(ms: number): void {
    this.#parts.host.lagMs = ms;
  }

  /** Starts the process again, after a kill if it still runs. */
  restart(options: RestartOptions = {}): void {
    const { join = !this.#parts.snapshots } = options;
    if (this.state !== "down") this.kill();
    const known = [...this.#snapshot.alive.values()];
    const moves = options.address === "new";
    this.#start(moves ? addressOf(this.#context.newPlace()) : this.address);
    this.#reachOne(known, (address, id) => this.#serf.rejoin(address, { id }));
    if (!join) return;
    const running = this.#context.running().map((node) => node.address);
    this.#reachOne(running, (address, id) => this.#serf.join([address], { id }));
  }

  /** Declares a failed member to have left; with `prune` everybody forgets it at once. */
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

  /** Adds, drops, lists or chooses encryption keys in the whole cluster. */
  keys(operation: KeyOperation, key: Uint8Array = new Uint8Array()): SimOperation {
    return this.#begin(new SimOperation(), (id) => this.#active.keys(operation, key, { id }));
  }

  /** Sends a user event. */
  userEvent(name: string, payload: string | Uint8Array | null = null): void {
    this.#active.userEvent(name, toBytes(payload));
  }

  /** Asks the cluster. */
  query(
    name: string,
    payload: string | Uint8Array | null = null,
    options: QueryOptions = {},
  ): SimQuery {
    return this.#begin(
      new SimQuery(),
      (id) => this.#active.query(name, toBytes(payload), { ...options, id }),
    );
  }

  /** @internal What the machine told its host. Called from within the machine. */
  emitted(output: SerfOutput): void {
    switch (output.type) {
      case "log":
        return this.#context.log(this, output);
      case "snapshot":
        return this.#snapshot.apply(output.entry);
      case "query-record":
        return this.#queryRecord(output);
      case "joined":
        return this.#end(output.id, { joined: output.count, ...failureOf(output.failures) });
      case "key-result":
        return this.#end(output.id, { keys: output.result });
      case "done":
        return this.#end(output.id, output);
      case "shutdown":
        this.#stopReason = output.reason;
        return this.#afterwards(() => this.#exit());
      case "query":
        this.#keep(output);
        return this.#answer(output);
      default:
        this.#keep(output);
    }
  }

  get #serf(): SerfCore {
    if (this.#core === undefined) throw new Error(`Node ${this.name} is down`);
    return this.#core;
  }

  /** The machine of a process that can be told to do something. */
  get #active(): SerfCore {
    if (this.state === "paused") throw new Error(`Node ${this.name} is paused`);
    return this.#serf;
  }

  #start(address: Address): void {
    const { host, config, snapshots, keyring, packetOverhead } = this.#parts;
    const snapshot = snapshots ? this.#snapshot : undefined;
    this.#context.starting(this);
    this.#stopReason = undefined;
    host.start(address, (world) => {
      const settings = { ...config, address };
      this.#core = new SerfCore(settings, world, { keyring, packetOverhead, snapshot });
      return this.#core;
    });
  }

  /** Ends the process in good order. */
  #exit(): void {
    this.#serf.shutdown();
    this.kill();
  }

  /** Tries others one after the other until one is reached. */
  #reachOne(addresses: readonly Address[], dial: (address: Address, id: number) => void): void {
    const [next, ...others] = addresses.filter((address) => !address.equals(this.address));
    if (next === undefined) return;
    const attempt = new SimOperation(({ joined }) => {
      if (joined === 0) this.#afterwards(() => this.#reachOne(others, dial));
    });
    this.#begin(attempt, (id) => dial(next, id));
  }

  /** Runs something once the machine's current call has returned, if the process is the same then. */
  #afterwards(run: () => void): void {
    const { host } = this.#parts;
    const life = host.life;
    this.#context.after(0, () => {
      if (host.life === life && host.state !== "down") run();
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
      return this.#context.report(this, `operation ${id} ended, but none is under way`);
    }
    this.#operations.delete(id);
    operation.end(outcome);
  }

  #queryRecord(output: SerfOutput & { type: "query-record" }): void {
    const query = this.#operations.get(output.id);
    if (!(query instanceof SimQuery) || !query.add(output.record)) {
      const { type, from } = output.record;
      this.#context.report(this, `unexpected ${type} of ${from} to query ${output.id}`);
    }
  }

  #keep(event: SerfEvent): void {
    const bound = this.#context.keepEvents;
    if (bound === 0) return;
    this.#events.push(event);
    if (this.#events.length >= 2 * bound) this.#events = this.#events.slice(-bound);
  }

  #answer(query: QueryEvent): void {
    const payload = this.#context.answer(this, query);
    if (payload !== undefined) this.#afterwards(() => this.#serf.respond(query, payload));
  }
}

/** Only the first failure is kept: a simulated join has one target. */
function failureOf([first]: readonly JoinFailure[]): { error?: string } {
  return first === undefined ? {} : { error: first.reason };
}
