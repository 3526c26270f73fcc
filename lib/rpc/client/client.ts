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
} from "../../api/arguments.ts";
import type { Coordinate } from "../../api/coordinate.ts";
import { type EventOf, type EventType, QueryEvent, type SerfEvent } from "../../api/event.ts";
import { PING_QUERY } from "../../api/internal_names.ts";
import { KeyManager, type KeyOperation, type KeyResult } from "../../api/keys.ts";
import type { Member, MemberFilter } from "../../api/member.ts";
import {
  type CallOptions,
  type EventsOptions,
  type ForceLeaveOptions,
  type JoinOptions,
  OPTION_NAMES,
  type UserEventOptions,
} from "../../api/options.ts";
import type { Payload } from "../../api/payload.ts";
import { Query, type QueryOptions, type QueryRecord, QueryResponse } from "../../api/query.ts";
import { parseStats, type SerfStats } from "../../api/stats.ts";
import type { TagChange } from "../../api/tag_change.ts";
import type { ClusterExplanation } from "../../api/why/compare.ts";
import type { Explanation } from "../../api/why/story.ts";
import { toBase64, toBytes } from "../../base/bytes.ts";
import { decodeText } from "../../base/text.ts";
import { RpcError } from "../../base/errors.ts";
import { showAs } from "../../base/inspect.ts";
import { Subscription } from "../../base/subscription.ts";
import type { Command, RequestBody, ResponseBody } from "../commands.ts";
import { DEFAULT_RPC_ADDRESS } from "../default_address.ts";
import { eventRecord } from "../event_record.ts";
import { logRecord, queryRecord, RPC_VERSION } from "../protocol.ts";
import { checkTlsOptions, type RpcTlsOptions } from "../tls_options.ts";
import { askedMembers } from "./asked_members.ts";
import { dial, tlsRefusal } from "./dial.ts";
import { RpcChannel } from "./rpc_channel.ts";

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

/** Where to connect, and how. */
export interface RpcClientOptions {
  /**
   * The agent's RPC address: `host:port`, or `unix:` and the path of a socket, as in `unix:/run/serf.sock`. Default
   * `127.0.0.1:7373`.
   */
  readonly address?: string;
  /** The token that the agent asks for. Default: none is sent. */
  readonly authKey?: string;
  /** Connects over TLS; `{}` for an agent whose certificate the system trusts. Default: no TLS. */
  readonly tls?: RpcTlsOptions;
  /** How long connecting, and writing a request, may each take. Default 10,000. */
  readonly timeoutMs?: number;
  /**
   * How long the agent may take to answer a request, once it has answered those before it. Default 10,000, as long as
   * connecting may take; without limit for those that wait for other members (joins, leaves, tags and keys).
   */
  readonly requestTimeoutMs?: number;
  /** Aborts connecting; has no effect afterwards. */
  readonly signal?: AbortSignal;
}

/** How the agent's log is followed. */
export interface MonitorOptions {
  /** How many lines are kept for a slow reader before they are dropped and counted. Default 1024. */
  readonly capacity?: number;
  /** Ends the subscription with the signal's reason. */
  readonly signal?: AbortSignal;
}

const DEFAULT_TIMEOUT_MS = 10_000;

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
    this.keys = new KeyManager((...request) => this.#manageKeys(...request));
  }

  /** Connects and introduces itself. */
  static async connect(options: RpcClientOptions = {}): Promise<RpcClient> {
    checkOptions(options, ["address", "authKey", "tls", "timeoutMs", "requestTimeoutMs", "signal"]);
    const { address = DEFAULT_RPC_ADDRESS, authKey = "", tls, signal } = options;
    const { timeoutMs = DEFAULT_TIMEOUT_MS, requestTimeoutMs } = options;
    checkText("address", address, `text such as "${DEFAULT_RPC_ADDRESS}"`);
    checkText("authKey", authKey);
    if (tls !== undefined) checkTlsOptions(tls);
    checkNumber("timeoutMs", timeoutMs);
    if (requestTimeoutMs !== undefined) checkNumber("requestTimeoutMs", requestTimeoutMs);
    const connection = await dial(address, { tls, timeoutMs, signal });
    const channel = new RpcChannel(connection, {
      writeTimeoutMs: timeoutMs,
      answerTimeoutMs: requestTimeoutMs,
    });
    const client = new RpcClient(address, channel);
    try {
      await client.#call("handshake", { Version: RPC_VERSION }, { signal });
      if (authKey !== "") await client.#call("auth", { AuthKey: authKey }, { signal });
    } catch (error) {
      await client.close();
      throw (tls && tlsRefusal(error)) ?? error;
    }
    return client;
  }

  /**
   * All members that the agent knows, or those that match a filter. An expression that is not RE2 ends the connection.
   */
  async members(filter: MemberFilter = {}, options?: CallOptions): Promise<readonly Member[]> {
    checkMemberFilter(filter);
    const { tags = {}, status = "", name = "" } = filter;
    const body = { Tags: new Map(Object.entries(tags)), Status: status, Name: name };
    return (await this.#call("members-filtered", body, options)).Members;
  }

  /**
   * Makes the agent join other members, and returns how many of them were reached. If none was, the message of the
   * {@link RpcError} has the reasons, one line for each address.
   */
  async join(addresses: readonly string[], options: JoinOptions = {}): Promise<number> {
    checkTexts("addresses", addresses, "10.0.0.1:7946");
    checkOptions(options, OPTION_NAMES.join);
    const { replay = false, signal } = options;
    return (await this.#call("join", { Existing: addresses, Replay: replay }, { signal })).Num;
  }

  /** Makes the agent leave the cluster in good order and exit. */
  async leave(options?: CallOptions): Promise<void> {
    await this.#call("leave", null, options);
  }

  /** Makes a failed member count as left; with `prune` it is forgotten at once. */
  async forceLeave(name: string, options: ForceLeaveOptions = {}): Promise<void> {
    checkText("name", name);
    checkOptions(options, OPTION_NAMES.forceLeave);
    const { prune = false, signal } = options;
    await this.#call("force-leave", { Node: name, Prune: prune }, { signal });
  }

  /** Replaces the tags of the agent's node, which are asked for first. */
  async setTags(tags: Readonly<Record<string, string>>, options?: CallOptions): Promise<void> {
    checkTextMap("tags", tags);
    const { tags: old = {} } = await this.info(options);
    await this.updateTags({ set: tags, delete: Object.keys(old) }, options);
  }

  /** Adds, replaces and removes some tags of the agent's node. */
  async updateTags(change: TagChange, options?: CallOptions): Promise<void> {
    checkTagChange(change);
    const { set = {}, delete: deleted = [] } = change;
    const body = { Tags: new Map(Object.entries(set)), DeleteTags: deleted };
    await this.#call("tags", body, options);
  }

  /** Sends a user event to all members; resolves when the agent has taken it. */
  async userEvent(
    name: string,
    payload: Payload = null,
    options: UserEventOptions & CallOptions = {},
  ): Promise<void> {
    checkText("name", name);
    checkPayload(payload);
    checkOptions(options, [...OPTION_NAMES.userEvent, ...OPTION_NAMES.call]);
    const { coalesce = false, signal } = options;
    const body = { Name: name, Payload: toBytes(payload), Coalesce: coalesce };
    await this.#call("event", body, { signal });
  }

  /**
   * Asks a query. The result yields acks and answers as they come, and ends when the agent says that the query is over.
   * Closing it earlier ends the interest, not the query. A query with a negative `timeoutMs` is over at once.
   */
  async query(name: string, payload: Payload = null, options: QueryOptions = {}): Promise<Query> {
    checkQuery(name, payload, options);
    const { capacity, signal, ...parameters } = options;
    const {
      nodes = [],
      tags = {},
      requestAck = false,
      relayFactor = 0,
      timeoutMs = 0,
      failures = false,
    } = parameters;
    if (parameters.waitForTimeout) {
      throw new TypeError(
        "Cannot use waitForTimeout: an agent decides itself when a query is over",
      );
    }
    const body: RequestBody<"query"> = {
      FilterNodes: nodes,
      FilterTags: new Map(Object.entries(tags)),
      RequestAck: requestAck,
      RelayFactor: relayFactor,
      Timeout: Math.round(timeoutMs * 1e6),
      Name: name,
      Payload: toBytes(payload),
      Failures: failures,
    };
    const asked = async () =>
      await askedMembers(await this.members({ status: "alive|leaving" }), parameters);
    return await this.#channel.open("query", body, {
      capacity,
      signal,
      subscribe: (settings) => new Query({ ...settings, asked, acksOnly: name === PING_QUERY }),
      decode: (reader) => toQueryRecord(queryRecord.read(reader)),
    });
  }

  /**
   * Subscribes to what the agent's node hears from now on. It ends with an {@link RpcError} if the agent closes the
   * connection.
   */
  async events<const Type extends EventType = "*">(
    options: EventsOptions<Type> = {},
  ): Promise<Subscription<EventOf<Type>>> {
    checkOptions(options, OPTION_NAMES.events);
    const { types = [], capacity, signal } = options;
    checkTexts("types", types, "member-failed");
    const events = await this.#channel.open("stream", { Type: types.join(",") || "*" }, {
      capacity,
      signal,
      subscribe: (settings) => new Subscription<SerfEvent>(settings),
      decode: (reader): SerfEvent => {
        const event = eventRecord.read(reader);
        if (event.type !== "query") return event;
        return new QueryEvent(event, (payload) => this.respond(event.id, payload));
      },
    });
    // The agent sends no others.
    return events as Subscription<EventOf<Type>>;
  }

  /**
   * Subscribes to the agent's log, whole lines from a level upward (`TRACE`, `DEBUG`, `INFO`, `WARN` or `ERR`, in any
   * case), beginning with what the agent has kept of the recent past. A connection can have one monitor at a time.
   */
  async monitor(level = "INFO", options: MonitorOptions = {}): Promise<Subscription<string>> {
    checkText("level", level);
    checkOptions(options, ["capacity", "signal"]);
    return await this.#channel.open("monitor", { LogLevel: level }, {
      ...options,
      subscribe: (settings) => new Subscription<string>(settings),
      decode: (reader) => logRecord.read(reader).Log,
    });
  }

  /** Answers a query event of this connection by its `id`, as `QueryEvent.respond` does. */
  async respond(id: number, payload: Payload, options?: CallOptions): Promise<void> {
    checkNumber("id", id);
    checkPayload(payload);
    await this.#call("respond", { ID: BigInt(id), Payload: toBytes(payload) }, options);
  }

  /** Counters: members, clocks, queues, health. */
  async stats(options?: CallOptions): Promise<SerfStats> {
    const { serf = {} } = await this.info(options);
    return parseStats(serf);
  }

  /** Facts and counters of the agent as text, by section and name: what `serf info` prints. */
  async info(options?: CallOptions): Promise<Record<string, Record<string, string>>> {
    const sections = await this.#call("stats", null, options);
    return Object.fromEntries(
      Array.from(sections, ([name, values]) => [name, Object.fromEntries(values)]),
    );
  }

  /**
   * The metrics of the last minute as text, one line for each metric and ten seconds, oldest first: what an agent prints
   * on SIGUSR1. Serf's agents do not know the command: they answer `Unsupported command`, and end the connection.
   */
  async metrics(options?: CallOptions): Promise<readonly string[]> {
    return (await this.#call("metrics", null, options)).Lines;
  }

  /**
   * Why a member, or the agent's own, is in its state, as the agent sees it. Agents of Serf and older ones do not know the
   * command: they answer `Unsupported command`, and end the connection.
   */
  async why(name: string, options?: CallOptions): Promise<Explanation> {
    checkText("name", name);
    const { Report } = await this.#call("why", { Node: name, All: false }, options);
    return JSON.parse(Report) as Explanation;
  }

  /** The same as all members see it, which the agent asks for by a query; that takes a few seconds. */
  async whyAll(name: string, options?: CallOptions): Promise<ClusterExplanation> {
    checkText("name", name);
    const { Report } = await this.#call("why", { Node: name, All: true }, options);
    return JSON.parse(Report) as ClusterExplanation;
  }

  /** Where a member stands in the network; `undefined` if the agent does not know. */
  async coordinate(name: string, options?: CallOptions): Promise<Coordinate | undefined> {
    checkText("name", name);
    const { Ok, Coord } = await this.#call("get-coordinate", { Node: name }, options);
    if (!Ok) return undefined;
    const { Vec, Error: error, Adjustment: adjustment, Height: height } = Coord;
    return { vec: Vec ?? [], error, adjustment, height };
  }

  /** Closes the connection: running calls reject, subscriptions end. Closing again has no effect. */
  async close(): Promise<void> {
    await this.#channel.close();
  }

  /** Same as {@link close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #call<C extends Command>(
    command: C,
    body: RequestBody<C>,
    options: CallOptions = {},
  ): Promise<ResponseBody<C>> {
    checkOptions(options, OPTION_NAMES.call);
    const answer = await this.#channel.call(command, body, options.signal);
    if (answer.error !== "") throw new RpcError(command, answer.error);
    return answer.body as ResponseBody<C>;
  }

  async #manageKeys(
    operation: KeyOperation,
    key: Uint8Array | string,
    { relayFactor }: { readonly relayFactor: number },
  ): Promise<KeyResult> {
    if (relayFactor !== 0) {
      throw new TypeError("Cannot use relayFactor: the RPC protocol has none for key operations");
    }
    const body = { Key: typeof key === "string" ? key : toBase64(key) };
    const { error, body: result } =
      await (operation === "list-keys"
        ? this.#channel.call(operation, null)
        : this.#channel.call(operation, body));
    if (result === null) throw new RpcError(operation, error);
    return {
      nodes: result.NumNodes,
      responses: result.NumResp,
      failures: result.NumErr,
      messages: result.Messages,
      keys: result.Keys ?? new Map(),
      primaryKeys: new Map(),
      error: error === "" ? undefined : error,
    };
  }
}

/**
 * A record of a query; `undefined` for the one that ends it. Serf's agents send any number of acks and answers from nobody
 * in the moment before.
 */
function toQueryRecord(record: typeof queryRecord.zero): QueryRecord | undefined {
  const { Type, From: from, Payload: payload } = record;
  if (from === "") return undefined;
  if (Type === "ack") return { type: "ack", from };
  if (Type === "failure") return { type: "failure", from, reason: decodeText(payload) };
  return Type === "response" ? new QueryResponse(from, payload) : undefined;
}
