/**
 * Asking all members how they see one of them. Serf's agents acknowledge the question and answer nothing.
 *
 * @module
 */

import { WHY_QUERY } from "../../../api/internal_names.ts";
import type { MemberView } from "../../../api/why/view.ts";
import type { Answers } from "../../../api/why/compare.ts";
import { errorText } from "../../../base/errors.ts";
import { encodeText } from "../../../base/text.ts";
import type { SerfContext } from "../../context.ts";
import type { OutgoingQueries } from "../outgoing_queries.ts";
import { decodeView } from "./view_codec.ts";

/**
 * Through how many members answers are sent once more: where packets between two members get lost, the answer of the one to
 * the other is what is needed most.
 */
const RELAY_FACTOR = 2;

/** Asks, and collects what comes back. */
export class WhyQueries {
  readonly #context: SerfContext;
  readonly #outgoing: OutgoingQueries;

  constructor(context: SerfContext, outgoing: OutgoingQueries) {
    this.#context = context;
    this.#outgoing = outgoing;
  }

  /**
   * Asks all members about one. `callback` gets what they have answered when all have, or when the time of a query is over.
   * Throws what {@link OutgoingQueries.send} throws.
   */
  send(node: string, callback: (answers: Answers) => void): void {
    const { config: { name: self }, members } = this.#context;
    const asked = [...members.running()].map(({ name }) => name).filter((name) => name !== self);
    const views = new Map<string, MemberView>();
    const acks = new Set<string>();
    const query = { name: WHY_QUERY, payload: encodeText(node) };
    this.#outgoing.send(query, { requestAck: true, relayFactor: RELAY_FACTOR }, {
      record: (record) => {
        const { from } = record;
        if (record.type === "ack") acks.add(from);
        const view = record.type === "response" ? this.#read(from, record.payload) : undefined;
        if (view !== undefined && from !== self) views.set(from, view);
      },
      over: () =>
        callback({
          views: [...views.values()].toSorted((a, b) => a.observer < b.observer ? -1 : 1),
          silent: [...acks].filter((name) => name !== self && !views.has(name)).sort(),
          missing: asked.filter((name) => !acks.has(name) && !views.has(name)).sort(),
        }),
    });
  }

  #read(from: string, payload: Uint8Array | null): MemberView | undefined {
    try {
      return decodeView(from, payload ?? new Uint8Array());
    } catch (error) {
      this.#context.log("WARN", `Failed to decode the view of ${from}: ${errorText(error)}`);
      return undefined;
    }
  }
}
