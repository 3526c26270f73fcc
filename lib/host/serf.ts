/**
 * A member of a Serf cluster, in this process.
 *
 * @module
 */

import {
  checkMemberFilter,
  checkNumber,
  checkOptions,
  checkPayload,
  checkQuery,
  checkTagChange,
  checkText,
  checkTextMap,
  checkTexts,
  refuse,
} from "../api/arguments.ts";
import type { Coordinate } from "../api/coordinate.ts";
import type { EventOf, EventType } from "../api/event.ts";
import { parseEventFilter } from "../api/event_filter.ts";
import type { KeyManager } from "../api/keys.ts";
import type { Member, MemberFilter } from "../api/member.ts";
import {
  type CallOptions,
  type EventsOptions,
  type ForceLeaveOptions,
  type JoinOptions,
  OPTION_NAMES,
  type UserEventOptions,
} from "../api/options.ts";
import type { Payload } from "../api/payload.ts";
import type { Query, QueryOptions } from "../api/query.ts";
import type { SerfClosed, SerfState } from "../api/serf_state.ts";
import { parseStats, type SerfStats } from "../api/stats.ts";
import { applyTagChange, type TagChange } from "../api/tag_change.ts";
import type { ClusterExplanation } from "../api/why/compare.ts";
import { explain, type Explanation } from "../api/why/story.ts";
import { abortable } from "../base/abortable.ts";
import type { Address } from "../base/address.ts";
import { showAs } from "../base/inspect.ts";
import { compileExpression } from "../go/regexp.ts";
import type { Subscription } from "../base/subscription.ts";
import { checkQueryFilters } from "../serf/queries/filters.ts";
import { filterMembers } from "./member_filter.ts";
import { RunningNode } from "./running_node.ts";
import type { SerfOptions } from "./serf_options.ts";

/**
 * One member of a cluster. Several may live in one process, each with a name and an address of its own.
 *
 * ```ts ignore
 * import { Serf } from "@serf-deno/serf";
 *
 * await using serf = await Serf.create({ name: "web-1", tags: { role: "web" } });
 * await serf.join(["10.0.0.1", "10.0.0.2"], { signal: AbortSignal.timeout(5_000) });
 *
 * for await (const event of serf.events({ types: ["member-failed", "query:load"] })) {
 *   if (event.type === "query") await event.respond(`${Deno.loadavg()[0]}`);
 *   else console.warn("lost", event.members.map(({ name }) => name));
 * }
 * ```
 *
 * A wrong argument makes every method throw or reject with a `TypeError`, or a `RangeError` for one out of range, that
 * names the argument, what was got and what was expected. After a {@link shutdown} they fail with a `ClosedError`.
 *
 * If another node has the same name, the other members vote. The loser is shut down: {@link closed} resolves with the
 * reason `conflict`, and what is under way (operations, and the readers of {@link events} and queries) fails with a
 * `ClosedError` that says so.
 */
export class Serf implements AsyncDisposable {
  /** The keys of an encrypted cluster. */
  readonly keys: KeyManager;
  /** Resolves when the instance has ended and holds no socket, timer or file any more. */
  readonly closed: Promise<SerfClosed>;
  readonly #node: RunningNode;
  readonly #leaveOnDispose: boolean;
  #leaving: Promise<void> | undefined;

  static {
    showAs(this, (serf) => ({
      name: serf.name,
      address: serf.address.text,
      state: serf.state,
      members: serf.members().length,
    }));
  }

  private constructor(node: RunningNode, options: SerfOptions) {
    this.#node = node;
    this.#leaveOnDispose = options.leaveOnDispose ?? false;
    this.keys = node.keys;
    this.closed = node.closed;
  }

  /**
   * Starts a member, alone at first. Rejects with a `TypeError` or `RangeError` for a bad option, with the signal's reason,
   * and with an `Error` whose `cause` is the system's error if the port is taken or the snapshot cannot be opened.
   *
   * ```ts
   * await using serf = await Serf.create({ bind: "127.0.0.1:0", profile: "local", log: console.log });
   * ```
   */
  static async create(options: SerfOptions = {}): Promise<Serf> {
    return new Serf(await RunningNode.start(options, { compileExpression }), options);
  }

  /** This member's name. */
  get name(): string {
    return this.#node.config.name;
  }

  /** The address that is announced to others. */
  get address(): Address {
    return this.#node.config.address;
  }

  /** Where this instance listens, with the real port. */
  get bindAddress(): Address {
    return this.#node.bindAddress;
  }

  /** Whether traffic is encrypted. */
  get encrypted(): boolean {
    return this.#node.encrypted;
  }

  /** Where this instance stands in its life. */
  get state(): SerfState {
    return this.#node.state;
  }

  /** This member as it sees itself. */
  get local(): Member {
    return this.#node.local;
  }

  /** This member's tags. */
  get tags(): Readonly<Record<string, string>> {
    return this.#node.local.tags;
  }

  /**
   * All members, those included that have failed or left and are not forgotten yet, or those that match a filter.
   *
   * ```ts
   * await using serf = await Serf.create({ name: "web-1", bind: "127.0.0.1:0" });
   * const alive = serf.members({ status: "alive" });
   * console.log(alive.map(({ name, address }) => `${name} ${address}`));
   * ```
   */
  members(filter: MemberFilter = {}): readonly Member[] {
    checkMemberFilter(filter);
    return filterMembers(this.#node.core.members(), filter, compileExpression);
  }

  /** The member of that name, if there is one. */
  member(name: string): Member | undefined {
    return this.#node.core.member(name);
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
    checkTexts("addresses", addresses, "10.0.0.1:7946");
    checkOptions(options, OPTION_NAMES.join);
    const { replay = false, signal } = options;
    signal?.throwIfAborted();
    return await abortable(this.#node.join(addresses, { replay }), signal);
  }

  /**
   * Leaves the cluster in good order, so that the others list this member as left and not as failed. Resolves when the
   * news has been spread, after a second or two; {@link shutdown} should follow. Leaving again does nothing.
   *
   * Rejects with a `ClosedError` while an earlier leave is running, and with the signal's reason; the leave then goes on.
   *
   * ```ts
   * await using serf = await Serf.create({ name: "web-1", bind: "127.0.0.1:0" });
   * await serf.leave();
   * await serf.shutdown();
   * ```
   */
  async leave(options: CallOptions = {}): Promise<void> {
    checkOptions(options, OPTION_NAMES.call);
    options.signal?.throwIfAborted();
    const leaving = this.#node.leave();
    this.#leaving ??= leaving;
    await abortable(leaving, options.signal);
  }

  /**
   * Declares that a failed member has left, so that nobody tries to reach it any more. With `prune` all members forget
   * it at once. A member that is alive refutes it. Rejects with a `TimeoutError` if the news could not be spread, and with
   * the signal's reason.
   *
   * ```ts
   * await using serf = await Serf.create({ name: "web-1", bind: "127.0.0.1:0" });
   * await serf.forceLeave("web-7", { prune: true });
   * ```
   */
  async forceLeave(name: string, options: ForceLeaveOptions = {}): Promise<void> {
    checkText("name", name);
    checkOptions(options, OPTION_NAMES.forceLeave);
    const { prune = false, signal } = options;
    signal?.throwIfAborted();
    await abortable(this.#node.forceLeave(name, { prune }), signal);
  }

  /**
   * Replaces this member's tags and resolves when the others have been told. Rejects with a `RangeError`, without any
   * effect, if they are more than 512 bytes in encoded form, with a `TimeoutError` if the news could not be spread, and
   * with the signal's reason; the tags are changed then.
   *
   * ```ts
   * await using serf = await Serf.create({ name: "web-1", bind: "127.0.0.1:0" });
   * await serf.setTags({ role: "web", version: "2" });
   * ```
   */
  async setTags(
    tags: Readonly<Record<string, string>>,
    options: CallOptions = {},
  ): Promise<void> {
    checkTextMap("tags", tags);
    checkOptions(options, OPTION_NAMES.call);
    options.signal?.throwIfAborted();
    await abortable(this.#node.setTags(tags), options.signal);
  }

  /**
   * Adds, replaces and removes some of this member's tags, as {@link setTags} does all of them.
   *
   * ```ts
   * await using serf = await Serf.create({ bind: "127.0.0.1:0", tags: { role: "web", version: "1" } });
   * await serf.updateTags({ set: { version: "2" }, delete: ["role"] });
   * console.log(serf.tags); // { version: "2" }
   * ```
   */
  async updateTags(change: TagChange, options: CallOptions = {}): Promise<void> {
    checkTagChange(change);
    await this.setTags(applyTagChange(this.tags, change), options);
  }

  /**
   * Sends a user event to all members, this one included. Throws a `RangeError` if name and payload are too large (512
   * bytes, unless `userEventSizeLimit` says otherwise), and an `Error` if more events wait for their turn than a queue may
   * hold (4,096, unless `maxQueueDepth` says otherwise).
   *
   * ```ts
   * await using serf = await Serf.create({ name: "web-1", bind: "127.0.0.1:0" });
   * serf.userEvent("deploy", "v1.2.3", { coalesce: true });
   * ```
   */
  userEvent(name: string, payload: Payload = null, options: UserEventOptions = {}): void {
    checkText("name", name);
    checkPayload(payload);
    checkOptions(options, OPTION_NAMES.userEvent);
    this.#node.userEvent(name, payload, { coalesce: options.coalesce ?? false });
  }

  /**
   * Asks all members, or some of them, and returns at once what will receive their acks and answers; it ends when the
   * query is over. Throws a `RangeError` if the query is too large (1,024 bytes, unless `querySizeLimit` says otherwise),
   * and a `TypeError` for an expression that is not RE2.
   *
   * ```ts
   * await using serf = await Serf.create({ name: "web-1", bind: "127.0.0.1:0", profile: "local" });
   * const query = serf.query("load", null, { tags: { role: "web" }, timeoutMs: 100 });
   * const { responses, missing } = await query.collect();
   * for (const response of responses) console.log(response.from, response.json());
   * console.log("no answer from", missing);
   * ```
   */
  query(name: string, payload: Payload = null, options: QueryOptions = {}): Query {
    checkQuery(name, payload, options);
    options.signal?.throwIfAborted();
    checkQueryFilters(options, compileExpression);
    if (options.timeoutMs !== undefined) checkNumber("timeoutMs", options.timeoutMs);
    return this.#node.query(name, payload, options);
  }

  /**
   * What happens from now on: members that come, go and change, user events, and queries to be answered. What the reader
   * does not take in time is kept up to `capacity`, then dropped and counted. It ends with the instance.
   *
   * ```ts
   * await using serf = await Serf.create({ name: "web-1", bind: "127.0.0.1:0" });
   * using events = serf.events({ types: ["user:deploy"] });
   * serf.userEvent("deploy", "v1.2.3");
   * for await (const event of events) {
   *   console.log(event.text()); // v1.2.3
   *   break;
   * }
   * ```
   */
  events<const Type extends EventType = "*">(
    options: EventsOptions<Type> = {},
  ): Subscription<EventOf<Type>> {
    checkOptions(options, OPTION_NAMES.events);
    const { types = [], capacity, signal } = options;
    checkTexts("types", types, "member-failed");
    const filters = types.map((type) =>
      parseEventFilter(type) ??
        refuse("types", type, "event types such as member-failed, user:NAME")
    );
    // No others pass the filters.
    return this.#node.events(filters, { capacity, signal }) as Subscription<EventOf<Type>>;
  }

  /**
   * Counters: members, clocks, queues, health.
   *
   * ```ts
   * await using serf = await Serf.create({ name: "web-1", bind: "127.0.0.1:0" });
   * console.log(`health score ${serf.stats().healthScore}`);
   * ```
   */
  stats(): SerfStats {
    return parseStats(this.#node.core.stats());
  }

  /**
   * Why a member, or this one, is in its state: the evidence of its last trouble, and the most likely cause. The evidence of
   * all members takes 1 MiB at most. Throws a `RangeError` for a name of which nothing is known.
   *
   * ```ts
   * await using serf = await Serf.create({ name: "web-1", bind: "127.0.0.1:0" });
   * const { conclusion, entries } = serf.why("web-1");
   * console.log(conclusion.cause, conclusion.text, entries); // "healthy", "alive. There is nothing wrong.", []
   * ```
   *
   * `tellStory` makes lines of it.
   */
  why(name: string): Explanation {
    checkText("name", name);
    return explain(this.#node.why(name));
  }

  /**
   * Why a member is in its state, as all members see it: it asks them by a query, which takes a few seconds if some do not
   * answer, and compares. Serf's agents have nothing to tell. Rejects as {@link why} throws.
   *
   * ```ts
   * await using serf = await Serf.create({ name: "web-1", bind: "127.0.0.1:0", profile: "local" });
   * const { cluster } = await serf.whyAll("web-1");
   * console.log(cluster.cause, cluster.findings);
   * ```
   */
  async whyAll(name: string, options: CallOptions = {}): Promise<ClusterExplanation> {
    checkText("name", name);
    checkOptions(options, OPTION_NAMES.call);
    options.signal?.throwIfAborted();
    return await abortable(this.#node.whyAll(name), options.signal);
  }

  /**
   * Where a member stands in the network, if it is known; the `distance` of two is their estimated round-trip time.
   *
   * ```ts
   * await using serf = await Serf.create({ name: "web-1", bind: "127.0.0.1:0" });
   * console.log(serf.coordinate("web-1")?.vec);
   * ```
   */
  coordinate(name: string): Coordinate | undefined {
    return this.#node.core.coordinate(name);
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
    await this.#node.shutdown();
  }

  /** Same as {@link shutdown}, after a {@link leave} if `leaveOnDispose` is set. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#leaveOnDispose && this.state !== "shutdown") {
      try {
        await (this.#leaving ?? this.leave());
      } catch {
        // Shut down meanwhile, which is what comes next.
      }
    }
    await this.shutdown();
  }
}
