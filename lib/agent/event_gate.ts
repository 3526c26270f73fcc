/**
 * Keeping user events from coming faster than the cluster takes them.
 *
 * @module
 */

import { delay } from "../base/timer.ts";

/** As many may wait to be sent before those who send more are kept waiting themselves. */
const LIMIT = 1_024;
/** How often it is looked whether there is room, milliseconds. */
const INTERVAL_MS = 5;

/** Lets those who want to send an event pass while there is room, in the order of their coming. */
export class EventGate {
  readonly #waiting: () => number;
  #turn: Promise<void> = Promise.resolve();

  /** `waiting` counts the events that wait to be sent. */
  constructor(waiting: () => number) {
    this.#waiting = waiting;
  }

  /** Resolves when the caller may send. */
  pass(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#room());
    return this.#turn;
  }

  async #room(): Promise<void> {
    while (this.#waiting() >= LIMIT) {
      await delay(INTERVAL_MS);
    }
  }
}
