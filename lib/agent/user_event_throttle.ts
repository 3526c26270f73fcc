/**
 * Flow control for user events: a client that sends events faster than gossip spreads them is kept waiting, so that none
 * of them is dropped from the broadcast queue.
 *
 * @module
 */

import { delay } from "../base/timer.ts";

/** How many events may wait to be broadcast: a quarter of what the queue holds by default (`maxQueueDepth`). */
const MAX_WAITING = 1_024;
/** How often the queue is looked at while it is full; a gossip round of the LAN profile takes 200 ms. */
const POLL_MS = 5;

/** Lets senders pass while there is room in the queue, in the order in which they came. */
export class UserEventThrottle {
  readonly #waitingEvents: () => number;
  #turn: Promise<void> = Promise.resolve();
  /** How many senders have not passed yet. */
  #senders = 0;

  /** `waitingEvents` counts the events that wait to be broadcast. */
  constructor(waitingEvents: () => number) {
    this.#waitingEvents = waitingEvents;
  }

  /** Whether a caller may send now. */
  get isOpen(): boolean {
    return this.#senders === 0 && this.#waitingEvents() < MAX_WAITING;
  }

  /** Resolves when the caller may send. */
  pass(): Promise<void> {
    this.#senders++;
    this.#turn = this.#turn.then(() => this.#room());
    return this.#turn;
  }

  async #room(): Promise<void> {
    while (this.#waitingEvents() >= MAX_WAITING) await delay(POLL_MS);
    this.#senders--;
  }
}
