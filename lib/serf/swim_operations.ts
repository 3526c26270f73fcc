/**
 * SwimOperations of the membership layer that are under way on our behalf.
 *
 * @module
 */

/** Remembers what to do when an operation is over. */
export class SwimOperations {
  readonly #running = new Map<number, (error?: string) => void>();
  #lastId = 0;

  /** Returns the id under which to start an operation; `then` learns what went wrong, if anything. */
  begin(then: (error?: string) => void): number {
    const id = ++this.#lastId;
    this.#running.set(id, then);
    return id;
  }

  /** An operation is over. */
  end(id: number, error?: string): void {
    const then = this.#running.get(id);
    this.#running.delete(id);
    then?.(error);
  }
}
