/**
 * A client of a Serf agent's RPC interface. It works with agents of this project and of the reference alike.
 *
 * ```ts ignore
 * import { RpcClient } from "@serf-deno/serf/client";
 *
 * await using client = await RpcClient.connect({ address: "127.0.0.1:7373" });
 * for (const { name, address } of await client.members({ status: "alive" })) {
 *   console.log(name, address.text);
 * }
 * for await (const event of await client.stream("member-failed,user:deploy")) {
 *   console.log(event.type);
 * }
 * ```
 *
 * @module
 */

import { toBytes } from "../../base/bytes.ts";
import { RpcError } from "../../base/errors.ts";
import type { Subscription } from "../../base/subscription.ts";
import type { Coordinate } from "../../wire/messages/coordinate.ts";
import { dial } from "./dial.ts";
import {
  eventRecord,
  type MemberEventRecord,
  type QueryEventRecord,
  type UserEventRecord,
} from "../event_record.ts";
import type { RpcMember } from "../member_codec.ts";
import type { Command, RequestBody, ResponseBody } from "../commands.ts";
import { logRecord, queryRecord, RPC_VERSION } from "../protocol.ts";
import { DEFAULT_RPC_ADDRESS } from "../tcp_endpoint.ts";
import { RpcChannel } from "./rpc_channel.ts";

export { RpcError } from "../../base/errors.ts";
export { Subscription } from "../../base/subscription.ts";
export type { Address } from "../../base/address.ts";
export type { Coordinate, MemberEventRecord, QueryEventRecord, RpcMember, UserEventRecord };

/** Where to connect, and how. */
export interface RpcClientOptions {
  /** `host:port` of the agent's RPC interface. Default `127.0.0.1:7373`. */
  readonly address?: string;
  /** The token that the agent asks for. Default: none is sent. */
  readonly authKey?: string;
  /** How long connecting, and writing a request, may each take. Answers are waited for without limit. Default 10,000. */
  readonly timeoutMs?: number;
  /** Aborts connecting; has no effect afterwards. */
  readonly signal?: AbortSignal;
}

/** Options of every call. */
export interface RpcCallOptions {
  /** Ends the wait for the agent's answer, not what the agent does. */
  readonly signal?: AbortSignal;
}

/** Options of a subscription. */
export interface RpcStreamOptions {
  /** How many records are kept for a slow reader before they are dropped and counted. Default 1024. */
  readonly capacity?: number;
  /** Ends the subscription with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Which members to list. Each is an RE2 expression `P` that is taken as `^P$`. */
export interface RpcMemberFilter {
  /** Of the member's name. */
  readonly name?: string;
  /** Of the status, for instance `alive|leaving`. */
  readonly status?: string;
  /** By tag name; a missing tag is matched by its empty value. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** How a query is asked. */
export interface RpcQueryOptions extends RpcStreamOptions {
  /** Names of the members that are asked; all when absent or empty. */
  readonly nodes?: readonly string[];
  /** RE2 expressions by tag name, to be found anywhere in the value, of the members that are asked. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Whether every member that is asked acknowledges the query at once. Default false. */
  readonly requestAck?: boolean;
  /** Through how many other members each answer is sent once more, 0 (the default) to 255. */
  readonly relayFactor?: number;
  /** How long answers are taken. Default 0: the agent decides by the size of the cluster. */
  readonly timeoutMs?: number;
}

/** A query that was asked of the agent's node, and can be answered. */
export interface RpcQuery extends QueryEventRecord {
  /** Answers it, once. Rejects with an {@link RpcError} if it is too late, too large, or not the first time. */
  respond(payload: Uint8Array | string): Promise<void>;
}

/** One event of a stream. */
export type RpcEvent = MemberEventRecord | UserEventRecord | RpcQuery;

/** One ack or answer to a query. */
export type RpcQueryRecord =
  | { readonly type: "ack"; readonly from: string }
  | { readonly type: "response"; readonly from: string; readonly payload: Uint8Array | null };

/** What the members answered to a key operation. */
export interface KeyReport {
  /** How many members were expected to answer. */
  readonly nodes: number;
  /** How many answered. */
  readonly responses: number;
  /** How many of the answers report a failure. */
  readonly failures: number;
  /** What members had to say, by member name. Members with nothing to say are absent. */
  readonly messages: ReadonlyMap<string, string>;
  /** How many members have each key, by base64 key. Empty except for a listing. */
  readonly keys: ReadonlyMap<string, number>;
}

/** Some members did not do what a key operation asked, or did not answer. What the others did stays done. */
export class RpcKeyError extends RpcError {
  /** What each member answered. */
  readonly report: KeyReport;

  /** `message` is the agent's text. */
  constructor(command: string, message: string, report: KeyReport) {
    super(command, message);
    this.report = report;
  }
}

const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * A connection to an agent, on which any number of calls may run at once; the agent carries them out in order.
 *
 * Every method rejects with an {@link RpcError}: with the agent's own text if it refuses, and with `client closed` if the
 * connection ends before the answer.
 */
export class RpcClient implements AsyncDisposable {
  readonly #channel: RpcChannel;

  private constructor(channel: RpcChannel) {
    this.#channel = channel;
  }

  /** Connects and introduces itself. */
  static async connect(options: RpcClientOptions = {}): Promise<RpcClient> {
    const { address = DEFAULT_RPC_ADDRESS, authKey = "", timeoutMs = DEFAULT_TIMEOUT_MS, signal } =
      options;
    const connection = await dial(address, { timeoutMs, signal });
    const client = new RpcClient(new RpcChannel(connection, { writeTimeoutMs: timeoutMs }));
    try {
      await client.#call("handshake", { Version: RPC_VERSION }, { signal });
      if (authKey !== "") await client.#call("auth", { AuthKey: authKey }, { signal });
    } catch (error) {
      await client.close();
      throw error;
    }
    return client;
  }

  /** All members that the agent knows, or those that match a filter. */
  async members(
    filter: RpcMemberFilter = {},
    options?: RpcCallOptions,
  ): Promise<readonly RpcMember[]> {
    const { tags = {}, status = "", name = "" } = filter;
    const body = { Tags: new Map(Object.entries(tags)), Status: status, Name: name };
    return (await this.#call("members-filtered", body, options)).Members;
  }

  /** Makes the agent join other members, and returns how many of them were reached. */
  async join(
    addresses: readonly string[],
    options: RpcCallOptions & { readonly replay?: boolean } = {},
  ): Promise<number> {
    const body = { Existing: addresses, Replay: options.replay ?? false };
    return (await this.#call("join", body, options)).Num;
  }

  /** Makes the agent leave the cluster in good order and exit. */
  async leave(options?: RpcCallOptions): Promise<void> {
    await this.#call("leave", null, options);
  }

  /** Makes a failed member count as left; with `prune` it is forgotten at once. */
  async forceLeave(
    name: string,
    options: RpcCallOptions & { readonly prune?: boolean } = {},
  ): Promise<void> {
    await this.#call("force-leave", { Node: name, Prune: options.prune ?? false }, options);
  }

  /** Changes the tags of the agent's node. Deletions act on the old tags: a tag that is also set stays. */
  async tags(
    change: {
      readonly set?: Readonly<Record<string, string>>;
      readonly delete?: readonly string[];
    },
    options?: RpcCallOptions,
  ): Promise<void> {
    const body = {
      Tags: new Map(Object.entries(change.set ?? {})),
      DeleteTags: change.delete ?? [],
    };
    await this.#call("tags", body, options);
  }

  /** Sends a user event. With `coalesce`, receivers may keep only the newest of a name. */
  async event(
    name: string,
    payload: Uint8Array | string | null = null,
    options: RpcCallOptions & { readonly coalesce?: boolean } = {},
  ): Promise<void> {
    const { coalesce = false } = options;
    await this.#call(
      "event",
      { Name: name, Payload: toBytes(payload), Coalesce: coalesce },
      options,
    );
  }

  /**
   * Asks a query. The subscription yields acks and answers as they come, and ends when the agent says that the query is
   * over. Closing it earlier ends the interest, not the query.
   */
  async query(
    name: string,
    payload: Uint8Array | string | null = null,
    options: RpcQueryOptions = {},
  ): Promise<Subscription<RpcQueryRecord>> {
    const { nodes = [], tags = {}, requestAck = false, relayFactor = 0, timeoutMs = 0 } = options;
    if (!(relayFactor >= 0 && relayFactor <= 255)) {
      throw new RangeError(`Cannot query: got relayFactor ${relayFactor}, expected 0 to 255`);
    }
    const body: RequestBody<"query"> = {
      FilterNodes: nodes,
      FilterTags: new Map(Object.entries(tags)),
      RequestAck: requestAck,
      RelayFactor: relayFactor,
      Timeout: Math.round(timeoutMs * 1e6),
      Name: name,
      Payload: toBytes(payload),
    };
    return await this.#channel.open("query", body, {
      ...options,
      decode: (reader) => toQueryRecord(queryRecord.read(reader)),
    });
  }

  /**
   * Subscribes to events. `filter` is a comma list of `member-join`, `member-leave`, `member-failed`, `member-update`,
   * `member-reap`, `user`, `user:NAME`, `query`, `query:NAME` and `*`, which is the default.
   */
  async stream(filter = "*", options: RpcStreamOptions = {}): Promise<Subscription<RpcEvent>> {
    return await this.#channel.open("stream", { Type: filter }, {
      ...options,
      decode: (reader): RpcEvent => {
        const event = eventRecord.read(reader);
        if (event.type !== "query") return event;
        return { ...event, respond: (payload) => this.respond(event.id, payload) };
      },
    });
  }

  /**
   * Subscribes to the agent's log, whole lines from a level upward (`TRACE`, `DEBUG`, `INFO`, `WARN` or `ERR`, in any
   * case), beginning with what the agent has kept of the recent past. A connection can have one monitor at a time.
   */
  async monitor(level = "INFO", options: RpcStreamOptions = {}): Promise<Subscription<string>> {
    return await this.#channel.open("monitor", { LogLevel: level }, {
      ...options,
      decode: (reader) => logRecord.read(reader).Log,
    });
  }

  /** Answers a query event of a stream of this connection, by its `id`. */
  async respond(
    id: number,
    payload: Uint8Array | string,
    options?: RpcCallOptions,
  ): Promise<void> {
    await this.#call("respond", { ID: BigInt(id), Payload: toBytes(payload) }, options);
  }

  /** Adds a key (base64 of 16, 24 or 32 bytes) to every member's keyring. Rejects with an {@link RpcKeyError}. */
  async installKey(key: string, options?: RpcCallOptions): Promise<KeyReport> {
    return await this.#manageKeys("install-key", { Key: key }, options);
  }

  /** Makes an installed key the one that encrypts, on every member. Rejects with an {@link RpcKeyError}. */
  async useKey(key: string, options?: RpcCallOptions): Promise<KeyReport> {
    return await this.#manageKeys("use-key", { Key: key }, options);
  }

  /** Drops a key, which must not be the one that encrypts. Rejects with an {@link RpcKeyError}. */
  async removeKey(key: string, options?: RpcCallOptions): Promise<KeyReport> {
    return await this.#manageKeys("remove-key", { Key: key }, options);
  }

  /** Asks every member for its keys. Rejects with an {@link RpcKeyError}. */
  async listKeys(options?: RpcCallOptions): Promise<KeyReport> {
    return await this.#manageKeys("list-keys", null, options);
  }

  /** Facts and counters of the agent, by section and name. */
  async stats(options?: RpcCallOptions): Promise<Record<string, Record<string, string>>> {
    const sections = await this.#call("stats", null, options);
    return Object.fromEntries(
      Array.from(sections, ([name, values]) => [name, Object.fromEntries(values)]),
    );
  }

  /** Where a member stands in the network; `undefined` if the agent does not know. */
  async coordinate(node: string, options?: RpcCallOptions): Promise<Coordinate | undefined> {
    const { Ok, Coord } = await this.#call("get-coordinate", { Node: node }, options);
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
    options: RpcCallOptions = {},
  ): Promise<ResponseBody<C>> {
    const answer = await this.#channel.call(command, body, options.signal);
    if (answer.error !== "") throw new RpcError(command, answer.error);
    return answer.body as ResponseBody<C>;
  }

  async #manageKeys<C extends "install-key" | "use-key" | "remove-key" | "list-keys">(
    command: C,
    body: RequestBody<C>,
    options: RpcCallOptions = {},
  ): Promise<KeyReport> {
    const { error, body: result } = await this.#channel.call(command, body, options.signal);
    if (result === null) throw new RpcError(command, error);
    const report = {
      nodes: result.NumNodes,
      responses: result.NumResp,
      failures: result.NumErr,
      messages: result.Messages,
      keys: result.Keys ?? new Map(),
    };
    if (error !== "") throw new RpcKeyError(command, error, report);
    return report;
  }
}

/**
 * A record of a query; `undefined` for the one that ends it. Agents of the reference send any number of acks and answers
 * from nobody in the moment before.
 */
function toQueryRecord(record: typeof queryRecord.zero): RpcQueryRecord | undefined {
  const { Type, From: from, Payload: payload } = record;
  if (from === "") return undefined;
  if (Type === "ack") return { type: "ack", from };
  return Type === "response" ? { type: "response", from, payload } : undefined;
}
