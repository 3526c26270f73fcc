/**
 * A node with sockets, files and real time: the protocol core under a driver, and what its user waits for. `Serf` and
 * the agent are built on it; they check what users pass in.
 *
 * @module
 */

import { keyBytes, unknownMember } from "../api/arguments.ts";
import { QueryEvent, type SerfEvent } from "../api/event.ts";
import { type EventFilter, matchesEvent } from "../api/event_filter.ts";
import { KeyManager } from "../api/keys.ts";
import type { Member } from "../api/member.ts";
import type { Payload } from "../api/payload.ts";
import type { Query, QueryOptions, QueryParameters } from "../api/query.ts";
import type { SerfClosed, SerfState } from "../api/serf_state.ts";
import type { ClusterExplanation } from "../api/why/compare.ts";
import type { WhyReport } from "../api/why/evidence.ts";
import { shiftTimes } from "../api/why/shift_times.ts";
import type { Address } from "../base/address.ts";
import { toBytes } from "../base/bytes.ts";
import { ClosedError, errorText, TimeoutError } from "../base/errors.ts";
import { Subscription, type SubscriptionOptions } from "../base/subscription.ts";
import { escapeControls } from "../go/escape_controls.ts";
import type { CompileExpression } from "../go/regexp.ts";
import type { SerfConfig } from "../serf/config.ts";
import { type MakeCore, SerfCore, type SerfTimer } from "../serf/core.ts";
import type { IncomingQuery, SerfOutput } from "../serf/output.ts";
import { compileFilters, encodeFilters } from "../serf/queries/filters.ts";
import { CHECKUP_QUERY, PING_QUERY } from "../api/internal_names.ts";
import { packetOverhead } from "../wire/framing/packet.ts";
import { Driver } from "./driver.ts";
import { joinTargets } from "./join.ts";
import { type Ending, Operations, type QueryCounts } from "./operations.ts";
import { rejoin } from "./rejoin.ts";
import { openResources, type Resources } from "./resources.ts";
import type { SerfOptions } from "./serf_options.ts";
import { noTracer, type Tracer } from "./tracing.ts";

/** Compiled when RE2 is loaded, because the first expression takes 10 ms, which no datagram should take. */
const WARM_UP_EXPRESSION = "^(web|db)-[0-9]+$";

/** What a node may be given beside its options. */
interface NodeParts {
  /** Takes its joins, queries and state exchanges. Default: nobody does. */
  readonly tracer?: Tracer;
  /** Default: it is loaded when it is needed. */
  readonly compileExpression?: CompileExpression;
  /** Makes the protocol core. Default: the plain one. */
  readonly makeCore?: MakeCore;
}

/** One node from its start to its end. After the end, everything that needs the node fails with a `ClosedError`. */
export class RunningNode {
  readonly keys: KeyManager;
  /** Resolves when the node holds no socket, timer or file any more. */
  readonly closed: Promise<SerfClosed>;
  readonly core: SerfCore;
  readonly #resources: Resources;
  readonly #tracer: Tracer;
  readonly #driver: Driver<SerfTimer, SerfOutput>;
  readonly #operations = new Operations();
  /** With the events that each wants; none means all. */
  readonly #subscriptions = new Map<Subscription<SerfEvent>, readonly EventFilter[]>();
  readonly #listeners = new Set<(event: SerfEvent) => void>();
  readonly #resolveClosed: (closed: SerfClosed) => void;
  /** Why nothing more can be done; `undefined` while it can. */
  #closedError: ClosedError | undefined;
  #lostName = false;
  /** Ends when expressions can be compiled; set as soon as they are to be. */
  #loading: Promise<void> | undefined;

  private constructor(
    resources: Resources,
    options: SerfOptions,
    {
      tracer = noTracer,
      compileExpression,
      makeCore = (...parts) => new SerfCore(...parts),
    }: NodeParts,
  ) {
    const { config, wire, transport, snapshot, log } = resources;
    this.#resources = resources;
    this.#tracer = tracer;
    this.#driver = new Driver({ transport, log, deliver: (output) => this.#deliver(output) });
    this.core = makeCore(config, this.#driver, {
      keyring: wire.cipher?.keyring,
      storeKeyring: options.onKeyringChange,
      snapshot: snapshot?.recovered,
      packetOverhead: () => packetOverhead(wire),
      compileExpression,
    });
    const { promise, resolve } = Promise.withResolvers<SerfClosed>();
    this.closed = promise;
    this.#resolveClosed = resolve;
    this.keys = new KeyManager(async (operation, key, { relayFactor }) => {
      const bytes = keyBytes("key", key);
      const { result } = await this.#run(
        "key-result",
        (id) => this.core.keys(operation, bytes, { id, relayFactor }),
      );
      return result;
    });
  }

  /** Starts a node. Rejects as `Serf.create` does. */
  static async start(options: SerfOptions, parts: NodeParts = {}): Promise<RunningNode> {
    const resources = await openResources(options, parts.tracer ?? noTracer);
    let node: RunningNode;
    try {
      node = new RunningNode(resources, options, parts);
    } catch (error) {
      await Promise.all([resources.transport.close(), resources.snapshot?.close()]);
      throw error;
    }
    node.#driver.start(node.core);
    node.#rejoin();
    return node;
  }

  get config(): SerfConfig {
    return this.#resources.config;
  }

  /** Where the node listens, with the real port. */
  get bindAddress(): Address {
    return this.#resources.transport.address;
  }

  get encrypted(): boolean {
    return this.#resources.wire.cipher !== undefined;
  }

  get state(): SerfState {
    return this.#closedError === undefined ? this.core.state : "shutdown";
  }

  get local(): Member {
    return this.core.local;
  }

  /** How many of our user events wait for their turn, because they were sent faster than gossip carries them. */
  get userEventsWaiting(): number {
    return this.#closedError === undefined ? this.core.userEventsWaiting : 0;
  }

  /** As `Serf.join`. */
  join(addresses: readonly string[], options: { readonly replay: boolean }): Promise<number> {
    const attributes = {
      "serf.join.addresses": addresses.join(" "),
      "serf.join.replay": options.replay,
    };
    return this.#tracer.span("serf.join", attributes, async (span) => {
      const count = await this.#join(addresses, options);
      span.set({ "serf.join.reached": count });
      return count;
    });
  }

  async #join(
    addresses: readonly string[],
    options: { readonly replay: boolean },
  ): Promise<number> {
    if (this.#lostName) throw this.#closedError;
    if (this.state !== "alive") throw new ClosedError("Serf can't Join after Leave or Shutdown");
    return await joinTargets(addresses, {
      defaultPort: this.bindAddress.port,
      log: this.#resources.log,
      contact: (resolved) =>
        this.#run(
          "joined",
          (id) => this.core.join(resolved, { id, ignoreOld: !options.replay }),
        ),
    });
  }

  /** As `Serf.leave`. */
  async leave(): Promise<void> {
    await this.#confirm((id) => this.core.leave({ id }), ClosedError);
  }

  /** As `Serf.forceLeave`. */
  async forceLeave(name: string, options: { readonly prune: boolean }): Promise<void> {
    await this.#confirm((id) => this.core.forceLeave(name, { id, ...options }));
  }

  /** As `Serf.setTags`. */
  async setTags(tags: Readonly<Record<string, string>>): Promise<void> {
    await this.#confirm((id) => this.core.setTags({ ...tags }, { id }));
  }

  /** As `Serf.userEvent`. */
  userEvent(name: string, payload: Payload, options: { readonly coalesce: boolean }): void {
    this.#call(() => this.core.userEvent(name, toBytes(payload), options));
  }

  /** Loads what compiles expressions, which queries that filter by tags need. Rejects with an `Error` if that fails. */
  async loadExpressions(): Promise<void> {
    if (this.#loading === undefined && this.core.compilesExpressions) return;
    await (this.#loading ??= this.#loadExpressions());
  }

  async #loadExpressions(): Promise<void> {
    const { compileExpression } = await import("../go/regexp.ts");
    compileExpression(WARM_UP_EXPRESSION).test("web-1");
    this.#driver.call(() => this.core.loadExpressions(compileExpression));
  }

  /** A query of another member waits for expressions. Without them it is ignored, as a bad expression is. */
  #expressionsNeeded(): void {
    this.loadExpressions().catch((error) => {
      this.#resources.log("ERR", `serf: Cannot load RE2: ${errorText(error)}`);
      const fail = () => {
        throw error;
      };
      this.#driver.call(() => this.core.loadExpressions(fail));
    });
  }

  /** As `Serf.query`, but nobody answers if an expression is not RE2. Those by tags take {@link loadExpressions}. */
  query(name: string, payload: Payload, options: QueryOptions): Query {
    // Room for an ack and an answer of everybody, so that a slow reader loses none.
    const { capacity = Math.max(1_024, 2 * this.core.members().length), signal, ...parameters } =
      options;
    const bytes = toBytes(payload);
    const { promise: ended, resolve: onEnd, reject } = Promise.withResolvers<QueryCounts>();
    this.#traceQuery(name, ended);
    try {
      return this.#operations.query(
        (id) => this.#call(() => this.core.query(name, bytes, { ...parameters, id })),
        {
          ...{ capacity, signal, onEnd },
          acksOnly: name === PING_QUERY,
          asked: () => this.#asked(parameters),
        },
      );
    } catch (error) {
      reject(error);
      throw error;
    }
  }

  #traceQuery(name: string, ended: Promise<QueryCounts>): void {
    this.#tracer.span("serf.query", { "serf.query.name": name }, async (span) => {
      const { ack, response } = await ended;
      span.set({ "serf.query.acks": ack, "serf.query.responses": response });
    }).catch(() => {
      // The caller is told.
    });
  }

  /** The events from now on that one of the filters matches; all, if there are no filters. */
  events(
    filters: readonly EventFilter[] = [],
    options: Pick<SubscriptionOptions, "capacity" | "signal"> = {},
  ): Subscription<SerfEvent> {
    const events = new Subscription<SerfEvent>({
      ...options,
      onClose: () => this.#subscriptions.delete(events),
    });
    if (this.#closedError === undefined) this.#subscriptions.set(events, filters);
    else events.close(this.#lostName ? this.#closedError : undefined);
    return events;
  }

  /** Calls `listener` with each event from now on, before anything is sent because of what caused it. */
  listen(listener: (event: SerfEvent) => void): void {
    this.#listeners.add(listener);
  }

  /** As `Serf.why`, without a conclusion. */
  why(name: string): WhyReport {
    const report = this.core.why(name);
    if (report === undefined) {
      throw unknownMember(name, this.core.members().map((member) => member.name));
    }
    return shiftTimes(report, Date.now() - report.timeMs);
  }

  /** As `Serf.whyAll`. */
  async whyAll(name: string): Promise<ClusterExplanation> {
    this.why(name);
    const { answers } = await this.#run("why-answers", (id) => this.core.askWhy(name, { id }));
    const [{ explain }, { compareViews }] = await Promise.all([
      import("../api/why/story.ts"),
      import("../api/why/compare.ts"),
    ]);
    return compareViews(explain(this.why(name)), answers);
  }

  /** As `Serf.shutdown`. */
  async shutdown(): Promise<void> {
    this.#close(this.core.state === "left" ? "left" : "shutdown");
    await this.closed;
  }

  async #close(reason: SerfClosed["reason"], why?: string): Promise<void> {
    if (this.#closedError !== undefined) return;
    this.#lostName = reason === "conflict";
    const because = why === undefined ? "" : `: ${why}`;
    const error = this.#closedError = new ClosedError(`Serf was shut down${because}`);
    this.#driver.call(() => {
      try {
        this.core.shutdown();
      } catch (error) {
        this.#logUnexpected(error);
      }
    });
    // Who reads events and answers sees the end of a shutdown, but must not miss a conflict.
    const streamEnd = this.#lostName ? error : undefined;
    this.#operations.close(error, streamEnd);
    for (const events of [...this.#subscriptions.keys()]) events.close(streamEnd);
    try {
      await this.#driver.close();
    } catch (error) {
      this.#logUnexpected(error);
    }
    try {
      await this.#resources.snapshot?.close();
    } catch (error) {
      this.#logUnexpected(error);
    }
    this.#resolveClosed({ reason });
  }

  #logUnexpected(error: unknown): void {
    this.#resources.log("ERR", `serf: Unexpected error in shutdown: ${errorText(error)}`);
  }

  /** Called by the driver with what the node has to say. */
  #deliver(output: SerfOutput): void {
    switch (output.type) {
      case "log":
        return this.#resources.log(output.level, escapeControls(output.text));
      case "snapshot":
        return this.#resources.snapshot?.add(output.entry);
      case "query-record":
        return this.#operations.record(output);
      case "joined":
      case "done":
      case "key-result":
      case "why-answers":
        return this.#operations.end(output);
      case "shutdown":
        this.#close("conflict", output.reason);
        return;
      case "expressions-needed":
        return this.#expressionsNeeded();
      case "query":
        if (output.name === CHECKUP_QUERY) return this.#answerCheckup(output);
        return this.#publish(
          new QueryEvent(
            output,
            (payload) => this.#respond(output, payload),
            (reason) => this.#fail(output, reason),
          ),
        );
      default:
        this.#publish(output);
    }
  }

  #publish(event: SerfEvent): void {
    for (const listener of this.#listeners) listener(event);
    for (const [events, filters] of this.#subscriptions) {
      const wanted = filters.length === 0 || filters.some((filter) => matchesEvent(filter, event));
      if (wanted) events.push(event);
    }
  }

  /** Tells our time, and where we see the member that asks. The protocol core has no clock. */
  #answerCheckup(query: IncomingQuery): void {
    const asker = this.core.member(query.sourceNode)?.address.text;
    const answer = JSON.stringify({ time_ms: Date.now(), asker_address: asker });
    try {
      this.#respond(query, toBytes(answer));
    } catch (error) {
      this.#resources.log("WARN", `serf: Failed to answer a checkup: ${errorText(error)}`);
    }
  }

  #respond(query: IncomingQuery, payload: Uint8Array): void {
    this.#call(() => this.core.respond(query, payload));
  }

  #fail(query: IncomingQuery, reason: string): void {
    if (this.#closedError === undefined) this.#call(() => this.core.failQuery(query, reason));
  }

  /** The members that a query is for, as far as we know them. */
  #asked(parameters: QueryParameters): string[] {
    const passes = compileFilters(encodeFilters(parameters), this.core.compileExpression);
    return this.core.members()
      .filter(({ status }) => status === "alive" || status === "leaving")
      .filter(({ name, tags }) => passes(name, tags))
      .map(({ name }) => name);
  }

  /** Looks for the cluster that the snapshot remembers, in the background. */
  #rejoin(): void {
    const { config, snapshot, log } = this.#resources;
    rejoin(snapshot?.recovered.alive ?? new Map(), {
      self: config.name,
      log,
      contact: async (address) => {
        const { count } = await this.#run("joined", (id) => this.core.rejoin(address, { id }));
        return count > 0;
      },
    }).catch(() => {
      // Shut down meanwhile: there is nothing to rejoin for.
    });
  }

  #call<Result>(run: () => Result): Result {
    if (this.#closedError !== undefined) throw this.#closedError;
    return this.#driver.call(run);
  }

  #run<Type extends Ending["type"]>(
    type: Type,
    start: (id: number) => void,
  ): Promise<Extract<Ending, { type: Type }>> {
    return this.#operations.run(type, (id) => this.#call(() => start(id)));
  }

  /** Runs an operation that only succeeds or fails. */
  async #confirm(
    start: (id: number) => void,
    Failure: new (message: string) => Error = TimeoutError,
  ): Promise<void> {
    const { error } = await this.#run("done", start);
    if (error !== undefined) throw new Failure(error);
  }
}
