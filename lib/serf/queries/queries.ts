/**
 * All about queries, put together: asking, answering, relaying, and those that Serf uses itself.
 *
 * @module
 */

import type { Keyring } from "../../wire/framing/keyring.ts";
import type { QueryMessage } from "../../wire/messages/serf_messages.ts";
import type { Broadcasts } from "../broadcasts.ts";
import { NameConflictResolver } from "./internal/name_conflict.ts";
import type { SerfContext } from "../context.ts";
import type { KeyOperation, KeyResult } from "../../api/keys.ts";
import type { SnapshotState } from "../snapshot/snapshot.ts";
import { INTERNAL_PREFIX } from "./internal/internal_query.ts";
import { InternalQueryHandler } from "./internal/internal_query_handler.ts";
import { requestKeys } from "./internal/key_requests.ts";
import { KeyResponder } from "./internal/key_responder.ts";
import { LamportClock } from "../lamport.ts";
import type { MemberTable } from "../members/member_table.ts";
import { OutgoingQueries } from "./outgoing_queries.ts";
import { IncomingQueries, type OpenQuery } from "./incoming_queries.ts";
import { ResponseRelay, type SendUser } from "./response_relay.ts";
import type { SnapshotRecorder } from "../snapshot/snapshot_recorder.ts";

/** What queries need of the rest of the machine. */
export interface QueriesParts {
  readonly table: MemberTable;
  readonly broadcasts: Broadcasts;
  readonly keyring: Keyring | undefined;
  readonly storeKeyring: ((keyring: Keyring) => void) | undefined;
  readonly snapshot: SnapshotState | undefined;
  readonly recorder: SnapshotRecorder | undefined;
  readonly send: SendUser;
  aliveCount(): number;
  tags(): Readonly<Record<string, string>>;
}

/** The queries of one node. */
export class Queries {
  readonly clock: LamportClock;
  readonly relay: ResponseRelay;
  readonly asker: OutgoingQueries;
  readonly responder: IncomingQueries;
  readonly vote: NameConflictResolver;
  readonly #context: SerfContext;
  readonly #parts: QueriesParts;
  readonly #internal: InternalQueryHandler;

  constructor(context: SerfContext, parts: QueriesParts) {
    const { table, snapshot, send, tags } = parts;
    this.#context = context;
    this.#parts = parts;
    this.clock = new LamportClock(snapshot?.queryClock);
    this.relay = new ResponseRelay(context, table, send);
    this.responder = new IncomingQueries(context, {
      clock: this.clock,
      minTime: snapshot === undefined ? 0 : snapshot.queryClock + 1,
      relay: this.relay,
      send,
      tags,
      deliver: (query) => this.#deliver(query),
    });
    this.asker = new OutgoingQueries(context, {
      ...parts,
      clock: this.clock,
      handleLocally: (query: QueryMessage) => this.responder.receive(query),
    });
    this.vote = new NameConflictResolver(context, this.asker);
    this.#internal = new InternalQueryHandler(context, {
      table,
      keys: new KeyResponder(context, parts),
      responder: this.responder,
    });
  }

  /** Asks a key operation of all members; see {@link requestKeys}. */
  requestKeys(
    request: { operation: KeyOperation; key: Uint8Array; relayFactor?: number },
    then: (result: KeyResult) => void,
  ): void {
    const parts = { context: this.#context, asker: this.asker };
    requestKeys({ ...request, nodes: this.#parts.aliveCount() }, parts, then);
  }

  #deliver(query: OpenQuery): void {
    const { name, lTime } = query.message;
    this.#parts.recorder?.recordQuery(lTime);
    if (name.startsWith(INTERNAL_PREFIX)) this.#internal.handle(query);
    else this.#context.world.emit(this.responder.publish(query));
  }
}
