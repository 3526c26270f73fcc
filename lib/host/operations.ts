/**
 * What the machine was asked for and has not finished: its answers carry numbers, the user holds promises.
 *
 * @module
 */

import type { ClosedError } from "../base/errors.ts";
import { Subscription } from "../base/subscription.ts";
import type { QueryRecord } from "../api/query.ts";
import type { SerfOutput } from "../serf/output.ts";

/** The outputs that end an operation. */
export type Ending = Extract<SerfOutput, { type: "done" | "joined" | "key-result" }>;

interface Pending {
  end(ending: Ending): void;
  fail(error: Error): void;
}

/** Running operations by number. */
export class Operations {
  readonly #pending = new Map<number, Pending>();
  readonly #queries = new Map<number, Subscription<QueryRecord>>();
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

  /** Begins a query; what comes back goes to the subscription, which is closed when the query is over. */
  query(start: (id: number) => void, capacity: number): Subscription<QueryRecord> {
    const id = ++this.#lastId;
    const records = new Subscription<QueryRecord>({
      capacity,
      onClose: () => this.#queries.delete(id),
    });
    this.#queries.set(id, records);
    try {
      if (this.#closed) throw this.#closed;
      start(id);
    } catch (error) {
      records.close();
      throw error;
    }
    return records;
  }

  /** An ack or answer to a query arrived. */
  record({ id, record }: Extract<SerfOutput, { type: "query-record" }>): void {
    this.#queries.get(id)?.push(record);
  }

  /** An operation is over. */
  end(ending: Ending): void {
    this.#queries.get(ending.id)?.close();
    this.#pending.get(ending.id)?.end(ending);
    this.#pending.delete(ending.id);
  }

  /** Fails what is still running, and what is begun from now on, with an error; running queries just end. */
  close(error: ClosedError): void {
    this.#closed = error;
    for (const { fail } of this.#pending.values()) fail(error);
    this.#pending.clear();
    for (const records of [...this.#queries.values()]) records.close();
  }
}
