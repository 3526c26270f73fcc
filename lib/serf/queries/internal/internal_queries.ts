/**
 * Answers the queries that Serf itself uses.
 *
 * @module
 */

import type { MemberStatus } from "../../../api/member.ts";
import { decodeText } from "../../../base/text.ts";
import { errorText } from "../../../base/errors.ts";
import { encodeSerf } from "../../../wire/messages/serf_codec.ts";
import type { ConflictMember } from "../../../wire/messages/serf_messages.ts";
import type { SerfContext } from "../../context.ts";
import type { MemberRecord } from "../../members/member_table.ts";
import type { OpenQuery, QueryResponder } from "../query_responder.ts";
import {
  CHECKUP_QUERY,
  CONFLICT_QUERY,
  INTERNAL_PREFIX,
  keyQuery,
  PING_QUERY,
  WHY_QUERY,
} from "../../../api/internal_names.ts";
import type { KeyResponder } from "./key_responder.ts";
import type { WhyResponder } from "./why_responder.ts";

/** How a status is encoded in a response. */
const STATUS_NUMBERS: Readonly<Record<MemberStatus, number>> = {
  none: 0,
  alive: 1,
  leaving: 2,
  left: 3,
  failed: 4,
};

/** Handles internal queries. */
export class InternalQueries {
  readonly #context: SerfContext;
  readonly #keys: KeyResponder;
  readonly #why: WhyResponder;
  readonly #responder: QueryResponder;

  constructor(
    context: SerfContext,
    { keys, why, responder }: { keys: KeyResponder; why: WhyResponder; responder: QueryResponder },
  ) {
    this.#context = context;
    this.#keys = keys;
    this.#why = why;
    this.#responder = responder;
  }

  handle(query: OpenQuery): void {
    const { name, payload } = query.message;
    switch (name) {
      case PING_QUERY:
        return;
      case CHECKUP_QUERY:
        return this.#context.expressions.emit(this.#responder.open(query));
      case CONFLICT_QUERY:
        return this.#respondToConflict(query);
      case WHY_QUERY:
        return this.#respond(
          query,
          this.#why.answer(query, (response) => this.#responder.fits(query, response)),
        );
      case keyQuery("list-keys"):
        return this.#respond(
          query,
          this.#keys.list((response) => this.#responder.fits(query, response)),
        );
      case keyQuery("install-key"):
        return this.#respond(query, this.#keys.change("install-key", payload));
      case keyQuery("use-key"):
        return this.#respond(query, this.#keys.change("use-key", payload));
      case keyQuery("remove-key"):
        return this.#respond(query, this.#keys.change("remove-key", payload));
      default:
        this.#context.log(
          "WARN",
          `Unhandled internal query '${name.slice(INTERNAL_PREFIX.length)}'`,
        );
    }
  }

  /** The two nodes with the name in question do not respond, since each would only confirm itself. */
  #respondToConflict(query: OpenQuery): void {
    const name = decodeText(query.message.payload);
    if (name === this.#context.config.name) return;
    this.#context.log("DEBUG", `Got conflict resolution query for '${name}'`);
    this.#respond(query, encodeConflictResponse(this.#context.members.get(name)));
  }

  #respond(query: OpenQuery, payload: Uint8Array | undefined): void {
    if (payload === undefined) return;
    try {
      this.#responder.respondTo(query, payload);
    } catch (error) {
      const reason = errorText(error);
      this.#context.log("ERR", `Failed to respond to query '${query.message.name}': ${reason}`);
    }
  }
}

/** Encodes the member that we know under a name, or that we know none. */
function encodeConflictResponse(record: MemberRecord | undefined): Uint8Array {
  return encodeSerf({
    type: "conflict-response",
    member: record ? toConflictMember(record) : null,
  });
}

function toConflictMember({ member }: MemberRecord): ConflictMember {
  return {
    ...member,
    tags: new Map(Object.entries(member.tags)),
    status: STATUS_NUMBERS[member.status],
  };
}
