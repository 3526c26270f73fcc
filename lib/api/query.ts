/**
 * How queries are asked, and what comes back.
 *
 * @module
 */

import { Subscription, type SubscriptionOptions } from "../base/subscription.ts";
import { decodeText } from "../base/text.ts";
import { parsePayload } from "./payload.ts";

/** Which members a query is for, and how they answer. */
export interface QueryParameters {
  /** Names of the members that are asked; all when absent or empty. */
  readonly nodes?: readonly string[];
  /**
   * RE2 expressions by tag name; a member is asked only if every one of them is found somewhere in the tag's value
   * (a missing tag counts as the empty text).
   */
  readonly tags?: Readonly<Record<string, string>>;
  /** Whether every member that is asked acknowledges the query at once. Default false. */
  readonly requestAck?: boolean;
  /** Through how many other members each ack and answer is sent once more, 0 (the default) to 255. */
  readonly relayFactor?: number;
  /** How long answers are taken; absent or 0 means the default, which grows with the size of the cluster. */
  readonly timeoutMs?: number;
  /**
   * Whether the query always stays open until its timeout, as in Serf. Otherwise it is over as soon as every member that
   * passes the filters and was alive or leaving when it was sent has answered and, if acks were requested, acknowledged;
   * one that fails or leaves meanwhile is no longer waited for. A reachability query (`_serf_ping`), which has no
   * answers, is over with the last ack. If we know of no such member the query waits for its timeout, because only
   * members that we have yet to hear of can answer it.
   */
  readonly waitForTimeout?: boolean;
  /**
   * Whether members that fail to answer tell why. It takes acks ({@link QueryParameters.requestAck}), and members of our
   * kind: Serf's are silent. Default false.
   */
  readonly failures?: boolean;
}

/** How a query is asked, and how its answers are kept. */
export interface QueryOptions extends QueryParameters {
  /**
   * How many acks and answers are kept for a slow reader before they are dropped and counted. Default: 1024, and for a
   * member's own query enough for all acks and answers.
   */
  readonly capacity?: number;
  /** Ends the subscription with the signal's reason; the members may still answer. */
  readonly signal?: AbortSignal;
}

/** A member has received a query. */
export interface QueryAck {
  /** Tells it from an answer. */
  readonly type: "ack";
  /** The member's name. */
  readonly from: string;
}

/** A member's answer to a query. */
export class QueryResponse {
  /** Tells it from an ack. */
  readonly type = "response";
  /** The member's name. */
  readonly from: string;
  /** What it answered; `null` or empty when it has nothing to say. */
  readonly payload: Uint8Array | null;

  /** Made by the library. */
  constructor(from: string, payload: Uint8Array | null) {
    this.from = from;
    this.payload = payload;
  }

  /** The payload as text; empty when there is none. A byte that is not UTF-8 becomes an unpaired surrogate. */
  text(): string {
    return decodeText(this.payload);
  }

  /** The value that the payload stands for in JSON. Throws a `SyntaxError` if it is not JSON. */
  json<T = unknown>(): T {
    return parsePayload(this.payload);
  }
}

/** A member has nothing to answer, because its event handler has failed or said too much. */
export interface QueryFailure {
  /** Tells it from acks and answers. */
  readonly type: "failure";
  /** The member's name. */
  readonly from: string;
  /** In the member's words, at most 200 bytes. */
  readonly reason: string;
}

/** One ack or answer to a query, or a failure if these are wanted. */
export type QueryRecord = QueryAck | QueryResponse | QueryFailure;

/** All that came back to a query. */
export interface QueryResult {
  /** The members that acknowledged it, in the order of their acks. */
  readonly acks: readonly string[];
  /** The answers, in the order in which they came. */
  readonly responses: readonly QueryResponse[];
  /** The members that were asked, as far as they are known, and did not answer. */
  readonly missing: readonly string[];
}

/**
 * A query under way: a subscription to its acks and answers, which ends when the query is over. Read it with `for await`,
 * or have everything at once with {@link Query.collect}.
 */
export class Query extends Subscription<QueryRecord> {
  readonly #asked: () => Iterable<string> | Promise<Iterable<string>>;
  readonly #acksOnly: boolean;

  /**
   * Made by the library. `asked` returns the members that the query is for, and `acksOnly` says whether an ack is all
   * that they send, as to a reachability query.
   */
  constructor(
    options: SubscriptionOptions & {
      readonly asked: () => Iterable<string> | Promise<Iterable<string>>;
      readonly acksOnly?: boolean;
    },
  ) {
    super(options);
    this.#asked = options.asked;
    this.#acksOnly = options.acksOnly ?? false;
  }

  /**
   * Waits until the query is over, and returns all that came back since the last read. To know who did not answer, call it
   * at once. Rejects with the signal's reason, with a `ClosedError` if the member lost a name conflict meanwhile, and over
   * RPC with an `RpcError` if the connection ends.
   */
  async collect(): Promise<QueryResult> {
    const asked = await this.#asked();
    const acks: string[] = [];
    const responses: QueryResponse[] = [];
    for await (const record of this) {
      if (record.type === "ack") acks.push(record.from);
      else if (record.type === "response") responses.push(record);
    }
    const answered = new Set(this.#acksOnly ? acks : responses.map(({ from }) => from));
    return { acks, responses, missing: [...asked].filter((name) => !answered.has(name)) };
  }
}
