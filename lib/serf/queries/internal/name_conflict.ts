/**
 * Name conflict resolution: when another node has our name, the other members are asked which of the two they know, and
 * the one that the majority does not know shuts down.
 *
 * @module
 */

import type { Address } from "../../../base/address.ts";
import { encodeText } from "../../../base/text.ts";
import { errorText } from "../../../base/errors.ts";
import type { SwimEvent } from "../../../swim/delegate.ts";
import { decodeSerf } from "../../../wire/messages/serf_codec.ts";
import type { ConflictResponse } from "../../../wire/messages/serf_messages.ts";
import type { SerfContext } from "../../context.ts";
import type { OutgoingQueries } from "../outgoing_queries.ts";
import { CONFLICT_QUERY } from "../../../api/internal_names.ts";

/** Logs name conflicts, and resolves those about our own name, one at a time. */
export class NameConflictResolver {
  readonly #context: SerfContext;
  readonly #outgoing: OutgoingQueries;
  #resolving = false;

  constructor(context: SerfContext, outgoing: OutgoingQueries) {
    this.#context = context;
    this.#outgoing = outgoing;
  }

  /** SWIM reports that a node with another address has the name of a known one. */
  handle({ known, claimed }: SwimEvent & { type: "conflict" }): void {
    const { name, resolveNameConflicts } = this.#context.config;
    if (known.node !== name) {
      const both = `${known.address.text} and ${claimed.address.text}`;
      this.#context.log("WARN", `Name conflict for '${known.node}' both ${both} are claiming`);
      return;
    }
    this.#context.log(
      "ERR",
      `Node name conflicts with another node at ${claimed.address.text}. Names must be unique! ` +
        `(Resolution enabled: ${resolveNameConflicts})`,
    );
    if (resolveNameConflicts && !this.#resolving) this.#resolve(known.address);
  }

  #resolve(own: Address): void {
    const payload = encodeText(this.#context.config.name);
    let responses = 0;
    let matching = 0;
    try {
      // Every response counts, so only the timeout ends the query.
      this.#outgoing.send({ name: CONFLICT_QUERY, payload }, { waitForTimeout: true }, {
        record: (record) => {
          const response = record.type === "response" ? this.#read(record.payload) : undefined;
          if (response === undefined) return;
          responses++;
          if (response.member?.address.sameEndpoint(own)) matching++;
        },
        over: () => this.#conclude(matching, responses),
      });
      this.#resolving = true;
    } catch (error) {
      this.#context.log("ERR", `Failed to start name resolution query: ${errorText(error)}`);
    }
  }

  #read(payload: Uint8Array | null): ConflictResponse | undefined {
    try {
      const response = decodeSerf(payload ?? new Uint8Array());
      if (response.type === "conflict-response") return response;
      this.#context.log("ERR", `Invalid conflict query response type: ${response.type}`);
    } catch (error) {
      this.#context.log("ERR", `Failed to decode conflict query response: ${errorText(error)}`);
    }
    return undefined;
  }

  #conclude(matching: number, responses: number): void {
    this.#resolving = false;
    const score = `[${matching} / ${responses}]`;
    if (matching > Math.floor(responses / 2)) {
      this.#context.log("INFO", `majority in name conflict resolution ${score}`);
      return;
    }
    this.#context.log("WARN", `minority in name conflict resolution, quiting ${score}`);
    this.#context.world.emit({
      type: "shutdown",
      reason: `another node has the name ${this.#context.config.name}`,
    });
  }
}
