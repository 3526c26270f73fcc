/**
 * A Serf node as a state machine: membership with tags, user events and queries, on top of SWIM.
 *
 * Like every machine of the protocol core it is synchronous and has no I/O: a host (sockets or simulator) hands it
 * messages, replies and timers, and it acts through a {@link SerfWorld}.
 *
 * @module
 */

import type { LamportTime } from "../base/lamport_time.ts";
import type { SerfState } from "../api/serf_state.ts";
import type { Coordinate } from "../api/coordinate.ts";
import type { Member } from "../api/member.ts";
import type { KeyOperation } from "../api/keys.ts";
import type { QueryParameters } from "../api/query.ts";
import type { WhyReport } from "../api/why/evidence.ts";
import type { Address } from "../base/address.ts";
import { ClosedError } from "../base/errors.ts";
import type { CompileExpression } from "../go/regexp.ts";
import type { Machine } from "../base/world.ts";
import type { SuspicionInfo } from "../swim/state/suspicion.ts";
import { Swim } from "../swim/swim.ts";
import type { Claim, Packet, Reply, StreamMessage } from "../wire/messages/messages.ts";
import { Broadcasts } from "./broadcasts.ts";
import { checkConfig, encodeMeta } from "./check_config.ts";
import type { SavedCore, SerfConfig, SerfCoreOptions } from "./config.ts";
import { SerfContext, type SerfTimer, type SerfWorld } from "./context.ts";
import { CoordinateTracker } from "./coordinates/coordinate_tracker.ts";
import { EventDelivery } from "./events/event_delivery.ts";
import { UserEvents } from "./events/user_events.ts";
import { Lifecycle } from "./lifecycle.ts";
import { Joiner } from "./members/joiner.ts";
import { MemberStatuses } from "./members/member_statuses.ts";
import { PartitionHealer } from "./members/partition_healer.ts";
import { MessageReceiver } from "./message_receiver.ts";
import { Queries } from "./queries/queries.ts";
import { CLOCK_RECORD_INTERVAL_MS, SnapshotRecorder } from "./snapshot/snapshot_recorder.ts";
import { StateExchange } from "./state_exchange.ts";
import { swimConfig, SwimDelegate } from "./swim_delegate.ts";
import { SwimOperations } from "./swim_operations.ts";
import { isKnown, whyReport } from "./why_report.ts";

export type { SerfCoreOptions } from "./config.ts";
export type { SerfTimer, SerfWorld } from "./context.ts";

/** Makes a core, as its constructor does; the flight recorder makes one that writes down what it is given. */
export type MakeCore = (
  ...parts: ConstructorParameters<typeof SerfCore>
) => SerfCore;

/** A class that has a state. */
interface SavedPart {
  save(): unknown;
  load(saved: never): void;
}

/**
 * One node. {@link SerfCore.start} comes first, {@link SerfCore.shutdown} last: whatever arrives after it is ignored.
 *
 * Methods that take an `id` start an operation, which ends with an output of that id, possibly before the method
 * returns. The caller chooses the ids, which must be unique among the operations under way.
 */
export class SerfCore implements Machine<Packet, StreamMessage, Reply, SerfTimer> {
  readonly #context: SerfContext;
  readonly #encrypted: boolean;
  readonly #swim: Swim;
  readonly #operations: SwimOperations;
  readonly #broadcasts: Broadcasts;
  readonly #recorder: SnapshotRecorder | undefined;
  readonly #coordinates: CoordinateTracker | undefined;
  readonly #delivery: EventDelivery;
  readonly #userEvents: UserEvents;
  readonly #queries: Queries;
  readonly #healer: PartitionHealer;
  readonly #statuses: MemberStatuses;
  readonly #joiner: Joiner;
  readonly #lifecycle: Lifecycle;

  /**
   * Puts the parts together, each after those that it depends on. Throws a `RangeError` with Serf's message if a setting
   * is out of range.
   */
  constructor(config: SerfConfig, world: SerfWorld, options: SerfCoreOptions = {}) {
    checkConfig(config);
    const { keyring, snapshot, packetOverhead = () => 0 } = options;
    const context = new SerfContext(config, world, options);
    const delegate = new SwimDelegate(context);
    const swim = new Swim(swimConfig(config, packetOverhead), delegate, delegate);
    const operations = new SwimOperations(context, swim);
    const broadcasts = new Broadcasts(context, swim);
    const recorder = snapshot && new SnapshotRecorder(context, snapshot);
    const coordinates = config.coordinates ? new CoordinateTracker(context) : undefined;
    const delivery = new EventDelivery(context, recorder);
    const userEvents = new UserEvents(context, { broadcasts, delivery }, options);
    const queries = new Queries(context, { swim, broadcasts, recorder }, options);
    const healer = new PartitionHealer(context, { snapshot, recorder });
    const statuses = new MemberStatuses(context, {
      broadcasts,
      delivery,
      queries: queries.outgoing,
      coordinates,
      healer,
      swim,
    });
    const joiner = new Joiner(context, { statuses, operations, healer });
    delegate.connect({
      broadcasts,
      coordinates,
      statuses,
      conflicts: queries.conflicts,
      receiver: new MessageReceiver(context, broadcasts, { statuses, userEvents, queries }),
      stateExchange: new StateExchange(context, {
        statuses,
        userEvents,
        queryClock: queries.clock,
        joiner,
      }),
      operations,
    });

    this.#context = context;
    this.#encrypted = keyring !== undefined;
    this.#swim = swim;
    this.#operations = operations;
    this.#broadcasts = broadcasts;
    this.#recorder = recorder;
    this.#coordinates = coordinates;
    this.#delivery = delivery;
    this.#userEvents = userEvents;
    this.#queries = queries;
    this.#healer = healer;
    this.#statuses = statuses;
    this.#joiner = joiner;
    this.#lifecycle = new Lifecycle(context, {
      statuses,
      broadcasts,
      swim,
      operations,
      recorder,
      coordinates,
    });
    if (options.checkpoint !== undefined) this.#load(options.checkpoint);
  }

  /** Where this node is in its life. */
  get state(): SerfState {
    return this.#context.local.state;
  }

  /**
   * All members that we know, those that failed or left included, in no particular order. The array is the same until
   * one of them changes.
   */
  members(): readonly Member[] {
    return this.#context.members.all;
  }

  /** The member with this name. */
  member(name: string): Member | undefined {
    return this.#context.members.get(name)?.member;
  }

  /** All running suspicions. */
  suspicions(): SuspicionInfo[] {
    return this.#swim.suspicions();
  }

  /** How many packets gossip may send at once now; less than 0 is credit. */
  get gossipBudget(): number {
    return this.#swim.gossipBudget;
  }

  /** This node itself. */
  get local(): Member {
    const local = this.member(this.#context.config.name);
    if (local === undefined) throw new Error("Cannot describe the local member before the start");
    return local;
  }

  start(): void {
    const { config, world } = this.#context;
    this.#swim.start();
    world.after(config.reapIntervalMs, { type: "reap" });
    world.after(config.reconnectIntervalMs, { type: "reconnect" });
    world.after(config.queueCheckIntervalMs, { type: "check-queues" });
    if (this.#recorder) world.after(CLOCK_RECORD_INTERVAL_MS, { type: "record-clock" });
  }

  receive(from: Address, packet: Packet): void {
    if (!this.#runs) return;
    const { datagramLog } = this.#context;
    datagramLog.begin(from, packet.messages.length);
    this.#swim.receive(from, packet);
    datagramLog.end();
  }

  accept(from: Address, message: StreamMessage): StreamMessage | null {
    return this.#runs ? this.#swim.accept(from, message) : null;
  }

  reply(id: number, reply: Reply): void {
    if (this.#runs) this.#swim.reply(id, reply);
  }

  handle(timer: SerfTimer): void {
    if (!this.#runs) return;
    const { config, world } = this.#context;
    switch (timer.type) {
      case "reap":
        world.after(config.reapIntervalMs, timer);
        return this.#statuses.reap();
      case "reconnect":
        world.after(config.reconnectIntervalMs, timer);
        this.#joiner.reconnect();
        if (this.state === "alive") this.#joiner.heal();
        return;
      case "check-queues":
        world.after(config.queueCheckIntervalMs, timer);
        return this.#broadcasts.check();
      case "record-clock":
        world.after(CLOCK_RECORD_INTERVAL_MS, timer);
        return this.#recorder?.recordClock();
      case "coalesce":
        return this.#delivery.handle(timer);
      case "query-timeout":
        return this.#queries.outgoing.handleTimeout(timer.id);
      case "prune":
        return this.#statuses.finishPrune(timer.node);
      case "prune-done":
        return this.#context.done(timer.id);
      case "broadcast-done":
        return this.#broadcasts.handleDone(timer);
      case "send-pending-events":
        return this.#userEvents.sendPending();
      case "leave-propagated":
        return this.#lifecycle.handlePropagated();
      case "left":
        return this.#lifecycle.handleLeft();
      default:
        // All timers that remain are SWIM's, or this would not compile.
        return this.#swim.handle(timer);
    }
  }

  isStale(timer: SerfTimer): boolean {
    return timer.type === "gossip" && this.#swim.isStale(timer);
  }

  /** SWIM's latest claims about all nodes that it knows, this one included. */
  claims(): Iterable<Claim> {
    return this.#swim.claims();
  }

  /**
   * Makes this node a member of a cluster that formed long ago: all nodes of these claims have known of each other for
   * long. Simulations start large clusters so; real nodes join.
   */
  preload(claims: Iterable<Claim>): void {
    this.#swim.preload(claims);
  }

  /**
   * Joins a cluster by way of some of its members. With `ignoreOld`, user events from before the join are not delivered.
   * Ends in `joined`. Throws a `ClosedError` if this node leaves, has left or was shut down.
   */
  join(addresses: readonly Address[], options: { id: number; ignoreOld?: boolean }): void {
    if (this.state !== "alive") {
      throw new ClosedError("Serf can't Join after Leave or Shutdown");
    }
    this.#joiner.join(addresses, options);
  }

  /** Joins by way of a member in the snapshot, without a join intent. Ends in `joined`. */
  rejoin(address: Address, options: { id: number }): void {
    this.#joiner.rejoin(address, options);
  }

  /** Leaves for good. Ends in `done` after a second or more. A broadcast that takes too long is only logged. */
  leave(options: { id: number }): void {
    this.#userEvents.flushPending();
    this.#lifecycle.leave(options);
  }

  /**
   * Announces that a failed member has left, so that nobody tries to reach it any more; with `prune` it is erased at
   * once. A member that is alive refutes it. Ends in `done`.
   */
  forceLeave(name: string, options: { id: number; prune?: boolean }): void {
    this.#lifecycle.forceLeave(name, options);
  }

  /** Replaces our tags. Ends in `done`. Throws a `RangeError` if they take more than 512 bytes. */
  setTags(tags: Readonly<Record<string, string>>, { id }: { id: number }): void {
    const meta = encodeMeta(tags, this.#context.config.protocol);
    this.#context.local.tags = { ...tags };
    this.#operations.update(meta, (error) => this.#context.done(id, error));
  }

  /**
   * Sends a user event to all members, this one included. With `coalesce`, receivers may drop it in favour of a later
   * one of that name. Events that are sent faster than gossip carries them wait. Throws a `RangeError` if the event is
   * too large, and an `Error` if too many others wait.
   */
  userEvent(
    name: string,
    payload: Uint8Array | null,
    { coalesce = false }: { coalesce?: boolean } = {},
  ): void {
    this.#userEvents.send({ name, payload, coalesce });
  }

  /** How many of our user events wait to be sent. */
  get userEventsWaiting(): number {
    return this.#userEvents.pendingCount;
  }

  /**
   * Sends a query. Ends in `done`, after its `query-record`s. Throws a `RangeError` if the query is too large or an
   * option out of range, and an `Error` if our protocol version has no queries, or if it filters by tags before
   * expressions can be compiled.
   */
  query(
    name: string,
    payload: Uint8Array | null,
    { id, ...options }: QueryParameters & { id: number },
  ): void {
    this.#queries.outgoing.sendFor(id, { name, payload }, options);
  }

  /**
   * Responds to a query that was delivered. Throws a `RangeError` if the response is too large, and an `Error` if there
   * was one already or the deadline is over.
   */
  respond(query: { lTime: LamportTime; id: number }, payload: Uint8Array): void {
    this.#queries.responder.respond(query, payload);
  }

  /** Tells who has sent a query that was delivered why there is no response, if it wants to know. */
  failQuery(query: { lTime: LamportTime; id: number }, reason: string): void {
    this.#queries.responder.fail(query, reason);
  }

  /**
   * Changes or lists the keys of all members. `key` has the raw bytes, none for `list-keys`. Ends in `key-result`.
   * Throws what {@link SerfCore.query} throws.
   */
  keys(
    operation: KeyOperation,
    key: Uint8Array,
    { id, relayFactor }: { id: number; relayFactor?: number },
  ): void {
    this.#queries.keys.send({ operation, key, relayFactor }, (result) => {
      this.#context.world.emit({ type: "key-result", id, result });
    });
  }

  /** Whether expressions of tag filters can be compiled. */
  get compilesExpressions(): boolean {
    return this.#context.expressions.loaded;
  }

  /** Compiles an expression of a tag filter. Throws what the compiler throws, and an `Error` if there is none yet. */
  get compileExpression(): CompileExpression {
    return this.#context.expressions.compile;
  }

  /** From now on expressions can be compiled. Queries that waited for that are handled, then the events after them. */
  loadExpressions(compile: CompileExpression): void {
    if (this.#runs) this.#context.expressions.provide(compile);
  }

  /** The network coordinate of a member that was probed, or of this node. None at all if coordinates are off. */
  coordinate(name: string): Coordinate | undefined {
    return this.#coordinates?.get(name);
  }

  /**
   * What is known about why a member, or this node, is in its state. Times are the world's. `undefined` if there is nothing
   * about that name.
   */
  why(name: string): WhyReport | undefined {
    if (!isKnown(name, this.#context, this.#swim)) return undefined;
    return whyReport(name, this.#context, this.#swim);
  }

  /**
   * Asks all members how they see one of them. Ends in `why-answers`, without our own view. Throws what
   * {@link SerfCore.query} throws.
   */
  askWhy(name: string, { id }: { id: number }): void {
    this.#queries.why.send(name, (answers) => {
      this.#context.world.emit({ type: "why-answers", id, answers });
    });
  }

  /** The `serf` section of the agent's `info`. */
  stats(): Record<string, string> {
    const { clock, members } = this.#context;
    const figures = {
      ...(this.#coordinates && { coordinate_resets: this.#coordinates.resets }),
      encrypted: this.#encrypted,
      event_queue: this.#broadcasts.depth("event") + this.userEventsWaiting,
      event_time: this.#userEvents.clock.time,
      failed: members.failed.size,
      health_score: this.#swim.healthScore,
      intent_queue: this.#broadcasts.depth("intent"),
      left: members.left.size,
      member_time: clock.time,
      members: members.size,
      query_queue: this.#broadcasts.depth("query"),
      query_time: this.#queries.clock.time,
    };
    return Object.fromEntries(Object.entries(figures).map(([key, value]) => [key, `${value}`]));
  }

  /** Delivers the events that are held back, and stops: from now on this node ignores everything. */
  shutdown(): void {
    this.#context.expressions.release();
    if (!this.#lifecycle.shutdown()) return;
    this.#delivery.flush();
    this.#recorder?.recordClock();
  }

  get #runs(): boolean {
    return this.state !== "shutdown";
  }

  /**
   * All of the state of this node, from which another one goes on as this one does ({@link SerfCoreOptions.checkpoint}), but for
   * its timers, which are its host's. What is returned is in use: it is to be encoded before the next call. Callbacks cannot be
   * saved; where one waits for a stream, an operation or answers, this is `undefined`.
   *
   * Every class that has a state has this pair, `save` and `load`. Identity within what is saved matters: objects that two of
   * them share are shared again.
   */
  save(): SavedCore | undefined {
    const isQuiet = [
      this.#context.expressions,
      this.#swim,
      this.#operations,
      this.#broadcasts,
      this.#queries,
    ].every(({ isQuiet }) => isQuiet);
    if (!isQuiet) return undefined;
    return Object.fromEntries(
      Object.entries(this.#parts).map(([name, part]) => [name, part?.save()]),
    );
  }

  #load(saved: SavedCore): void {
    for (const [name, part] of Object.entries(this.#parts)) part?.load(saved[name] as never);
  }

  get #parts(): Readonly<Record<string, SavedPart | undefined>> {
    return {
      context: this.#context,
      swim: this.#swim,
      operations: this.#operations,
      broadcasts: this.#broadcasts,
      recorder: this.#recorder,
      coordinates: this.#coordinates,
      delivery: this.#delivery,
      userEvents: this.#userEvents,
      queries: this.#queries,
      healer: this.#healer,
      statuses: this.#statuses,
      lifecycle: this.#lifecycle,
    };
  }
}
