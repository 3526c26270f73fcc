/**
 * The parts of a node that deal with queries: those it sends, those it receives, and the internal ones that Serf uses
 * for keys and name conflicts.
 *
 * @module
 */

import type { Broadcasts } from "../broadcasts.ts";
import type { SerfCoreOptions } from "../config.ts";
import type { SerfContext } from "../context.ts";
import { LamportClock } from "../lamport.ts";
import type { Swim } from "../../swim/swim.ts";
import { IncomingQueries } from "./incoming_queries.ts";
import { InternalQueries } from "./internal/internal_queries.ts";
import { KeyQueries } from "./internal/key_queries.ts";
import { KeyResponder } from "./internal/key_responder.ts";
import { NameConflictResolver } from "./internal/name_conflict.ts";
import { WhyQueries } from "./internal/why_queries.ts";
import { WhyResponder } from "./internal/why_responder.ts";
import { OutgoingQueries } from "./outgoing_queries.ts";
import { QueryResponder } from "./query_responder.ts";
import { ResponseRelay } from "./response_relay.ts";
import type { SnapshotRecorder } from "../snapshot/snapshot_recorder.ts";

/** The queries of one node. */
export class Queries {
  readonly clock: LamportClock;
  readonly incoming: IncomingQueries;
  readonly outgoing: OutgoingQueries;
  readonly responder: QueryResponder;
  readonly relay: ResponseRelay;
  readonly keys: KeyQueries;
  readonly conflicts: NameConflictResolver;
  readonly why: WhyQueries;
  readonly #whyResponder: WhyResponder;

  constructor(
    context: SerfContext,
    { swim, broadcasts, recorder }: {
      swim: Swim;
      broadcasts: Broadcasts;
      recorder: SnapshotRecorder | undefined;
    },
    options: SerfCoreOptions,
  ) {
    const { snapshot } = options;
    const clock = new LamportClock(snapshot?.queryClock, context);
    const minTime = snapshot === undefined ? 0 : clock.time;
    const relay = new ResponseRelay(context, swim);
    const responder = new QueryResponder(context, { relay, swim });
    const keys = new KeyResponder(context, options);
    const why = new WhyResponder(context, swim);
    const internal = new InternalQueries(context, { keys, why, responder });
    const incoming = new IncomingQueries(context, {
      clock,
      minTime,
      internal,
      responder,
      recorder,
    });
    const outgoing = new OutgoingQueries(context, { clock, swim, broadcasts, incoming });

    this.clock = clock;
    this.relay = relay;
    this.responder = responder;
    this.incoming = incoming;
    this.outgoing = outgoing;
    this.keys = new KeyQueries(context, { swim, outgoing });
    this.conflicts = new NameConflictResolver(context, outgoing);
    this.why = new WhyQueries(context, outgoing);
    this.#whyResponder = why;
  }

  /** Whether all queries under way are those of the user. */
  get isQuiet(): boolean {
    return this.outgoing.isQuiet;
  }

  /** See {@link SerfCore.save}. */
  save() {
    return {
      clock: this.clock.save(),
      incoming: this.incoming.save(),
      outgoing: this.outgoing.save(),
      responder: this.responder.save(),
      whyResponder: this.#whyResponder.save(),
    };
  }

  load(saved: ReturnType<Queries["save"]>): void {
    this.clock.load(saved.clock);
    this.incoming.load(saved.incoming);
    this.outgoing.load(saved.outgoing);
    this.responder.load(saved.responder);
    this.#whyResponder.load(saved.whyResponder);
  }
}
