/**
 * Sending acks and answers a second way: through other members, in case the direct way is broken.
 *
 * @module
 */

import type { Address } from "../../base/address.ts";
import type { Opaque } from "../../wire/messages/messages.ts";
import type { QueryMessage, RelayMessage } from "../../wire/messages/serf_messages.ts";
import type { SerfContext } from "../context.ts";
import type { MemberRecord, MemberTable } from "../members/member_table.ts";
import { EncodedMessage } from "../encoded_message.ts";

/** The membership protocol that members must understand to be asked for help. */
const RELAY_PROTOCOL = 5;

/** Sends one user message as a datagram of its own. */
export type SendUser = (to: Address, body: Opaque) => void;

/** Both sides of relaying: asking others, and doing it for others. */
export class ResponseRelay {
  readonly #context: SerfContext;
  readonly #table: MemberTable;
  readonly #send: SendUser;

  constructor(context: SerfContext, table: MemberTable, send: SendUser) {
    this.#context = context;
    this.#table = table;
    this.#send = send;
  }

  /**
   * Sends copies of a response through as many random members as the query wants, unless the cluster is too small for
   * that to help. Throws a `RangeError` if the copy would be too large.
   */
  copy(response: EncodedMessage, query: QueryMessage): void {
    const { relayFactor } = query;
    if (relayFactor === 0 || this.#table.size < relayFactor + 1) return;
    const relayed = new EncodedMessage({
      type: "relay",
      destination: query.address,
      destinationName: query.sourceNode,
      message: response.bytes,
    });
    const limit = this.#context.config.queryResponseSizeLimit;
    if (relayed.bytes.length > limit) {
      throw new RangeError(`relayed response exceeds limit of ${limit} bytes`);
    }
    for (const helper of this.#pickHelpers(relayFactor)) this.#send(helper.claim.address, relayed);
  }

  /** Passes a message on for somebody else, byte for byte. */
  forward({ destination, message }: RelayMessage): void {
    this.#context.log("DEBUG", `Relaying response to addr: ${destination.text}`);
    this.#send(destination, { bytes: message });
  }

  #pickHelpers(count: number): MemberRecord[] {
    const { config, world } = this.#context;
    const candidates = [...this.#table.running()].filter(({ name, status, claim }) =>
      status === "alive" && name !== config.name &&
      (claim.versions?.protocolMax ?? 0) >= RELAY_PROTOCOL
    );
    const picked: MemberRecord[] = [];
    while (picked.length < count && candidates.length > 0) {
      const index = Math.floor(world.random() * candidates.length);
      picked.push(candidates[index]);
      candidates[index] = candidates[candidates.length - 1];
      candidates.pop();
    }
    return picked;
  }
}
