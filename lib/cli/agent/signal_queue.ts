/**
 * The signals that an agent acts on.
 *
 * @module
 */

import { Subscription } from "../../base/subscription.ts";

/** Signals in the words of the agent's output. */
const WORDS = { SIGINT: "interrupt", SIGTERM: "terminated", SIGHUP: "hangup" } as const;

type CaughtSignal = keyof typeof WORDS;

/** A signal that arrived. */
export type SignalWord = typeof WORDS[CaughtSignal];

/**
 * Catches SIGINT, SIGTERM and SIGHUP, instead of what they do by default, until it is disposed of. SIGUSR2, which would
 * end the process too, has no effect meanwhile.
 */
export class SignalQueue implements Disposable {
  readonly #arrived = new Subscription<SignalWord>({ capacity: 4 });
  readonly #listeners = Object.entries(WORDS).map(([signal, word]) => {
    return onSignal(signal as CaughtSignal, () => void this.#arrived.push(word));
  });

  constructor() {
    this.#listeners.push(onSignal("SIGUSR2", () => {}));
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

/** Adds a listener; returns what removes it. On Windows there is none of these signals but the first. */
export function onSignal(signal: Deno.Signal, listener: () => void): () => void {
  if (Deno.build.os === "windows" && signal !== "SIGINT") return () => {};
  Deno.addSignalListener(signal, listener);
  return () => Deno.removeSignalListener(signal, listener);
}
