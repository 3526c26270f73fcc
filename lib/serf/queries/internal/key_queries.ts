/**
 * Key management (Serf's KeyManager): a query makes every member change or list its keys, and the responses are counted.
 *
 * @module
 */

import type { KeyOperation, KeyResult } from "../../../api/keys.ts";
import type { Swim } from "../../../swim/swim.ts";
import { decodeSerf, encodeSerf } from "../../../wire/messages/serf_codec.ts";
import type { KeyResponse } from "../../../wire/messages/serf_messages.ts";
import type { SerfContext } from "../../context.ts";
import type { OutgoingQueries } from "../outgoing_queries.ts";
import { keyQuery } from "../../../api/internal_names.ts";

/** A key operation for all members. */
export interface KeyRequest {
  readonly operation: KeyOperation;
  /** The raw bytes of the key; none for `list-keys`. */
  readonly key: Uint8Array;
  readonly relayFactor?: number;
}

/** Sends key management queries. */
export class KeyQueries {
  readonly #context: SerfContext;
  readonly #swim: Swim;
  readonly #outgoing: OutgoingQueries;

  constructor(
    context: SerfContext,
    { swim, outgoing }: { swim: Swim; outgoing: OutgoingQueries },
  ) {
    this.#context = context;
    this.#swim = swim;
    this.#outgoing = outgoing;
  }

  /**
   * Sends a key operation to all members. `callback` gets the result when as many have responded as were alive, or when
   * the query times out. Throws what {@link OutgoingQueries.send} throws.
   */
  send(
    { operation, key, relayFactor }: KeyRequest,
    callback: (result: KeyResult) => void,
  ): void {
    const payload = encodeSerf({ type: "key-request", key });
    const responses = new KeyResponses(this.#context, this.#swim.aliveCount);
    const options = { relayFactor, waitForTimeout: true };
    const collector = this.#outgoing.send({ name: keyQuery(operation), payload }, options, {
      record: (record) => {
        if (record.type !== "response") return;
        responses.add(record.from, record.payload);
        if (responses.complete) collector.finish();
      },
      over: () => callback(responses.result),
    });
  }
}

/** The responses to one key management query. */
class KeyResponses {
  readonly #context: SerfContext;
  readonly #nodes: number;
  readonly #messages = new Map<string, string>();
  readonly #keys = new Map<string, number>();
  readonly #primaryKeys = new Map<string, number>();
  #responses = 0;
  #failures = 0;

  /** `nodes` responses are expected. */
  constructor(context: SerfContext, nodes: number) {
    this.#context = context;
    this.#nodes = nodes;
  }

  get complete(): boolean {
    return this.#responses >= this.#nodes;
  }

  get result(): KeyResult {
    return {
      nodes: this.#nodes,
      responses: this.#responses,
      failures: this.#failures,
      messages: this.#messages,
      keys: this.#keys,
      primaryKeys: this.#primaryKeys,
      error: this.#error(),
    };
  }

  add(from: string, payload: Uint8Array | null): void {
    this.#responses++;
    const response = readResponse(payload);
    if (typeof response === "string") {
      this.#failures++;
      this.#messages.set(from, response);
      return;
    }
    const { result, message, keys, primaryKey } = response;
    if (!result) this.#failures++;
    if (!result || message !== "") this.#messages.set(from, message);
    if (result && message !== "") this.#context.log("WARN", message);
    for (const key of keys ?? []) increment(this.#keys, key);
    if (primaryKey !== "") increment(this.#primaryKeys, primaryKey);
  }

  #error(): string | undefined {
    if (this.#failures > 0) return `${this.#failures}/${this.#nodes} nodes reported failure`;
    if (this.#responses !== this.#nodes) {
      return `${this.#responses}/${this.#nodes} nodes reported success`;
    }
    return undefined;
  }
}

/** Decodes a response. Returns an error message if it cannot be decoded. */
function readResponse(payload: Uint8Array | null): KeyResponse | string {
  const shown = `[${Array.from(payload ?? []).join(" ")}]`;
  try {
    const response = decodeSerf(payload ?? new Uint8Array());
    if (response.type === "key-response") return response;
    return `Invalid key query response type: ${shown}`;
  } catch {
    return `Failed to decode key query response: ${shown}`;
  }
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
