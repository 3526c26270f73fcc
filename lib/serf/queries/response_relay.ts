/**
 * Relaying of acks and responses: copies are sent through other members, in case the direct path is broken.
 *
 * @module
 */

import type { Swim } from "../../swim/swim.ts";
import type { QueryMessage, RelayMessage } from "../../wire/messages/serf_messages.ts";
import type { SerfContext } from "../context.ts";
import { EncodedMessage } from "../encoded_message.ts";
import type { MemberRecord } from "../members/member_table.ts";

/** The memberlist protocol from which on members understand relay messages. */
const RELAY_PROTOCOL = 5;

/** Both ends of relaying: sending copies through others, and forwarding those of others. */
export class ResponseRelay {
  readonly #context: SerfContext;
  readonly #swim: Swim;

  constructor(context: SerfContext, swim: Swim) {
    this.#context = context;
    this.#swim = swim;
  }

  /**
   * Sends copies of a response through as many random members as the query asks for, unless the cluster has no more
   * members than that. Throws a `RangeError` if a copy would be too large.
   */
  send(response: EncodedMessage, query: QueryMessage): void {
    const { relayFactor } = query;
    if (relayFactor === 0 || this.#context.members.size < relayFactor + 1) return;
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
    for (const member of this.#pickRelays(relayFactor)) {
      this.#swim.sendUser(member.claim.address, relayed);
    }
  }

  /** Forwards a message for another member, byte for byte. */
  forward({ destination, message }: RelayMessage): void {
    this.#context.log("DEBUG", `Relaying response to addr: ${destination.text}`);
    this.#swim.sendUser(destination, { bytes: message });
  }

  #pickRelays(count: number): MemberRecord[] {
    const { config, members, world } = this.#context;
    const candidates = [...members.running()].filter(({ name, status, claim }) =>
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
