/**
 * The Serf machine: members with tags, user events and queries, on top of the membership machine.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import { ClosedError } from "../base/errors.ts";
import type { Machine } from "../base/world.ts";
import type { Delegate, SwimEvent } from "../swim/delegate.ts";
import { Swim } from "../swim/swim.ts";
import type { Coordinate } from "../api/coordinate.ts";
import type { Keyring } from "../wire/framing/keyring.ts";
import type { Claim, Packet, Reply, StreamMessage } from "../wire/messages/messages.ts";
import type { JoinIntent } from "../wire/messages/serf_messages.ts";
import { BroadcastNotifier } from "./broadcast_notifier.ts";
import { Broadcasts } from "./broadcasts.ts";
import { checkConfig, encodeMeta } from "./check_config.ts";
import { createContext, type SerfContext, type SerfTimer, type SerfWorld } from "./context.ts";
import type { MemberEvent, UserEvent } from "../api/event.ts";
import type { KeyOperation } from "../api/keys.ts";
import type { Member } from "../api/member.ts";
import type { QueryParameters } from "../api/query.ts";
import type { SerfConfig } from "./config.ts";
import type { SnapshotState } from "./snapshot/snapshot.ts";
import { CoordinateTracker } from "./coordinates/coordinate_tracker.ts";
import { EventDelivery } from "./events/event_delivery.ts";
import { Joiner } from "./members/joiner.ts";
import { LamportClock } from "./lamport.ts";
import { Lifecycle, type LifecycleState } from "./lifecycle.ts";
import { MemberStatuses } from "./members/member_statuses.ts";
import { MemberTable } from "./members/member_table.ts";
import { PartitionHealer } from "./members/partition_healer.ts";
import { MessageReceiver } from "./message_receiver.ts";
import { SwimOperations } from "./swim_operations.ts";
import { Queries } from "./queries/queries.ts";
import { EncodedMessage } from "./encoded_message.ts";
import { CLOCK_RECORD_INTERVAL_MS, SnapshotRecorder } from "./snapshot/snapshot_recorder.ts";
import { StateExchange } from "./state_exchange.ts";
import { swimConfig, SwimDelegate } from "./swim_delegate.ts";
import { UserEvents } from "./events/user_events.ts";

export type { SerfTimer, SerfWorld } from "./context.ts";
export type { LifecycleState } from "./lifecycle.ts";

/** What a machine may be given beside its settings. */
export interface SerfCoreOptions {
  /** The keys of an encrypted cluster, which key queries change. */
  readonly keyring?: Keyring;
  /** Stores the keyring, before a change is confirmed to who asked for it; what it throws, they are told. */
  readonly storeKeyring?: (keyring: Keyring) => void;
  /** What is known from before a restart. If it is given, even empty, `snapshot` entries are emitted. */
  readonly snapshot?: SnapshotState;
  /** Bytes that label and encryption add to a datagram. */
  readonly packetOverhead?: () => number;
}

/**
 * One node. {@link SerfCore.start} comes first, {@link SerfCore.shutdown} last: nothing that arrives after it
 * has any effect.
 *
 * Methods that take an `id` start an operation that ends with an output of that id, which may be emitted before the
 * method returns. Ids are the caller's; they need only be unique among the operations that are under way.
 */
export class SerfCore implements Machine<Packet, StreamMessage, Reply, SerfTimer> {
  readonly #context: SerfContext;
  readonly #keyring: Keyring | undefined;
  readonly #table: MemberTable;
  readonly #clock: LamportClock;
  readonly #operations = new SwimOperations();
  readonly #swim: Swim;
  readonly #broadcasts: Broadcasts;
  readonly #waits: BroadcastNotifier;
  readonly #recorder: SnapshotRecorder | undefined;
  readonly #coordinates: CoordinateTracker | undefined;
  readonly #delivery: EventDelivery;
  readonly #statuses: MemberStatuses;
  readonly #userEvents: UserEvents;
  readonly #queries: Queries;
  readonly #receiver: MessageReceiver;
  readonly #stateExchange: StateExchange;
  readonly #joins: Joiner;
  readonly #healer: PartitionHealer;
  readonly #lifecycle: Lifecycle;
  #tags: Readonly<Record<string, string>>;

  /** Throws a `RangeError` in the reference's words if a setting is out of range. */
  constructor(config: SerfConfig, world: SerfWorld, options: SerfCoreOptions = {}) {
    checkConfig(config);
    const { keyring, snapshot, packetOverhead = () => 0 } = options;
    const context = this.#context = createContext(config, world);
    this.#keyring = keyring;
    this.#tags = { ...config.tags };
    this.#table = new MemberTable(() => world.random());
    this.#clock = new LamportClock(snapshot?.clock);
    const swimSide = new SwimDelegate(world, (event) => this.#receiveEvent(event));
    this.#swim = new Swim(swimConfig(config, packetOverhead), swimSide, this.#delegate());
    this.#broadcasts = new Broadcasts(context, () => this.#table.size, this.#swim);
    this.#waits = new BroadcastNotifier(context, this.#broadcasts);
    this.#recorder = snapshot && new SnapshotRecorder(context, snapshot, this.#clock);
    this.#coordinates = config.coordinates ? new CoordinateTracker(context) : undefined;
    this.#delivery = new EventDelivery(context);
    this.#statuses = this.#makeStatuses();
    this.#userEvents = new UserEvents(context, {
      clock: new LamportClock(snapshot?.eventClock),
      minTime: snapshot === undefined ? 0 : snapshot.eventClock + 1,
      broadcasts: this.#broadcasts,
      hasCompany: () => this.#table.hasAliveBeside(config.name),
      deliver: (event) => this.#deliver(event),
    });
    this.#queries = this.#makeQueries(options);
    this.#receiver = new MessageReceiver(context, {
      statuses: this.#statuses,
      userEvents: this.#userEvents,
      queries: this.#queries,
      broadcasts: this.#broadcasts,
    });
    this.#healer = new PartitionHealer(context, this.#table, snapshot?.alive);
    this.#joins = new Joiner(context, {
      table: this.#table,
      healer: this.#healer,
      exchange: ({ address, name }, then) =>
        this.#swim.join(address, this.#operations.begin(then), { node: name }),
      announce: () => this.#broadcastIntent(this.#statuses.announceSelf()),
    });
    this.#stateExchange = new StateExchange(context, {
      clock: this.#clock,
      queryClock: this.#queries.clock,
      table: this.#table,
      statuses: this.#statuses,
      userEvents: this.#userEvents,
      ignoresOldEvents: () => this.#joins.ignoresOldEvents,
    });
    this.#lifecycle = this.#makeLifecycle();
  }

  /** Where this node stands in its life. */
  get state(): LifecycleState {
    return this.#lifecycle.state;
  }

  /**
   * All members we know of, those that failed or left included, in no particular order. The same array until one of them
   * changes.
   */
  members(): readonly Member[] {
    return this.#table.members;
  }

  /** The member of a name. */
  member(name: string): Member | undefined {
    return this.#table.get(name)?.member;
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
    if (this.#runs) this.#swim.receive(from, packet);
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
        this.#joins.reconnect();
        if (this.state === "alive") this.#joins.heal();
        return;
      case "check-queues":
        world.after(config.queueCheckIntervalMs, timer);
        return this.#broadcasts.check();
      case "record-clock":
        world.after(CLOCK_RECORD_INTERVAL_MS, timer);
        return this.#recorder?.recordClock();
      case "coalesce":
        return this.#delivery.handle(timer);
      case "query-over":
        return this.#queries.asker.handleTimeout(timer.id);
      case "prune":
        return this.#statuses.finishPrune(timer.node);
      case "pruned":
        return this.#context.done(timer.id);
      case "broadcast-over":
        return this.#waits.handle(timer);
      case "release-events":
        return this.#userEvents.release();
      case "leave-spread":
        return this.#lifecycle.handleSpread();
      case "left":
        return this.#lifecycle.handleLeft();
      default:
        // The type of `timer` is that of the membership layer's timers here, or it would not compile.
        return this.#swim.handle(timer);
    }
  }

  /** The membership layer's latest claims about all nodes that it knows, ourselves included. */
  claims(): Iterable<Claim> {
    return this.#swim.claims();
  }

  /**
   * Makes us a member of a cluster whose living members, by these claims, have known of each other and of us for long.
   * This is how simulations start with a large cluster; real nodes join.
   */
  preload(claims: Iterable<Claim>): void {
    this.#swim.preload(claims);
  }

  /**
   * Joiner a cluster by way of some of its members, and announces us to it. With `ignoreOld`, user events from before the
   * join are not delivered. Ends in `joined`. Throws a `ClosedError` if we have left or are about to.
   */
  join(addresses: readonly Address[], options: { id: number; ignoreOld?: boolean }): void {
    if (this.state !== "alive") {
      throw new ClosedError("Serf can't Join after Leave or Shutdown");
    }
    this.#joins.join(addresses, options);
  }

  /** Joiner by way of a member known from a snapshot, without an announcement. Ends in `joined`. */
  rejoin(address: Address, options: { id: number }): void {
    this.#joins.rejoin(address, options);
  }

  /** Leaves for good. Ends in `done`, after a second or more; what the broadcasts take too long for is only logged. */
  leave(options: { id: number }): void {
    this.#userEvents.releaseAll();
    this.#lifecycle.leave(options);
  }

  /**
   * Says on behalf of a failed member that it has left, so that nobody tries it again; with `prune` it is forgotten at
   * once. A live member refutes. Ends in `done`.
   */
  forceLeave(name: string, options: { id: number; prune?: boolean }): void {
    this.#lifecycle.forceLeave(name, options);
  }

  /** Replaces our tags. Ends in `done`. Throws a `RangeError` if they take more than 512 bytes. */
  setTags(tags: Readonly<Record<string, string>>, { id }: { id: number }): void {
    const { protocol, broadcastTimeoutMs } = this.#context.config;
    const meta = encodeMeta(tags, protocol);
    this.#tags = { ...tags };
    const operation = this.#operations.begin((error) => this.#context.done(id, error));
    this.#swim.update(meta, { id: operation, timeoutMs: broadcastTimeoutMs });
  }

  /**
   * Sends a user event to all members, ourselves included. With `coalesce`, receivers may drop it in favour of a later one
   * of that name. When events are sent faster than gossip carries them, they wait for their turn. Throws a `RangeError` if
   * the event is too large, and an `Error` if too many others wait.
   */
  userEvent(
    name: string,
    payload: Uint8Array | null,
    { coalesce = false }: { coalesce?: boolean } = {},
  ): void {
    this.#userEvents.send({ name, payload, coalesce });
  }

  /** How many of our user events wait for their turn. */
  get userEventsWaiting(): number {
    return this.#userEvents.waiting;
  }

  /**
   * Asks members. Ends in `done`, after its `query-record`s. Throws a `RangeError` if the query is too large or an option
   * out of range, and an `Error` if our protocol version has no queries.
   */
  query(
    name: string,
    payload: Uint8Array | null,
    { id, ...options }: QueryParameters & { id: number },
  ): void {
    const { world } = this.#context;
    this.#queries.asker.ask({ name, payload }, options, {
      record: (record) => world.emit({ type: "query-record", id, record }),
      over: () => this.#context.done(id),
    });
  }

  /**
   * Answers a query that was delivered to us. Throws a `RangeError` if the answer is too large, and an `Error` if there
   * was one already or it comes too late.
   */
  respond(query: { lTime: number; id: number }, payload: Uint8Array): void {
    this.#queries.responder.respond(query, payload);
  }

  /**
   * Changes or lists the keys of all members. `key` has the raw bytes, none for `list-keys`. Ends in `key-result`. Throws
   * what {@link SerfCore.query} throws.
   */
  keys(
    operation: KeyOperation,
    key: Uint8Array,
    { id, relayFactor }: { id: number; relayFactor?: number },
  ): void {
    this.#queries.requestKeys({ operation, key, relayFactor }, (result) => {
      this.#context.world.emit({ type: "key-result", id, result });
    });
  }

  /** Where a member stands in the network, if it was probed; always known of ourselves unless coordinates are off. */
  coordinate(name: string): Coordinate | undefined {
    return this.#coordinates?.get(name);
  }

  /** Figures for operators: the `serf` section of the agent's `info`. */
  stats(): Record<string, string> {
    const figures = {
      ...(this.#coordinates && { coordinate_resets: this.#coordinates.resets }),
      encrypted: this.#keyring !== undefined,
      event_queue: this.#broadcasts.depth("event") + this.userEventsWaiting,
      event_time: this.#userEvents.clock.time,
      failed: this.#table.failed.size,
      health_score: this.#swim.healthScore,
      intent_queue: this.#broadcasts.depth("intent"),
      left: this.#table.left.size,
      member_time: this.#clock.time,
      members: this.#table.size,
      query_queue: this.#broadcasts.depth("query"),
      query_time: this.#queries.clock.time,
    };
    return Object.fromEntries(Object.entries(figures).map(([key, value]) => [key, `${value}`]));
  }

  /** Delivers what was held back, and stops: from now on the machine ignores everything. */
  shutdown(): void {
    if (!this.#lifecycle.shutdown()) return;
    this.#delivery.flush();
    this.#recorder?.recordClock();
  }

  get #runs(): boolean {
    return this.#lifecycle.state !== "shutdown";
  }

  #delegate(): Delegate {
    return {
      broadcasts: (overhead, limit, to) => this.#broadcasts.take(overhead, limit, to),
      waitingBytes: (overhead) => this.#broadcasts.waitingBytes(overhead),
      localState: () => this.#stateExchange.localState(),
      ackPayload: () => this.#coordinates?.ackPayload() ?? null,
    };
  }

  #makeStatuses(): MemberStatuses {
    return new MemberStatuses(this.#context, {
      table: this.#table,
      clock: this.#clock,
      effects: {
        report: (event) => this.#deliver(event),
        refute: (intent) => this.#broadcastIntent(intent),
        leftUnknown: (name) => this.#healer.forget(name),
        forget: (name) => this.#coordinates?.forget(name),
        isAlive: () => this.state === "alive",
      },
    });
  }

  #makeQueries({ storeKeyring, snapshot }: SerfCoreOptions): Queries {
    return new Queries(this.#context, {
      table: this.#table,
      broadcasts: this.#broadcasts,
      keyring: this.#keyring,
      storeKeyring,
      snapshot,
      recorder: this.#recorder,
      send: (to, body) => this.#swim.sendUser(to, body),
      aliveCount: () => this.#swim.aliveCount,
      tags: () => this.#tags,
    });
  }

  #makeLifecycle(): Lifecycle {
    const { broadcastTimeoutMs } = this.#context.config;
    return new Lifecycle(this.#context, {
      waits: this.#waits,
      table: this.#table,
      statuses: this.#statuses,
      recorder: this.#recorder,
      send: (to, body) => this.#swim.sendUser(to, body),
      drain: () => this.#swim.drain(),
      leaveSwim: (then) => {
        const id = this.#operations.begin(then);
        this.#swim.leave({ id, timeoutMs: broadcastTimeoutMs });
      },
    });
  }

  #receiveEvent(event: SwimEvent): void {
    switch (event.type) {
      case "node-join":
        return this.#statuses.joined(event.claim);
      case "node-leave":
        return this.#statuses.gone(event.claim);
      case "node-update":
        return this.#statuses.updated(event.claim);
      case "conflict":
        return this.#queries.vote.handle(event);
      case "user-message":
        return this.#receiver.receive(event.from, event.body);
      case "remote-state":
        return this.#stateExchange.merge(event.state, event.join);
      case "ping-ack":
        return this.#coordinates?.observe(event);
      case "done":
        return this.#operations.end(event.id, event.error);
      case "log":
        return this.#context.world.emit(event);
      default:
        event satisfies never;
    }
  }

  #deliver(event: MemberEvent | UserEvent): void {
    this.#recorder?.recordEvent(event);
    this.#delivery.deliver(event);
    if (event.type !== "user") this.#healer.observe(event);
    if (event.type === "member-failed" || event.type === "member-leave") {
      for (const { name } of event.members) this.#queries.asker.excuse(name);
    }
  }

  #broadcastIntent(intent: JoinIntent): void {
    this.#broadcasts.queue("intent", new EncodedMessage(intent));
  }
}
