/**
 * The signals that end an agent or make it reload its configuration.
 *
 * @module
 */

import { Subscription } from "../../base/subscription.ts";

/** Names of signals as the agent prints them. */
const WORDS = { SIGINT: "interrupt", SIGTERM: "terminated", SIGHUP: "hangup" } as const;

type CaughtSignal = keyof typeof WORDS;

/** The name of a signal. */
type SignalWord = typeof WORDS[CaughtSignal];

/**
 * Catches SIGINT, SIGTERM and SIGHUP until it is disposed of, so that they do not end the process. SIGUSR2 is ignored in
 * this time.
 */
export class SignalQueue implements Disposable {
  readonly #arrived = new Subscription<SignalWord>({ capacity: 4 });
  readonly #listeners = Object.entries(WORDS).map(([signal, word]) => {
    return onSignal(signal as CaughtSignal, () => void this.#arrived.push(word));
  });

  constructor() {
    this.#listeners.push(onSignal("SIGUSR2", () => {}));
    // Ctrl-Break; Go makes both keys of Windows the same signal.
    this.#listeners.push(onSignal("SIGBREAK", () => void this.#arrived.push(WORDS.SIGINT)));
  }

  /** The next signal. Never resolves once the queue has been disposed of. */
  async next(): Promise<SignalWord> {
    const { value } = await this.#arrived.next();
    return value ?? await new Promise<never>(() => {});
  }

  [Symbol.dispose](): void {
    for (const remove of this.#listeners) remove();
    this.#arrived.close();
  }
}

/**
 * Adds a listener, and returns a function that removes it. Windows has only SIGINT and SIGBREAK, other systems have no
 * SIGBREAK; what is not there is ignored.
 */
export function onSignal(signal: Deno.Signal, listener: () => void): () => void {
  const windows = Deno.build.os === "windows";
  if (windows ? !/INT|BREAK/.test(signal) : signal === "SIGBREAK") return () => {};
  Deno.addSignalListener(signal, listener);
  return () => Deno.removeSignalListener(signal, listener);
}
