/**
 * The acks and responses to one query that we sent: Serf's QueryResponse.
 *
 * @module
 */

import type { LamportTime } from "../../base/lamport_time.ts";
import { decodeText } from "../../base/text.ts";
import { type QueryRecord, QueryResponse } from "../../api/query.ts";
import { QueryFlag, type QueryResponseMessage } from "../../wire/messages/serf_messages.ts";

/** Takes the acks and responses to a query. */
export interface QuerySink {
  /** The operation of the user that it tells of, if it tells of one. */
  readonly operation?: number;
  record(record: QueryRecord): void;
  /** No more records follow. */
  over(): void;
}

/** What completes a query before its timeout. */
export interface Completion {
  /** The members that are awaited. If there are none, only the timeout ends the query. */
  readonly members: ReadonlySet<string>;
  /** Whether each of them must acknowledge the query. */
  readonly acks: boolean;
  /** Whether each of them must respond. */
  readonly responses: boolean;
  /** Whether those that fail to respond may tell why. */
  readonly failures: boolean;
}

/** How an ack or response was taken: one that comes late, or from too many unexpected members, is ignored. */
export type Reception = "new" | "duplicate" | "failure" | "ignored";

/**
 * How many acks, and as many responses, are taken from members that are not awaited. They take memory and can be forged,
 * so there must be a bound. It is not tuned.
 */
const MAX_UNEXPECTED = 1_024;

/** Collects one ack and one response of each member, until all that are awaited have come or it is told to finish. */
export class QueryCollector {
  /** The Lamport time of the query. */
  readonly lTime: LamportTime;
  readonly #sink: QuerySink;
  readonly #completion: Completion;
  #acked = new Set<string>();
  #responded = new Set<string>();
  #failed = new Set<string>();
  /** Members that were awaited and have failed or left since. */
  #gone = new Set<string>();
  /** How many acks and responses are awaited. */
  #awaited: number;
  #finished = false;

  constructor(lTime: LamportTime, completion: Completion, sink: QuerySink) {
    this.lTime = lTime;
    this.#sink = sink;
    this.#completion = completion;
    const { members, acks, responses } = completion;
    this.#awaited = members.size * (Number(acks) + Number(responses));
  }

  /** Takes an ack or response, unless it is a duplicate or late. */
  receive({ from, flags, payload }: QueryResponseMessage): Reception {
    if (this.#finished) return "ignored";
    const isAck = (flags & QueryFlag.ack) !== 0;
    const received = isAck ? this.#acked : this.#responded;
    if (received.has(from)) {
      return isAck && payload !== null && this.#takeFailure(from, payload)
        ? "failure"
        : "duplicate";
    }
    const expected = this.#awaits(from);
    if (!expected && received.size >= this.#completion.members.size + MAX_UNEXPECTED) {
      return "ignored";
    }
    received.add(from);
    this.#sink.record(isAck ? { type: "ack", from } : new QueryResponse(from, payload));
    if (isAck && payload !== null) this.#takeFailure(from, payload);
    const counts = isAck ? this.#completion.acks : this.#completion.responses;
    if (expected && counts && --this.#awaited === 0) this.finish();
    return "new";
  }

  /**
   * An ack with a payload says why there is no response. One may come nevertheless, from somebody else on that member, so
   * that it is still awaited. There are no more failures than acks.
   */
  #takeFailure(from: string, payload: Uint8Array): boolean {
    if (!this.#completion.failures || payload.length === 0 || this.#failed.has(from)) return false;
    this.#failed.add(from);
    this.#sink.record({ type: "failure", from, reason: decodeText(payload) });
    return true;
  }

  /** A member has failed or left and is not awaited any longer. What it still sends is taken all the same. */
  memberGone(member: string): void {
    if (this.#finished || !this.#awaits(member)) return;
    this.#gone.add(member);
    const { acks, responses } = this.#completion;
    const missing = Number(acks && !this.#acked.has(member)) +
      Number(responses && !this.#responded.has(member));
    this.#awaited -= missing;
    if (missing > 0 && this.#awaited === 0) this.finish();
  }

  #awaits(member: string): boolean {
    return this.#completion.members.has(member) && !this.#gone.has(member);
  }

  /** Ends the collection. Calling it again has no effect. */
  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#acked.clear();
    this.#responded.clear();
    this.#failed.clear();
    this.#sink.over();
  }

  /** Whether all that is left to do can be told by data: it is over, or a query of the user. */
  get isQuiet(): boolean {
    return this.#finished || this.#sink.operation !== undefined;
  }

  /** See {@link SerfCore.save}. */
  save() {
    return {
      lTime: this.lTime,
      completion: this.#completion,
      operation: this.#sink.operation,
      acked: this.#acked,
      responded: this.#responded,
      failed: this.#failed,
      gone: this.#gone,
      awaited: this.#awaited,
      finished: this.#finished,
    };
  }

  load(saved: ReturnType<QueryCollector["save"]>): void {
    this.#acked = saved.acked;
    this.#responded = saved.responded;
    this.#failed = saved.failed;
    this.#gone = saved.gone;
    this.#awaited = saved.awaited;
    this.#finished = saved.finished;
  }
}
