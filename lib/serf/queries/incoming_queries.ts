/**
 * Queries that arrive, from others or from ourselves: each is handled once, if its filters say that it is for us.
 *
 * @module
 */

import type { LamportTime } from "../../base/lamport_time.ts";
import { errorText } from "../../base/errors.ts";
import { RateLimiter } from "../../base/rate_limiter.ts";
import { QueryFlag, type QueryMessage } from "../../wire/messages/serf_messages.ts";
import type { SerfContext } from "../context.ts";
import { RecentMessages } from "../events/recent_messages.ts";
import type { LamportClock } from "../lamport.ts";
import type { SnapshotRecorder } from "../snapshot/snapshot_recorder.ts";
import { INTERNAL_PREFIX } from "../../api/internal_names.ts";
import { ExpressionBudget } from "./expression_budget.ts";
import { needsExpressions, passesFilters } from "./filters.ts";
import type { InternalQueries } from "./internal/internal_queries.ts";
import type { OpenQuery, QueryResponder } from "./query_responder.ts";

/** At most one line about filters that cannot be used is logged in this time. */
const WARNING_INTERVAL_MS = 1_000;

/** Handles queries. */
export class IncomingQueries {
  readonly #context: SerfContext;
  readonly #clock: LamportClock;
  /** Queries from before this time are ignored. */
  #minTime: LamportTime;
  readonly #internal: InternalQueries;
  readonly #responder: QueryResponder;
  readonly #recorder: SnapshotRecorder | undefined;
  /** Ids of recent queries. */
  readonly #recent: RecentMessages<number>;
  readonly #budget = new ExpressionBudget();
  readonly #warnings = new RateLimiter(WARNING_INTERVAL_MS);

  constructor(
    context: SerfContext,
    { clock, minTime, internal, responder, recorder }: {
      clock: LamportClock;
      minTime: LamportTime;
      internal: InternalQueries;
      responder: QueryResponder;
      recorder: SnapshotRecorder | undefined;
    },
  ) {
    this.#context = context;
    this.#clock = clock;
    this.#minTime = minTime;
    this.#internal = internal;
    this.#responder = responder;
    this.#recorder = recorder;
    this.#recent = new RecentMessages(context.config.queryBuffer, (a, b) => a === b);
  }

  /** Returns whether the query was news and is to be gossiped on. */
  receive(message: QueryMessage): boolean {
    const { lTime, id, name } = message;
    if (!this.#clock.witness(lTime) || lTime < this.#minTime) return false;
    const now = this.#clock.time;
    if (this.#recent.isTooOld(lTime, now)) {
      this.#context.log("WARN", `received old query ${name} from time ${lTime} (current: ${now})`);
      return false;
    }
    if (!this.#recent.add(lTime, id)) return false;
    this.#count(name);
    const { config, expressions, world } = this.#context;
    const arrivedAt = world.now;
    const handle = () => {
      if (this.#isForUs(message)) this.#handle(message, arrivedAt);
    };
    if (expressions.loaded || !needsExpressions(message.filters, config.name)) handle();
    else expressions.whenLoaded(handle);
    return (message.flags & QueryFlag.noBroadcast) === 0;
  }

  #isForUs({ filters }: QueryMessage): boolean {
    if (filters === null) return true;
    const { config: { name }, expressions, local: { tags }, world: { now } } = this.#context;
    try {
      return passesFilters(filters, { name, tags }, {
        spend: (cost) => this.#budget.spend(cost, now),
        compile: expressions.compile,
      });
    } catch (error) {
      if (this.#warnings.allows("filters", now)) this.#context.log("WARN", errorText(error));
      return false;
    }
  }

  #handle(message: QueryMessage, arrivedAt: number): void {
    if (message.flags & QueryFlag.ack) this.#responder.acknowledge(message);
    const deadline = arrivedAt + message.timeoutNs / 1e6;
    const query: OpenQuery = { message, deadline, responded: false };
    this.#recorder?.recordQuery(message.lTime);
    if (message.name.startsWith(INTERNAL_PREFIX)) this.#internal.handle(query);
    else this.#context.expressions.emit(this.#responder.open(query));
  }

  #count(name: string): void {
    const { metrics } = this.#context.config;
    metrics?.count("serf.queries");
    metrics?.count(`serf.queries.${name}`);
  }

  /** See {@link SerfCore.save}. */
  save() {
    return {
      recent: this.#recent.save(),
      budget: this.#budget.save(),
      warnings: this.#warnings.save(),
      minTime: this.#minTime,
    };
  }

  load({ recent, budget, warnings, minTime }: ReturnType<IncomingQueries["save"]>): void {
    this.#recent.load(recent);
    this.#budget.load(budget);
    this.#warnings.load(warnings);
    this.#minTime = minTime;
  }
}
