/**
 * Answering key management queries.
 *
 * @module
 */

import { errorText } from "../../../base/errors.ts";
import type { Keyring } from "../../../wire/framing/keyring.ts";
import { decodeSerf, encodeSerf } from "../../../wire/messages/serf_codec.ts";
import type { KeyResponse } from "../../../wire/messages/serf_messages.ts";
import type { SerfContext } from "../../context.ts";
import type { KeyOperation } from "../../../api/keys.ts";

/** The least that a key takes in an answer, bytes: 24 of base64 and 1 for its length. */
const SMALLEST_LISTED_KEY = 25;

const FAILURE: KeyResponse = {
  type: "key-response",
  result: false,
  message: "",
  keys: null,
  primaryKey: "",
};

/** What the log says about an operation that the keyring refused. */
const REFUSALS = {
  "install-key": "Failed to install key",
  "use-key": "Failed to change primary key",
  "remove-key": "Failed to remove key",
} as const satisfies Partial<Record<KeyOperation, string>>;

/** What the keys are kept in. */
export interface KeyResponderParts {
  /** There is none when the cluster is not encrypted. */
  readonly keyring: Keyring | undefined;
  /** Stores the keyring after a change; throws when it cannot. */
  readonly storeKeyring: ((keyring: Keyring) => void) | undefined;
}

/** Changes and lists the keys of this node on behalf of the cluster. */
export class KeyResponder {
  readonly #context: SerfContext;
  readonly #keyring: Keyring | undefined;
  readonly #store: ((keyring: Keyring) => void) | undefined;

  constructor(context: SerfContext, { keyring, storeKeyring }: KeyResponderParts) {
    this.#context = context;
    this.#keyring = keyring;
    this.#store = storeKeyring;
  }

  /** Carries out a change that the payload of a query asks for; returns the encoded answer. */
  change(operation: keyof typeof REFUSALS, payload: Uint8Array | null): Uint8Array {
    const key = this.#readRequest(payload);
    if (key === undefined) return encodeSerf(FAILURE);
    if (this.#keyring === undefined) {
      return this.#refuse("No keyring to modify (encryption not enabled)");
    }
    this.#context.log("INFO", `Received ${operation} query`);
    try {
      applyChange(this.#keyring, operation, key);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#context.log("ERR", `${REFUSALS[operation]}: ${error.message}`);
      return encodeSerf({ ...FAILURE, message: error.message });
    }
    try {
      this.#store?.(this.#keyring);
    } catch (error) {
      return this.#refuse(errorText(error));
    }
    return encodeSerf({ ...FAILURE, result: true });
  }

  /**
   * Lists the keys; returns the encoded answer, cut so that it `fits`, or `undefined` if not even one key does.
   */
  list(fits: (answer: Uint8Array) => boolean): Uint8Array | undefined {
    if (this.#keyring === undefined) {
      return this.#refuse("Keyring is empty (encryption not enabled)");
    }
    this.#context.log("INFO", "Received list-keys query");
    const keys = this.#keyring.keys.map((key) => key.toBase64());
    const whole = { ...FAILURE, result: true, keys, primaryKey: this.#keyring.primary.toBase64() };
    const answer = encodeSerf(whole);
    return fits(answer) ? answer : this.#cut(whole, keys, fits);
  }

  #cut(
    whole: KeyResponse,
    keys: readonly string[],
    fits: (answer: Uint8Array) => boolean,
  ): Uint8Array | undefined {
    const { queryResponseSizeLimit } = this.#context.config;
    const most = Math.min(Math.floor(queryResponseSizeLimit / SMALLEST_LISTED_KEY), keys.length);
    for (let count = most; count > 0; count--) {
      const message = `truncated key list response, showing first ${count} of ${keys.length} keys`;
      const answer = encodeSerf({ ...whole, keys: keys.slice(0, count), message });
      if (!fits(answer)) continue;
      this.#context.log("WARN", message);
      return answer;
    }
    this.#context.log("ERR", "Failed to truncate response so that it fits into message");
    return undefined;
  }

  /** The key that a request is about; `undefined` if it is no request. */
  #readRequest(payload: Uint8Array | null): Uint8Array | undefined {
    try {
      const request = decodeSerf(payload ?? new Uint8Array());
      if (request.type === "key-request") return request.key;
      this.#context.log("ERR", `Failed to decode key request: it is a ${request.type}`);
    } catch (error) {
      this.#context.log("ERR", `Failed to decode key request: ${errorText(error)}`);
    }
    return undefined;
  }

  #refuse(message: string): Uint8Array {
    this.#context.log("ERR", message);
    return encodeSerf({ ...FAILURE, message });
  }
}

function applyChange(keyring: Keyring, operation: keyof typeof REFUSALS, key: Uint8Array): void {
  switch (operation) {
    case "install-key":
      return keyring.add(key);
    case "use-key":
      return keyring.use(key);
    case "remove-key":
      return keyring.remove(key);
    default:
      return operation satisfies never;
  }
}
