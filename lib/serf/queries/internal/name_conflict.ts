/**
 * Two nodes claim one name: the others are asked which one they know, and the minority quits.
 *
 * @module
 */

import { encodeText } from "../../../base/text.ts";
import type { Address } from "../../../base/address.ts";
import { errorText } from "../../../base/errors.ts";
import type { SwimEvent } from "../../../swim/delegate.ts";
import { decodeSerf, encodeSerf } from "../../../wire/messages/serf_codec.ts";
import type { ConflictMember, ConflictResponse } from "../../../wire/messages/serf_messages.ts";
import type { SerfContext } from "../../context.ts";
import type { MemberStatus } from "../../../api/member.ts";
import { CONFLICT_QUERY } from "./internal_query.ts";
import type { MemberRecord } from "../../members/member_table.ts";
import type { OutgoingQueries } from "../outgoing_queries.ts";

/** How a status is written in an answer. */
const STATUS_NUMBERS: Readonly<Record<MemberStatus, number>> = {
  none: 0,
  alive: 1,
  leaving: 2,
  left: 3,
  failed: 4,
};

/** Encodes who we believe the owner of a name to be, or that we do not know. */
export function encodeConflictResponse(record: MemberRecord | undefined): Uint8Array {
  return encodeSerf({
    type: "conflict-response",
    member: record ? toConflictMember(record) : null,
  });
}

/** Notices conflicts, and asks for votes on our own name, one vote at a time. */
export class NameConflictResolver {
  readonly #context: SerfContext;
  readonly #asker: OutgoingQueries;
  #running = false;

  constructor(context: SerfContext, asker: OutgoingQueries) {
    this.#context = context;
    this.#asker = asker;
  }

  /** Another node claims the name of one that we know. If that is us, and we lose the vote, we ask to be shut down. */
  handle({ known, claimed }: SwimEvent & { type: "conflict" }): void {
    const { config } = this.#context;
    if (known.node !== config.name) {
      const rivals = `${known.address.text} and ${claimed.address.text}`;
      this.#context.log("WARN", `Name conflict for '${known.node}' both ${rivals} are claiming`);
      return;
    }
    this.#context.log(
      "ERR",
      `Node name conflicts with another node at ${claimed.address.text}. Names must be unique! ` +
        `(Resolution enabled: ${config.resolveNameConflicts})`,
    );
    if (config.resolveNameConflicts && !this.#running) this.#callVote(known.address);
  }

  #callVote(own: Address): void {
    const payload = encodeText(this.#context.config.name);
    let responses = 0;
    let matching = 0;
    try {
      // Every vote counts, so nothing but the timeout ends the query.
      this.#asker.ask({ name: CONFLICT_QUERY, payload }, { waitForTimeout: true }, {
        record: (record) => {
          const answer = record.type === "response" ? this.#read(record.payload) : undefined;
          if (answer === undefined) return;
          responses++;
          if (answer.member?.address.sameEndpoint(own)) matching++;
        },
        over: () => this.#conclude(matching, responses),
      });
      this.#running = true;
    } catch (error) {
      this.#context.log("ERR", `Failed to start name resolution query: ${errorText(error)}`);
    }
  }

  #read(payload: Uint8Array | null): ConflictResponse | undefined {
    try {
      const answer = decodeSerf(payload ?? new Uint8Array());
      if (answer.type === "conflict-response") return answer;
      this.#context.log("ERR", `Invalid conflict query response type: ${answer.type}`);
    } catch (error) {
      this.#context.log("ERR", `Failed to decode conflict query response: ${errorText(error)}`);
    }
    return undefined;
  }

  #conclude(matching: number, responses: number): void {
    this.#running = false;
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

function toConflictMember({ member }: MemberRecord): ConflictMember {
  return {
    ...member,
    tags: new Map(Object.entries(member.tags)),
    status: STATUS_NUMBERS[member.status],
  };
}
