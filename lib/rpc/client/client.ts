/**
 * A client of a Serf agent's RPC interface. It works with our agents and with Serf's alike.
 *
 * ```ts ignore
 * import { RpcClient } from "@serf-deno/serf/client";
 *
 * await using client = await RpcClient.connect({ address: "127.0.0.1:7373" });
 * for (const { name, address } of await client.members({ status: "alive" })) {
 *   console.log(name, address.text);
 * }
 * for await (const event of await client.events({ types: ["member-failed", "user:deploy"] })) {
 *   console.log(event.type);
 * }
 * ```
 *
 * @module
 */

import { checkTextMap } from "../../api/arguments.ts";
import type { Coordinate } from "../../api/coordinate.ts";
import type { EventOf, EventType } from "../../api/event.ts";
import type { KeyManager } from "../../api/keys.ts";
import type { Member, MemberFilter } from "../../api/member.ts";
import type {
  CallOptions,
  EventsOptions,
  ForceLeaveOptions,
  JoinOptions,
  UserEventOptions,
} from "../../api/options.ts";
import type { Payload } from "../../api/payload.ts";
import type { Query, QueryOptions } from "../../api/query.ts";
import { parseStats, type SerfStats } from "../../api/stats.ts";
import type { TagChange } from "../../api/tag_change.ts";
import type { ClusterExplanation } from "../../api/why/compare.ts";
import type { Explanation } from "../../api/why/story.ts";
import { showAs } from "../../base/inspect.ts";
import type { Subscription } from "../../base/subscription.ts";
import { DEFAULT_RPC_ADDRESS } from "../default_address.ts";
import { keysOver } from "./keys.ts";
import { openChannel, type RpcClientOptions } from "./open_channel.ts";
import { openQuery } from "./queries.ts";
import {
  explain,
  explainByAll,
  forceLeaveMember,
  getCoordinate,
  getInfo,
  getMetrics,
  joinCluster,
  leaveCluster,
  listMembers,
  sendUserEvent,
  updateTags,
} from "./requests.ts";
import type { RpcChannel } from "./rpc_channel.ts";
import { type MonitorOptions, openEvents, openMonitor, respond } from "./streams.ts";

export type { Coordinate } from "../../api/coordinate.ts";
export {
  type EventOf,
  type EventType,
  type MemberEvent,
  type MemberEventType,
  QueryEvent,
  type SerfEvent,
  UserEvent,
} from "../../api/event.ts";
export {
  KeyError,
  KeyManager,
  type KeyOperation,
  type KeyOptions,
  type KeyResult,
} from "../../api/keys.ts";
export type { Member, MemberFilter, MemberStatus } from "../../api/member.ts";
export type {
  CallOptions,
  EventsOptions,
  ForceLeaveOptions,
  JoinOptions,
  UserEventOptions,
} from "../../api/options.ts";
export type { TagChange } from "../../api/tag_change.ts";
export type { Payload } from "../../api/payload.ts";
export {
  Query,
  type QueryAck,
  type QueryFailure,
  type QueryOptions,
  type QueryParameters,
  type QueryRecord,
  QueryResponse,
  type QueryResult,
} from "../../api/query.ts";
export { rendezvous } from "../../api/rendezvous.ts";
export type { SerfStats } from "../../api/stats.ts";
export type {
  EvidenceEntry,
  Observation,
  Origin,
  StreamOutcome,
  UnansweredPeer,
  WhyReport,
} from "../../api/why/evidence.ts";
export type { Cause } from "../../api/why/diagnosis.ts";
export type {
  ClusterConclusion,
  ClusterExplanation,
  ExplainedView,
} from "../../api/why/compare.ts";
export type { Conclusion, Explanation } from "../../api/why/story.ts";
export type { MemberView } from "../../api/why/view.ts";
export { Address } from "../../base/address.ts";
export { RpcError } from "../../base/errors.ts";
export type { RpcTlsOptions } from "../tls_options.ts";
export type { LamportTime } from "../../base/lamport_time.ts";
export { Subscription, type SubscriptionOptions } from "../../base/subscription.ts";
export type { RpcClientOptions } from "./open_channel.ts";
export type { MonitorOptions } from "./streams.ts";

/**
 * A connection to an agent, on which any number of calls may run at once; the agent carries them out in order.
 *
 * What `Serf` has too works the same here, and returns a promise. Every method rejects with an {@link RpcError}, with the
 * agent's own text if it refuses, with `client closed` if the connection ends before the answer, and with
 * `no answer within 10 s` if there is none for so long; with the signal's reason; and, for a wrong argument, with a
 * `TypeError` or `RangeError` that names it.
 */
export class RpcClient implements AsyncDisposable {
  /** The keys of the agent's cluster. */
  readonly keys: KeyManager;
  readonly #address: string;
  readonly #channel: RpcChannel;

  static {
    showAs(this, (client) => ({ address: client.#address, closed: client.#channel.closed }));
  }

  private constructor(address: string, channel: RpcChannel) {
    this.#address = address;
    this.#channel = channel;
    this.keys = keysOver(channel);
  }

  /** Connects and introduces itself. */
  static async connect(options: RpcClientOptions = {}): Promise<RpcClient> {
    const channel = await openChannel(options);
    return new RpcClient(options.address ?? DEFAULT_RPC_ADDRESS, channel);
  }

  /**
   * All members that the agent knows, or those that match a filter. An expression that is not RE2 ends the connection.
   */
  async members(filter: MemberFilter = {}, options?: CallOptions): Promise<readonly Member[]> {
    return await listMembers(this.#channel, filter, options);
  }

  /**
   * Makes the agent join other members, and returns how many of them were reached. If none was, the message of the
   * {@link RpcError} has the reasons, one line for each address.
   */
  async join(addresses: readonly string[], options: JoinOptions = {}): Promise<number> {
    return await joinCluster(this.#channel, addresses, options);
  }

  /** Makes the agent leave the cluster in good order and exit. */
  async leave(options?: CallOptions): Promise<void> {
    await leaveCluster(this.#channel, options);
  }

  /** Makes a failed member count as left; with `prune` it is forgotten at once. */
  async forceLeave(name: string, options: ForceLeaveOptions = {}): Promise<void> {
    await forceLeaveMember(this.#channel, name, options);
  }

  /** Replaces the tags of the agent's node, which are asked for first. */
  async setTags(tags: Readonly<Record<string, string>>, options?: CallOptions): Promise<void> {
    checkTextMap("tags", tags);
    const { tags: old = {} } = await this.info(options);
    await this.updateTags({ set: tags, delete: Object.keys(old) }, options);
  }

  /** Adds, replaces and removes some tags of the agent's node. */
  async updateTags(change: TagChange, options?: CallOptions): Promise<void> {
    await updateTags(this.#channel, change, options);
  }

  /** Sends a user event to all members; resolves when the agent has taken it. */
  async userEvent(
    name: string,
    payload: Payload = null,
    options: UserEventOptions & CallOptions = {},
  ): Promise<void> {
    await sendUserEvent(this.#channel, name, payload, options);
  }

  /**
   * Asks a query. The result yields acks and answers as they come, and ends when the agent says that the query is over.
   * Closing it earlier ends the interest, not the query. A query with a negative `timeoutMs` is over at once.
   */
  async query(name: string, payload: Payload = null, options: QueryOptions = {}): Promise<Query> {
    return await openQuery(this.#channel, name, payload, options);
  }

  /**
   * Subscribes to what the agent's node hears from now on. It ends with an {@link RpcError} if the agent closes the
   * connection.
   */
  async events<const Type extends EventType = "*">(
    options: EventsOptions<Type> = {},
  ): Promise<Subscription<EventOf<Type>>> {
    return await openEvents(this.#channel, options);
  }

  /**
   * Subscribes to the agent's log, whole lines from a level upward (`TRACE`, `DEBUG`, `INFO`, `WARN` or `ERR`, in any
   * case), beginning with what the agent has kept of the recent past. A connection can have one monitor at a time.
   */
  async monitor(level = "INFO", options: MonitorOptions = {}): Promise<Subscription<string>> {
    return await openMonitor(this.#channel, level, options);
  }

  /** Answers a query event of this connection by its `id`, as `QueryEvent.respond` does. */
  async respond(id: number, payload: Payload, options?: CallOptions): Promise<void> {
    await respond(this.#channel, id, payload, options);
  }

  /** Counters: members, clocks, queues, health. */
  async stats(options?: CallOptions): Promise<SerfStats> {
    const { serf = {} } = await this.info(options);
    return parseStats(serf);
  }

  /** Facts and counters of the agent as text, by section and name: what `serf info` prints. */
  async info(options?: CallOptions): Promise<Record<string, Record<string, string>>> {
    return await getInfo(this.#channel, options);
  }

  /**
   * The metrics of the last minute as text, one line for each metric and ten seconds, oldest first: what an agent prints
   * on SIGUSR1. Serf's agents do not know the command: they answer `Unsupported command`, and end the connection.
   */
  async metrics(options?: CallOptions): Promise<readonly string[]> {
    return await getMetrics(this.#channel, options);
  }

  /**
   * Why a member, or the agent's own, is in its state, as the agent sees it. Agents of Serf and older ones do not know the
   * command: they answer `Unsupported command`, and end the connection.
   */
  async why(name: string, options?: CallOptions): Promise<Explanation> {
    return await explain(this.#channel, name, options);
  }

  /** The same as all members see it, which the agent asks for by a query; that takes a few seconds. */
  async whyAll(name: string, options?: CallOptions): Promise<ClusterExplanation> {
    return await explainByAll(this.#channel, name, options);
  }

  /** Where a member stands in the network; `undefined` if the agent does not know. */
  async coordinate(name: string, options?: CallOptions): Promise<Coordinate | undefined> {
    return await getCoordinate(this.#channel, name, options);
  }

  /** Closes the connection: running calls reject, subscriptions end. Closing again has no effect. */
  async close(): Promise<void> {
    await this.#channel.close();
  }

  /** Same as {@link close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
