/**
 * Changing the keys of a running cluster.
 *
 * @module
 */

import type { KeyOperation, KeyResult } from "../api/keys.ts";

/** Some members did not do what a key operation asked, or did not answer. What the others did stays done. */
export class KeyError extends Error {
  /** The name of the class. */
  override readonly name = "KeyError";
  /** What each member answered. */
  readonly result: KeyResult;

  /** `result` is what there was by then. */
  constructor(message: string, result: KeyResult) {
    super(message);
    this.result = result;
  }
}

/** How a key operation is asked. */
export interface KeyOptions {
  /** Through how many other members each answer is sent once more, 0 (the default) to 255. */
  readonly relayFactor?: number;
}

/** Runs one key operation in the cluster. */
export type RunKeyOperation = (
  operation: KeyOperation,
  key: Uint8Array,
  options: KeyOptions,
) => Promise<KeyResult>;

/**
 * The keys of the cluster. To replace a key without interruption, install the new one, use it, and then remove the old
 * one. Operations of one instance run one after another.
 *
 * Every method rejects with a {@link KeyError} unless all members answered that they have done it, and with a
 * `ClosedError` if the instance is shut down meanwhile.
 *
 * ```ts
 * import { Serf } from "@serf-deno/serf";
 *
 * const [current, next] = [1, 2].map(() => crypto.getRandomValues(new Uint8Array(32)));
 * await using serf = await Serf.create({ bind: "127.0.0.1:0", encryptKey: current });
 * await serf.keys.install(next);
 * await serf.keys.use(next);
 * await serf.keys.remove(current);
 * ```
 */
export class KeyManager {
  readonly #run: RunKeyOperation;
  #last: Promise<unknown> = Promise.resolve();

  /** Made by the instance. */
  constructor(run: RunKeyOperation) {
    this.#run = run;
  }

  /** Adds a key of 16, 24 or 32 bytes to every keyring; from then on everybody can decrypt with it. */
  install(key: Uint8Array, options: KeyOptions = {}): Promise<KeyResult> {
    return this.#perform("install-key", key, options);
  }

  /** Makes an installed key the one that encrypts. */
  use(key: Uint8Array, options: KeyOptions = {}): Promise<KeyResult> {
    return this.#perform("use-key", key, options);
  }

  /** Drops a key, which must not be the one that encrypts. */
  remove(key: Uint8Array, options: KeyOptions = {}): Promise<KeyResult> {
    return this.#perform("remove-key", key, options);
  }

  /** Asks every member for its keys; the result counts them. */
  list(options: KeyOptions = {}): Promise<KeyResult> {
    return this.#perform("list-keys", new Uint8Array(), options);
  }

  #perform(operation: KeyOperation, key: Uint8Array, options: KeyOptions): Promise<KeyResult> {
    const performed = this.#last.then(async () => {
      const result = await this.#run(operation, key, options);
      if (result.error !== undefined) throw new KeyError(result.error, result);
      return result;
    });
    this.#last = performed.catch(() => {});
    return performed;
  }
}
