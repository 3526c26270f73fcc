/**
 * This node's part of key management: it changes or lists its own keys when a query says so.
 *
 * @module
 */

import type { KeyOperation } from "../../../api/keys.ts";
import { toBase64 } from "../../../base/bytes.ts";
import { errorText } from "../../../base/errors.ts";
import type { Keyring } from "../../../wire/framing/keyring.ts";
import { decodeSerf, encodeSerf } from "../../../wire/messages/serf_codec.ts";
import type { KeyResponse } from "../../../wire/messages/serf_messages.ts";
import type { SerfCoreOptions } from "../../config.ts";
import type { SerfContext } from "../../context.ts";

/** The fewest bytes that a key takes in a response: 24 of base64 for 16 bytes, and 1 for their length. */
const MIN_LISTED_KEY_SIZE = 25;

const FAILURE: KeyResponse = {
  type: "key-response",
  result: false,
  message: "",
  keys: null,
  primaryKey: "",
};

/** The log line for an operation that the keyring refuses. */
const REFUSALS = {
  "install-key": "Failed to install key",
  "use-key": "Failed to change primary key",
  "remove-key": "Failed to remove key",
} as const satisfies Partial<Record<KeyOperation, string>>;

/** Changes and lists the keys of this node. */
export class KeyResponder {
  readonly #context: SerfContext;
  readonly #keyring: Keyring | undefined;
  readonly #storeKeyring: ((keyring: Keyring) => void) | undefined;

  constructor(
    context: SerfContext,
    { keyring, storeKeyring }: Pick<SerfCoreOptions, "keyring" | "storeKeyring">,
  ) {
    this.#context = context;
    this.#keyring = keyring;
    this.#storeKeyring = storeKeyring;
  }

  /** Makes the change that the payload of a query asks for. Returns the encoded response. */
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
      this.#storeKeyring?.(this.#keyring);
    } catch (error) {
      return this.#refuse(errorText(error));
    }
    return encodeSerf({ ...FAILURE, result: true });
  }

  /**
   * Lists the keys. Returns the encoded response with as many keys as make it fit, or `undefined` if not even one does.
   */
  list(fits: (response: Uint8Array) => boolean): Uint8Array | undefined {
    if (this.#keyring === undefined) {
      return this.#refuse("Keyring is empty (encryption not enabled)");
    }
    this.#context.log("INFO", "Received list-keys query");
    const keys = this.#keyring.keys.map(toBase64);
    const whole = { ...FAILURE, result: true, keys, primaryKey: toBase64(this.#keyring.primary) };
    const response = encodeSerf(whole);
    return fits(response) ? response : this.#truncate(whole, keys, fits);
  }

  #truncate(
    whole: KeyResponse,
    keys: readonly string[],
    fits: (response: Uint8Array) => boolean,
  ): Uint8Array | undefined {
    const { queryResponseSizeLimit } = this.#context.config;
    const most = Math.min(Math.floor(queryResponseSizeLimit / MIN_LISTED_KEY_SIZE), keys.length);
    for (let count = most; count > 0; count--) {
      const message = `truncated key list response, showing first ${count} of ${keys.length} keys`;
      const response = encodeSerf({ ...whole, keys: keys.slice(0, count), message });
      if (!fits(response)) continue;
      this.#context.log("WARN", message);
      return response;
    }
    this.#context.log("ERR", "Failed to truncate response so that it fits into message");
    return undefined;
  }

  /** The key in a request, or `undefined` if the payload is not a request. */
  #readRequest(payload: Uint8Array | null): Uint8Array | undefined {
    if (payload === null || payload.length === 0) {
      this.#context.log("ERR", "Invalid key request payload");
      return undefined;
    }
    try {
      const request = decodeSerf(payload);
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
