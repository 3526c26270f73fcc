/**
 * The queries that one client has received in its streams and may respond to.
 *
 * @module
 */

import type { QueryEvent } from "../../api/event.ts";

/** The most queries that are kept for one client; further ones push the oldest out. Serf has no limit. */
const MAX_PENDING = 4_096;

/** Gives each query an id, from 1 upward, and finds it by that id until its deadline. */
export class PendingQueries {
  readonly #queries = new Map<number, QueryEvent>();
  #lastId = 0;

  /** Keeps a query and returns its id. */
  add(query: QueryEvent): number {
    this.#forgetOldest();
    this.#queries.set(++this.#lastId, query);
    return this.#lastId;
  }

  /** The query with this id; `undefined` if there is none or its deadline has passed. */
  find(id: number): QueryEvent | undefined {
    const query = this.#queries.get(id);
    return query === undefined || isOver(query) ? undefined : query;
  }

  /** Forgets the oldest queries whose deadline has passed, and one more if there are too many. */
  #forgetOldest(): void {
    for (const [id, query] of this.#queries) {
      if (!isOver(query) && this.#queries.size < MAX_PENDING) return;
      this.#queries.delete(id);
    }
  }
}

function isOver({ deadline = Infinity }: QueryEvent): boolean {
  return performance.now() > deadline;
}
