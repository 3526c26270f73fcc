/**
 * Operations under way. The protocol core knows them by number, the user holds promises and subscriptions.
 *
 * @module
 */

import { Query, type QueryRecord } from "../api/query.ts";
import type { ClosedError } from "../base/errors.ts";
import type { SerfOutput } from "../serf/output.ts";

/** The outputs that end an operation. */
export type Ending = Extract<
  SerfOutput,
  { type: "done" | "joined" | "key-result" | "why-answers" }
>;

/** How many acks and answers to a query have come. */
export type QueryCounts = Readonly<Record<QueryRecord["type"], number>>;

/** How a query's subscription is made. */
type QuerySettings = Omit<ConstructorParameters<typeof Query>[0], "onClose"> & {
  /** Called when a query that has begun is over. */
  readonly onEnd?: (counts: QueryCounts) => void;
};

interface RunningQuery {
  readonly query: Query;
  readonly counts: Record<QueryRecord["type"], number>;
}

interface Pending {
  end(ending: Ending): void;
  fail(error: Error): void;
}

/** Running operations by number. */
export class Operations {
  readonly #pending = new Map<number, Pending>();
  readonly #queries = new Map<number, RunningQuery>();
  #lastId = 0;
  #closed: ClosedError | undefined;

  /**
   * Begins an operation that ends with an output of the given type, and resolves to that output. Rejects with what
   * `start` throws, or with the error of {@link close}.
   */
  run<Type extends Ending["type"]>(
    type: Type,
    start: (id: number) => void,
  ): Promise<Extract<Ending, { type: Type }>> {
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<Extract<Ending, { type: Type }>>();
    const end = (ending: Ending) => {
      if (ending.type === type) resolve(ending as Extract<Ending, { type: Type }>);
    };
    this.#pending.set(id, { end, fail: reject });
    try {
      if (this.#closed) throw this.#closed;
      start(id);
    } catch (error) {
      this.#pending.delete(id);
      reject(error);
    }
    return promise;
  }

  /** Begins a query, which is closed when it is over. Throws what `start` throws, or the error of {@link close}. */
  query(start: (id: number) => void, { onEnd, ...options }: QuerySettings): Query {
    const id = ++this.#lastId;
    const counts = { ack: 0, response: 0, failure: 0 };
    const query = new Query({
      ...options,
      onClose: () => {
        if (this.#queries.delete(id)) onEnd?.(counts);
      },
    });
    this.#queries.set(id, { query, counts });
    try {
      if (this.#closed) throw this.#closed;
      start(id);
    } catch (error) {
      this.#queries.delete(id);
      query.close();
      throw error;
    }
    return query;
  }

  /** An ack or answer to a query arrived. */
  record({ id, record }: Extract<SerfOutput, { type: "query-record" }>): void {
    const running = this.#queries.get(id);
    if (running === undefined) return;
    running.counts[record.type]++;
    running.query.push(record);
  }

  /** An operation is over. */
  end(ending: Ending): void {
    this.#queries.get(ending.id)?.query.close();
    this.#pending.get(ending.id)?.end(ending);
    this.#pending.delete(ending.id);
  }

  /**
   * Fails what is still running, and what is begun from now on, with an error. Running queries end with `queryEnd`, or
   * just end.
   */
  close(error: ClosedError, queryEnd?: Error): void {
    this.#closed = error;
    for (const { fail } of this.#pending.values()) fail(error);
    this.#pending.clear();
    for (const { query } of [...this.#queries.values()]) query.close(queryEnd);
  }
}
