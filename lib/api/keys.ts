/**
 * Changing the keys of an encrypted cluster while it runs.
 *
 * @module
 */

import { abortable } from "../base/abortable.ts";
import { checkKey, checkOptions, checkRelayFactor } from "./arguments.ts";

/** What a key management query asks of every member: add a key, make it the primary one, drop it, or list all. */
export type KeyOperation = "install-key" | "use-key" | "remove-key" | "list-keys";

/** What the members answered to a key management query. */
export interface KeyResult {
  /** How many members were expected to answer: those alive when the query was sent, ourselves included. */
  readonly nodes: number;
  /** How many answered. */
  readonly responses: number;
  /** How many of the answers report a failure. */
  readonly failures: number;
  /** What members had to say, by member name: those that failed (maybe nothing), and those with a remark. */
  readonly messages: ReadonlyMap<string, string>;
  /** How many members have each key, by base64 key. Empty except for `list-keys`. */
  readonly keys: ReadonlyMap<string, number>;
  /** How many members have each key as their primary one, by base64 key. Empty except for `list-keys`, and over RPC. */
  readonly primaryKeys: ReadonlyMap<string, number>;
  /** `X/Y nodes reported failure` or `X/Y nodes reported success` unless every member answered that all is well. */
  readonly error?: string;
}

/** How many members a {@link KeyError} quotes. */
const MAX_QUOTED = 5;

/**
 * Some members did not do what a key operation asked, or did not answer. What the others did stays done. The message is
 * Serf's (`2/3 nodes reported failure`), followed by what the members said; {@link KeyError.result} has all of it.
 */
export class KeyError extends Error {
  /** The name of the class. */
  override readonly name = "KeyError";
  /** What each member answered; its `error` is Serf's message alone. */
  readonly result: KeyResult;

  /** `result` is what there was by then. */
  constructor(result: KeyResult) {
    super([result.error ?? "The key operation failed", ...reasonsIn(result)].join(": "));
    this.result = result;
  }
}

function reasonsIn({ nodes, responses, messages }: KeyResult): string[] {
  const reasons = [...messages].slice(0, MAX_QUOTED).map(([name, text]) => `${name}: ${text}`);
  if (messages.size > MAX_QUOTED) reasons.push(`and ${messages.size - MAX_QUOTED} more`);
  const silent = nodes - responses;
  if (silent > 0) reasons.push(`${silent} did not answer`);
  return reasons.length === 0 ? [] : [reasons.join("; ")];
}

/** How a key operation is asked. */
export interface KeyOptions {
  /** Through how many other members each answer is sent once more, 0 (the default) to 255. Not over RPC. */
  readonly relayFactor?: number;
  /** Ends the wait, not the operation once it has begun. */
  readonly signal?: AbortSignal;
}

/**
 * The keys of the cluster. To replace a key without interruption, install the new one, use it, and then remove the old
 * one. Operations of one instance run one after another. A key is 16, 24 or 32 bytes, or the same in base64.
 *
 * Every method rejects with a {@link KeyError} unless all members answered that they have done it, with the signal's
 * reason, with a `ClosedError` if the instance is shut down meanwhile, and over RPC with an `RpcError` if the agent
 * cannot be asked.
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
  readonly #run: ConstructorParameters<typeof KeyManager>[0];
  #last: Promise<unknown> = Promise.resolve();

  /** Made by the library. `run` runs one operation in the cluster. */
  constructor(
    run: (
      operation: KeyOperation,
      key: Uint8Array | string,
      options: { readonly relayFactor: number },
    ) => Promise<KeyResult>,
  ) {
    this.#run = run;
  }

  /** Adds a key to every keyring; from then on everybody can decrypt with it. */
  install(key: Uint8Array | string, options: KeyOptions = {}): Promise<KeyResult> {
    return this.#perform("install-key", key, options);
  }

  /** Makes an installed key the one that encrypts. */
  use(key: Uint8Array | string, options: KeyOptions = {}): Promise<KeyResult> {
    return this.#perform("use-key", key, options);
  }

  /** Drops a key, which must not be the one that encrypts. */
  remove(key: Uint8Array | string, options: KeyOptions = {}): Promise<KeyResult> {
    return this.#perform("remove-key", key, options);
  }

  /** Asks every member for its keys; the result counts them. */
  list(options: KeyOptions = {}): Promise<KeyResult> {
    return this.#perform("list-keys", "", options);
  }

  async #perform(
    operation: KeyOperation,
    key: Uint8Array | string,
    options: KeyOptions,
  ): Promise<KeyResult> {
    checkKey("key", key);
    checkOptions(options, ["relayFactor", "signal"]);
    const { relayFactor = 0, signal } = options;
    checkRelayFactor(relayFactor);
    const performed = this.#last.then(async () => {
      signal?.throwIfAborted();
      const result = await this.#run(operation, key, { relayFactor });
      if (result.error !== undefined) throw new KeyError(result);
      return result;
    });
    this.#last = performed.catch(() => {});
    return await abortable(performed, signal);
  }
}
