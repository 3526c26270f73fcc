/**
 * What comes back to a query of ours.
 *
 * @module
 */

import { QueryFlag, type QueryResponseMessage } from "../../wire/messages/serf_messages.ts";
import { type QueryRecord, QueryResponse } from "../../api/query.ts";

/** Who takes the acks and answers of a query. */
export interface QuerySink {
  record(record: QueryRecord): void;
  /** No more records follow. */
  over(): void;
}

/** What completes a query before its timeout. */
export interface Completion {
  /** The members that are waited for; if there are none, only the timeout ends the query. */
  readonly members: ReadonlySet<string>;
  /** Whether each of them is to acknowledge the query. */
  readonly acks: boolean;
  /** Whether each of them is to answer it. */
  readonly answers: boolean;
}

/** What became of an ack or answer; one that comes late, or that nobody waits for any more, is ignored. */
export type Reception = "new" | "duplicate" | "ignored";

/** Acks, and as many answers, taken from members that nobody expected. They cost memory, and anybody can forge them. */
const UNINVITED_LIMIT = 1_024;

/** Collects one ack and one answer of each member, until it has all that it waits for or is told to finish. */
export class QueryCollector {
  /** When the query was sent, by its Lamport clock. */
  readonly lTime: number;
  readonly #sink: QuerySink;
  readonly #completion: Completion;
  readonly #acked = new Set<string>();
  readonly #answered = new Set<string>();
  /** Members that are waited for and have gone meanwhile. */
  readonly #excused = new Set<string>();
  #missing: number;
  #finished = false;

  constructor(lTime: number, completion: Completion, sink: QuerySink) {
    this.lTime = lTime;
    this.#sink = sink;
    this.#completion = completion;
    const { members, acks, answers } = completion;
    this.#missing = members.size * (Number(acks) + Number(answers));
  }

  /** Takes an ack or answer, unless it is a repetition or late. */
  receive({ from, flags, payload }: QueryResponseMessage): Reception {
    const isAck = (flags & QueryFlag.ack) !== 0;
    const heard = isAck ? this.#acked : this.#answered;
    if (this.#finished) return "ignored";
    if (heard.has(from)) return "duplicate";
    const expected = this.#isAwaited(from);
    if (!expected && heard.size >= this.#completion.members.size + UNINVITED_LIMIT) {
      return "ignored";
    }
    heard.add(from);
    this.#sink.record(isAck ? { type: "ack", from } : new QueryResponse(from, payload));
    const awaited = isAck ? this.#completion.acks : this.#completion.answers;
    if (expected && awaited && --this.#missing === 0) this.finish();
    return "new";
  }

  /** Waits no longer for a member, which has gone. Should it answer all the same, it is heard. */
  excuse(member: string): void {
    if (this.#finished || !this.#isAwaited(member)) return;
    this.#excused.add(member);
    const { acks, answers } = this.#completion;
    const owed = Number(acks && !this.#acked.has(member)) +
      Number(answers && !this.#answered.has(member));
    this.#missing -= owed;
    if (owed > 0 && this.#missing === 0) this.finish();
  }

  #isAwaited(member: string): boolean {
    return this.#completion.members.has(member) && !this.#excused.has(member);
  }

  /** Ends the collection; doing so again changes nothing. */
  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#acked.clear();
    this.#answered.clear();
    this.#sink.over();
  }
}
