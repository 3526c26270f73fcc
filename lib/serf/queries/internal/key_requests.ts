/**
 * Key management: asking every member to change or list its keys.
 *
 * @module
 */

import { decodeSerf, encodeSerf } from "../../../wire/messages/serf_codec.ts";
import type { KeyResponse } from "../../../wire/messages/serf_messages.ts";
import type { SerfContext } from "../../context.ts";
import type { KeyOperation, KeyResult } from "../../../api/keys.ts";
import type { QueryRecord } from "../../../api/query.ts";
import { keyQuery } from "./internal_query.ts";
import type { OutgoingQueries } from "../outgoing_queries.ts";

/** The answers to one key management query as they come in. */
class KeyTally {
  readonly nodes: number;
  readonly #context: SerfContext;
  readonly #messages = new Map<string, string>();
  readonly #keys = new Map<string, number>();
  readonly #primaryKeys = new Map<string, number>();
  #responses = 0;
  #failures = 0;

  constructor(context: SerfContext, nodes: number) {
    this.#context = context;
    this.nodes = nodes;
  }

  get complete(): boolean {
    return this.#responses >= this.nodes;
  }

  get result(): KeyResult {
    return {
      nodes: this.nodes,
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
    if (this.#failures > 0) return `${this.#failures}/${this.nodes} nodes reported failure`;
    if (this.#responses !== this.nodes) {
      return `${this.#responses}/${this.nodes} nodes reported success`;
    }
    return undefined;
  }
}

/**
 * Asks a key operation of all members; `then` gets the result as soon as so many have answered as were alive, or when the
 * query is over. Throws what {@link OutgoingQueries.ask} throws.
 */
export function requestKeys(
  request: { operation: KeyOperation; key: Uint8Array; relayFactor?: number; nodes: number },
  parts: { context: SerfContext; asker: OutgoingQueries },
  then: (result: KeyResult) => void,
): void {
  const { operation, key, relayFactor, nodes } = request;
  const payload = encodeSerf({ type: "key-request", key });
  const tally = new KeyTally(parts.context, nodes);
  const options = { relayFactor, waitForTimeout: true };
  const collector = parts.asker.ask({ name: keyQuery(operation), payload }, options, {
    record: (record: QueryRecord) => {
      if (record.type !== "response") return;
      tally.add(record.from, record.payload);
      if (tally.complete) collector.finish();
    },
    over: () => then(tally.result),
  });
}

/** Reads an answer; returns what is wrong with it if it is none. */
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
