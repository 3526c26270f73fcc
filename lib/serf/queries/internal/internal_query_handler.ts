/**
 * Answering internal queries.
 *
 * @module
 */

import { decodeText } from "../../../base/text.ts";
import { errorText } from "../../../base/errors.ts";
import { encodeConflictResponse } from "./name_conflict.ts";
import type { SerfContext } from "../../context.ts";
import { CONFLICT_QUERY, INTERNAL_PREFIX, keyQuery, PING_QUERY } from "./internal_query.ts";
import type { KeyResponder } from "./key_responder.ts";
import type { MemberTable } from "../../members/member_table.ts";
import type { IncomingQueries, OpenQuery } from "../incoming_queries.ts";

/** What answering needs of the other parts. */
export interface InternalQueryParts {
  readonly table: MemberTable;
  readonly keys: KeyResponder;
  readonly responder: IncomingQueries;
}

/** Answers the queries that users never see. */
export class InternalQueryHandler {
  readonly #context: SerfContext;
  readonly #parts: InternalQueryParts;

  constructor(context: SerfContext, parts: InternalQueryParts) {
    this.#context = context;
    this.#parts = parts;
  }

  handle(query: OpenQuery): void {
    const { name, payload } = query.message;
    switch (name) {
      case PING_QUERY:
        return;
      case CONFLICT_QUERY:
        return this.#answerConflict(query);
      case keyQuery("list-keys"):
        return this.#answer(query, this.#parts.keys.list((answer) => this.#fits(query, answer)));
      case keyQuery("install-key"):
        return this.#answer(query, this.#parts.keys.change("install-key", payload));
      case keyQuery("use-key"):
        return this.#answer(query, this.#parts.keys.change("use-key", payload));
      case keyQuery("remove-key"):
        return this.#answer(query, this.#parts.keys.change("remove-key", payload));
      default:
        this.#context.log(
          "WARN",
          `Unhandled internal query '${name.slice(INTERNAL_PREFIX.length)}'`,
        );
    }
  }

  /** Nobody is a witness in a case of its own: the rivals do not answer. */
  #answerConflict(query: OpenQuery): void {
    const name = decodeText(query.message.payload);
    if (name === this.#context.config.name) return;
    this.#context.log("DEBUG", `Got conflict resolution query for '${name}'`);
    this.#answer(query, encodeConflictResponse(this.#parts.table.get(name)));
  }

  #fits(query: OpenQuery, payload: Uint8Array): boolean {
    return this.#parts.responder.fits(query, payload);
  }

  #answer(query: OpenQuery, payload: Uint8Array | undefined): void {
    if (payload === undefined) return;
    try {
      this.#parts.responder.answer(query, payload);
    } catch (error) {
      this.#context.log(
        "ERR",
        `Failed to respond to query '${query.message.name}': ${errorText(error)}`,
      );
    }
  }
}
