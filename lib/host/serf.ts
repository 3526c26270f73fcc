/**
 * A member of a Serf cluster, in this process.
 *
 * @module
 */

import { toBytes } from "../base/bytes.ts";
import type { Address } from "../base/address.ts";
import { ClosedError, TimeoutError } from "../base/errors.ts";
import { abortable } from "../base/abortable.ts";
import { Subscription } from "../base/subscription.ts";
import { QueryEvent, type SerfEvent } from "../api/event.ts";
import { KeyManager } from "../api/keys.ts";
import type { JoinOptions } from "../api/options.ts";
import type { Member } from "../api/member.ts";
import type { QueryOptions, QueryRecord } from "../api/query.ts";
import type { IncomingQuery, SerfOutput } from "../serf/output.ts";
import { SerfCore, type SerfTimer } from "../serf/core.ts";
import type { Coordinate } from "../api/coordinate.ts";
import { packetOverhead } from "../wire/framing/packet.ts";
import { Driver } from "./driver.ts";
import { type Foundation, layFoundation } from "./foundation.ts";
import { joinTargets } from "./join.ts";
import { type Ending, Operations } from "./operations.ts";
import { rejoin } from "./rejoin.ts";
import type { SerfOptions } from "./serf_options.ts";

/** Where an instance stands in its life. */
export type SerfState = "alive" | "leaving" | "left" | "shutdown";

/** How an instance ended: after a leave, without one, or because another node has a better claim to its name. */
export interface SerfClosed {
  /** After a leave, without one, or because of the name. */
  readonly reason: "left" | "shutdown" | "conflict";
}

/**
 * One member of a cluster. Several may live in one process, each with a name and an address of its own.
 *
 * ```ts ignore
 * import { Serf } from "@serf-deno/serf";
 *
 * await using serf = await Serf.create({ name: "web-1", tags: { role: "web" } });
 * await serf.join(["10.0.0.1", "10.0.0.2"], { signal: AbortSignal.timeout(5_000) });
 *
 * for await (const event of serf.events()) {
 *   if (event.type === "member-failed") console.warn("lost", event.members.map((m) => m.name));
 *   if (event.type === "query" && event.name === "load") event.respond(`${Deno.loadavg()[0]}`);
 * }
 * ```
 */
export class Serf implements AsyncDisposable {
  /** The keys of an encrypted cluster. */
  readonly keys: KeyManager;
  /** Resolves when the instance has ended and holds no socket, timer or file any more. */
  readonly closed: Promise<SerfClosed>;
  readonly #foundation: Foundation;
  readonly #driver: Driver<SerfTimer, SerfOutput>;
  readonly #core: SerfCore;
  readonly #operations = new Operations();
  readonly #subscriptions = new Set<Subscription<SerfEvent>>();
  readonly #end: (ended: SerfClosed) => void;
  #closing = false;

  private constructor(foundation: Foundation, options: SerfOptions) {
    const { config, wire, transport, snapshot, log } = foundation;
    this.#foundation = foundation;
    this.#driver = new Driver({ transport, log, deliver: (output) => this.#deliver(output) });
    this.#core = new SerfCore(config, this.#driver, {
      keyring: wire.keyring,
      storeKeyring: options.onKeyringChange,
      snapshot: snapshot?.recovered,
      packetOverhead: () => packetOverhead(wire),
    });
    const { promise, resolve } = Promise.withResolvers<SerfClosed>();
    this.closed = promise;
    this.#end = resolve;
    this.keys = new KeyManager(async (operation, key, { relayFactor }) => {
      const bytes = typeof key === "string" ? Uint8Array.fromBase64(key) : key;
      const { result } = await this.#run(
        "key-result",
        (id) => this.#core.keys(operation, bytes, { id, relayFactor }),
      );
      return result;
    });
  }

  /**
   * Starts a member, alone at first. Rejects with a `TypeError` or `RangeError` for a bad option, and with an `Error`
   * whose `cause` is the system's error if the port is taken or the snapshot cannot be opened.
   *
   * ```ts
   * await using serf = await Serf.create({ bind: "127.0.0.1:0", profile: "local", log: console.log });
   * ```
   */
  static async create(options: SerfOptions = {}): Promise<Serf> {
    const foundation = await layFoundation(options);
    let serf: Serf;
    try {
      serf = new Serf(foundation, options);
    } catch (error) {
      await Promise.all([foundation.transport.close(), foundation.snapshot?.close()]);
      throw error;
    }
    serf.#driver.start(serf.#core);
    serf.#rejoin();
    return serf;
  }

  /** This member's name. */
  get name(): string {
    return this.#foundation.config.name;
  }

  /** The address that is announced to others. */
  get address(): Address {
    return this.#foundation.config.address;
  }

  /** Where this instance listens, with the real port. */
  get bindAddress(): Address {
    return this.#foundation.transport.address;
  }

  /** Whether traffic is encrypted. */
  get encrypted(): boolean {
    return this.#foundation.wire.keyring !== undefined;
  }

  /** Where this instance stands in its life. */
  get state(): SerfState {
    return this.#closing ? "shutdown" : this.#core.state;
  }

  /** This member as it sees itself. */
  get local(): Member {
    return this.#core.local;
  }

  /** This member's tags. */
  get tags(): Readonly<Record<string, string>> {
    return this.#core.local.tags;
  }

  /**
   * All members, those included that have failed or left and are not forgotten yet.
   *
   * ```ts
   * await using serf = await Serf.create({ name: "web-1", bind: "127.0.0.1:0" });
   * const alive = serf.members().filter(({ status }) => status === "alive");
   * console.log(alive.map(({ name, address }) => `${name} ${address}`));
   * ```
   */
  members(): readonly Member[] {
    return this.#core.members();
  }

  /** The member of that name, if there is one. */
  member(name: string): Member | undefined {
    return this.#core.member(name);
  }

  /**
   * Joins the cluster of other members, given as `host[:port]`. One is enough, more make it safer; a name may stand for
   * many addresses, all of which are contacted. Resolves to the number of members reached.
   *
   * Rejects with a `JoinError` if there are addresses and none was reached, with the signal's reason, and with a
   * `ClosedError` after a leave or shutdown.
   *
   * ```ts
   * await using seed = await Serf.create({ name: "seed", bind: "127.0.0.1:0" });
   * await using serf = await Serf.create({ name: "web-1", bind: "127.0.0.2:0" });
   * const reached = await serf.join([`127.0.0.1:${seed.address.port}`]);
   * console.log(`reached ${reached}, now ${serf.members().length} members`);
   * ```
   */
  async join(addresses: readonly string[], options: JoinOptions = {}): Promise<number> {
    const { replay = false, signal } = options;
    signal?.throwIfAborted();
    this.#requireAlive();
    const joining = joinTargets(addresses, {
      defaultPort: this.bindAddress.port,
      log: this.#foundation.log,
      contact: (resolved) =>
        this.#run("joined", (id) => this.#core.join(resolved, { id, ignoreOld: !replay })),
    });
    return await abortable(joining, signal);
  }

  /**
   * Leaves the cluster in good order, so that the others list this member as left and not as failed. Resolves when the
   * news has been spread, after one to two seconds; {@link shutdown} should follow. Leaving again does nothing.
   *
   * Rejects with a `ClosedError` while an earlier leave is running, and after a shutdown.
   *
   * ```ts
   * await using serf = await Serf.create({ name: "web-1", bind: "127.0.0.1:0" });
   * await serf.leave();
   * await serf.shutdown();
   * ```
   */
  async leave(): Promise<void> {
    await this.#confirm((id) => this.#core.leave({ id }), ClosedError);
  }

  /**
   * Declares that a failed member has left, so that nobody tries to reach it any more. With `prune` all members forget
   * it at once. A member that is alive refutes it. Rejects with a `TimeoutError` if the news could not be spread.
   *
   * ```ts
   * await using serf = await Serf.create({ name: "web-1", bind: "127.0.0.1:0" });
   * await serf.forceLeave("web-7", { prune: true });
   * ```
   */
  async forceLeave(name: string, options: { readonly prune?: boolean } = {}): Promise<void> {
    await this.#confirm((id) => this.#core.forceLeave(name, { id, prune: options.prune }));
  }

  /**
   * Replaces this member's tags and resolves when the others have been told. Rejects with a `RangeError`, without any
   * effect, if they are more than 512 bytes in encoded form, and with a `TimeoutError` if the news could not be spread.
   *
   * ```ts
   * await using serf = await Serf.create({ name: "web-1", bind: "127.0.0.1:0" });
   * await serf.setTags({ ...serf.tags, version: "2" });
   * ```
   */
  async setTags(tags: Readonly<Record<string, string>>): Promise<void> {
    await this.#confirm((id) => this.#core.setTags({ ...tags }, { id }));
  }

  /**
   * Sends a user event to all members, this one included. Text is sent as UTF-8. With `coalesce` receivers that fall
   * behind may keep only the latest event of a name. Throws a `RangeError` if name and payload are too large, a
   * `ClosedError` after a shutdown, and an `Error` if more events wait for their turn than a queue may hold (4,096 unless
   * `maxQueueDepth` says otherwise).
   *
   * ```ts
   * await using serf = await Serf.create({ name: "web-1", bind: "127.0.0.1:0" });
   * serf.userEvent("deploy", "v1.2.3");
   * ```
   */
  userEvent(
    name: string,
    payload: Uint8Array | string | null = null,
    options: { readonly coalesce?: boolean } = {},
  ): void {
    this.#call(() => this.#core.userEvent(name, toBytes(payload), options));
  }

  /** How many of our user events wait for their turn, because they were sent faster than gossip carries them. */
  get userEventsWaiting(): number {
    return this.#closing ? 0 : this.#core.userEventsWaiting;
  }

  /**
   * Asks all members, or some of them, and returns at once what will receive their acks and answers; it ends when the
   * query is over. Throws a `RangeError` if the query is too large, and a `ClosedError` after a shutdown.
   *
   * ```ts
   * await using serf = await Serf.create({ name: "web-1", bind: "127.0.0.1:0" });
   * for await (const record of serf.query("load", null, { tags: { role: "web" } })) {
   *   if (record.type === "response") console.log(record.from, record.payload);
   * }
   * ```
   */
  query(
    name: string,
    payload: Uint8Array | string | null = null,
    options: QueryOptions = {},
  ): Subscription<QueryRecord> {
    // Room for an ack and an answer of everybody, so that a slow reader loses none.
    const capacity = Math.max(1_024, 2 * this.members().length);
    return this.#operations.query(
      (id) => this.#call(() => this.#core.query(name, toBytes(payload), { ...options, id })),
      capacity,
    );
  }

  /**
   * What happens from now on: members that come, go and change, user events, and queries to be answered. What the reader
   * does not take in time is kept up to `capacity` (1024 by default), then dropped and counted. It ends with the
   * instance.
   *
   * ```ts
   * await using serf = await Serf.create({ name: "web-1", bind: "127.0.0.1:0" });
   * using events = serf.events();
   * serf.userEvent("hello");
   * for await (const event of events) {
   *   if (event.type === "user" && event.name === "hello") break;
   * }
   * ```
   */
  events(options: { readonly capacity?: number } = {}): Subscription<SerfEvent> {
    const events: Subscription<SerfEvent> = new Subscription({
      ...options,
      onClose: () => this.#subscriptions.delete(events),
    });
    if (this.#closing) events.close();
    else this.#subscriptions.add(events);
    return events;
  }

  /**
   * Counters, in the words of `serf info`: `members`, `failed`, `left`, `health_score`, clocks and queues.
   *
   * ```ts
   * await using serf = await Serf.create({ name: "web-1", bind: "127.0.0.1:0" });
   * console.log(`health score ${serf.stats().health_score}`);
   * ```
   */
  stats(): Record<string, string> {
    return this.#core.stats();
  }

  /**
   * Where a member stands in the network, if it is known; the distance of two is their estimated round-trip time.
   *
   * ```ts
   * await using serf = await Serf.create({ name: "web-1", bind: "127.0.0.1:0" });
   * console.log(serf.coordinate("web-1")?.vec);
   * ```
   */
  coordinate(name: string): Coordinate | undefined {
    return this.#core.coordinate(name);
  }

  /**
   * Ends the instance at once. Without a {@link leave} before it the others will find that this member has failed.
   * Resolves when nothing is left open. Calling it again has no further effect.
   *
   * ```ts
   * const serf = await Serf.create({ name: "web-1", bind: "127.0.0.1:0" });
   * await serf.shutdown();
   * console.log((await serf.closed).reason); // "shutdown"
   * ```
   */
  async shutdown(): Promise<void> {
    this.#close(this.#core.state === "left" ? "left" : "shutdown");
    await this.closed;
  }

  /** Same as {@link shutdown}: the end of a scope is no time for a slow farewell. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  async #close(reason: SerfClosed["reason"]): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    this.#driver.call(() => this.#core.shutdown());
    this.#operations.close(new ClosedError("Serf was shut down"));
    for (const events of [...this.#subscriptions]) events.close();
    await this.#driver.close();
    await this.#foundation.snapshot?.close();
    this.#end({ reason });
  }

  /** Called by the driver with what the machine has to say. */
  #deliver(output: SerfOutput): void {
    switch (output.type) {
      case "log":
        return this.#foundation.log(output.level, output.text);
      case "snapshot":
        return this.#foundation.snapshot?.add(output.entry);
      case "query-record":
        return this.#operations.record(output);
      case "joined":
      case "done":
      case "key-result":
        return this.#operations.end(output);
      case "shutdown":
        this.#close("conflict");
        return;
      case "query":
        return this.#publish(
          new QueryEvent(output, (payload) => this.#respond(output, payload)),
        );
      default:
        this.#publish(output);
    }
  }

  #publish(event: SerfEvent): void {
    for (const events of this.#subscriptions) events.push(event);
  }

  #respond(query: IncomingQuery, payload: Uint8Array): void {
    this.#call(() => this.#core.respond(query, payload));
  }

  /** Looks for the cluster that the snapshot remembers, in the background. */
  #rejoin(): void {
    const { config, snapshot, log } = this.#foundation;
    rejoin(snapshot?.recovered.alive ?? new Map(), {
      self: config.name,
      log,
      contact: async (address) => {
        const { count } = await this.#run("joined", (id) => this.#core.rejoin(address, { id }));
        return count > 0;
      },
    }).catch(() => {
      // Shut down meanwhile: there is nothing to rejoin for.
    });
  }

  #call<Result>(run: () => Result): Result {
    if (this.#closing) throw new ClosedError("Serf was shut down");
    return this.#driver.call(run);
  }

  #run<Type extends Ending["type"]>(
    type: Type,
    start: (id: number) => void,
  ): Promise<Extract<Ending, { type: Type }>> {
    return this.#operations.run(type, (id) => this.#call(() => start(id)));
  }

  /** Runs an operation that only succeeds or fails. */
  async #confirm(
    start: (id: number) => void,
    Failure: new (message: string) => Error = TimeoutError,
  ): Promise<void> {
    const { error } = await this.#run("done", start);
    if (error !== undefined) throw new Failure(error);
  }

  #requireAlive(): void {
    if (this.state !== "alive") throw new ClosedError("Serf can't Join after Leave or Shutdown");
  }
}
