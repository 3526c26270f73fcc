/**
 * A running agent: a member of the cluster with event handlers, a log, and a file for its tags. The RPC server passes the
 * commands of its clients to it.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import { decodeBase64 } from "../go/base64.ts";
import { errorText } from "../base/errors.ts";
import { escapeControls } from "../go/escape_controls.ts";
import { goQuote } from "../go/quote.ts";
import { Subscription } from "../base/subscription.ts";
import type { AgentLog } from "./log/agent_log.ts";
import { RunningNode } from "../host/running_node.ts";
import type { SerfOptions } from "../host/serf_options.ts";
import type { Tracer } from "../host/tracing.ts";
import type { RunningRecording } from "../recording/start_recording.ts";
import { failureText } from "../rpc/failure_text.ts";
import type { RpcCounter } from "../rpc/server/rpc_agent.ts";
import { encodeMeta } from "../serf/check_config.ts";
import { CHECKUP_QUERY, INTERNAL_PREFIX, PING_QUERY } from "../api/internal_names.ts";
import type { SerfEvent } from "../api/event.ts";
import type { KeyOperation, KeyResult } from "../api/keys.ts";
import type { Member } from "../api/member.ts";
import type { QueryOptions, QueryRecord } from "../api/query.ts";
import type { Coordinate } from "../api/coordinate.ts";
import type { ClusterExplanation } from "../api/why/compare.ts";
import type { Explanation } from "../api/why/story.ts";
import type { SuspicionInfo } from "../swim/state/suspicion.ts";
import type { HttpAgent } from "./http/http_agent.ts";
import { UserEventThrottle } from "./user_event_throttle.ts";
import type { HandlerSpec } from "./handlers/handler_spec.ts";
import type { RunScriptOptions } from "./handlers/run_script.ts";
import { ScriptHandlers } from "./handlers/script_handlers.ts";
import { writeTagsFile } from "./config/state_files.ts";

/** The member, and what the agent adds to it. */
interface AgentOptions {
  readonly serf: SerfOptions;
  readonly log: AgentLog;
  readonly handlers: readonly HandlerSpec[];
  /** How long background processes of a handler may keep its output open after it has exited, milliseconds. */
  readonly handlerWaitDelayMs: number;
  /** What {@link RpcAgent.metricsReport} returns. */
  readonly metricsReport: () => readonly string[];
  /** Takes spans. Default: there are none. */
  readonly tracer?: Tracer;
  /** Records the member. Closed with the agent. Default: nothing is recorded. */
  readonly recording?: RunningRecording;
  /** The file that is written whenever the tags change. Default: none. */
  readonly tagsFile?: string;
}

type Tags = Readonly<Record<string, string>>;

/** What is logged before a key operation. */
const KEY_OPERATION_TEXTS: Readonly<Record<KeyOperation, string>> = {
  "install-key": "Initiating key installation",
  "use-key": "Initiating primary key change",
  "remove-key": "Initiating key removal",
  "list-keys": "Initiating key listing",
};

/** One agent. It logs each operation, as Serf's agent does. */
export class Agent implements HttpAgent {
  /** Resolves when the agent has shut down, for any reason. */
  readonly closed: Promise<void>;
  readonly #node: RunningNode;
  readonly #options: AgentOptions;
  readonly #handlers: ScriptHandlers;
  /** Events that wait for their handlers. */
  readonly #backlog = new Subscription<SerfEvent>();
  readonly #listeners = new Set<(event: SerfEvent) => void>();
  readonly #userEventThrottle = new UserEventThrottle(() => this.#node.userEventsWaiting);
  #dropping = false;
  #stopping: Promise<void> | undefined;

  /** Starts an agent. Rejects as `Serf.create` does. */
  static async start(options: AgentOptions): Promise<Agent> {
    const { serf, log, tracer, recording } = options;
    log.write("INFO", "agent: Serf agent starting");
    const extras = { tracer, makeCore: recording?.makeCore };
    return new Agent(await RunningNode.start({ ...serf, log: log.write }, extras), options);
  }

  private constructor(node: RunningNode, options: AgentOptions) {
    this.#node = node;
    this.#options = options;
    this.#handlers = new ScriptHandlers({
      handlers: options.handlers,
      waitDelayMs: options.handlerWaitDelayMs,
      self: () => node.local,
      log: options.log.write,
      metrics: options.serf.metrics,
      tracer: options.tracer,
    });
    this.closed = this.#watch();
    node.listen((event) => this.#deliver(event));
    this.#runHandlers();
  }

  /** Whether traffic is encrypted. */
  get encrypted(): boolean {
    return this.#node.encrypted;
  }

  /** The address that is advertised to other members. */
  get address(): Address {
    return this.#node.config.address;
  }

  get name(): string {
    return this.#node.config.name;
  }

  get tags(): Tags {
    return this.#node.local.tags;
  }

  suspicions(): SuspicionInfo[] {
    return this.#node.core.suspicions();
  }

  get gossipBudget(): number {
    return this.#node.core.gossipBudget;
  }

  members(): readonly Member[] {
    return this.#node.core.members();
  }

  async join(addresses: readonly string[], { replay }: { readonly replay: boolean }) {
    this.#log("INFO", `joining: [${addresses.join(" ")}] replay: ${replay}`);
    try {
      const count = await this.#node.join(addresses, { replay });
      if (count > 0) this.#log("INFO", `joined: ${count} nodes`);
      return count;
    } catch (error) {
      this.#log("WARN", `error joining: ${failureText(error)}`);
      throw error;
    }
  }

  async leave(): Promise<void> {
    this.#log("INFO", "requesting graceful leave from Serf");
    await this.#node.leave();
  }

  shutdown(): void {
    void this.stop();
  }

  /** Shuts the agent down without a leave. Resolves when everything is closed. */
  stop(): Promise<void> {
    return this.#stopping ??= this.#stop();
  }

  async forceLeave(name: string, { prune }: { readonly prune: boolean }): Promise<void> {
    const how = prune ? " (prune)" : "";
    this.#log("INFO", `Force leaving node${how}: ${name}`);
    try {
      await this.#node.forceLeave(name, { prune });
    } catch (error) {
      this.#log("WARN", `failed to remove node${how}: ${errorText(error)}`);
      throw error;
    }
  }

  /** As {@link HttpAgent.setTags}. The tags file is written first; if that fails, nothing changes. */
  async setTags(tags: Tags): Promise<void> {
    const { tagsFile, serf: { protocol = 5 } } = this.#options;
    if (tagsFile !== undefined) {
      // Tags that are too large must not get into the file: the agent could not start with them again.
      encodeMeta(tags, protocol);
      try {
        writeTagsFile(tagsFile, tags);
      } catch (error) {
        this.#log("ERR", errorText(error));
        throw error;
      }
    }
    await this.#node.setTags(tags);
  }

  /** Replaces the event handlers and their options, from the next event on. */
  setHandlers(handlers: readonly HandlerSpec[], { waitDelayMs }: RunScriptOptions): void {
    this.#handlers.handlers = handlers;
    this.#handlers.waitDelayMs = waitDelayMs;
  }

  userEvent(
    name: string,
    payload: Uint8Array | null,
    options: { readonly coalesce: boolean },
  ): void | Promise<void> {
    if (this.#userEventThrottle.isOpen) return this.#sendUserEvent(name, payload, options);
    return this.#userEventThrottle.pass().then(() => this.#sendUserEvent(name, payload, options));
  }

  #sendUserEvent(
    name: string,
    payload: Uint8Array | null,
    { coalesce }: { readonly coalesce: boolean },
  ): void {
    // Clients send tens of thousands of events a second; hardly anybody reads this line of any.
    this.#options.log.write("DEBUG", () => {
      const quoted = goQuote(payload ?? "");
      const what = `${name}. Coalesced: ${coalesce}. Payload: ${quoted}`;
      return `agent: Requesting user event send: ${what}`;
    });
    try {
      this.#node.userEvent(name, payload, { coalesce });
    } catch (error) {
      this.#log("WARN", `failed to send user event: ${errorText(error)}`);
      throw error;
    }
  }

  async query(
    name: string,
    payload: Uint8Array | null,
    options: QueryOptions,
  ): Promise<Subscription<QueryRecord>> {
    const isHarmless = [PING_QUERY, CHECKUP_QUERY].includes(name) && (payload ?? "").length === 0;
    if (name.startsWith(INTERNAL_PREFIX) && !isHarmless) {
      throw new RangeError(`Queries cannot contain the '${INTERNAL_PREFIX}' prefix`);
    }
    const quoted = goQuote(payload ?? "");
    this.#log("DEBUG", `Requesting query send: ${name}. Payload: ${quoted}`);
    try {
      if (Object.keys(options.tags ?? {}).length > 0) await this.#node.loadExpressions();
      return this.#node.query(name, payload, options);
    } catch (error) {
      this.#log("WARN", `failed to start user query: ${errorText(error)}`);
      throw error;
    }
  }

  async manageKeys(operation: KeyOperation, key: string): Promise<KeyResult> {
    this.#log("INFO", KEY_OPERATION_TEXTS[operation]);
    const { keys } = this.#node;
    switch (operation) {
      case "install-key":
        return await keys.install(decodeBase64(key));
      case "use-key":
        return await keys.use(decodeBase64(key));
      case "remove-key":
        return await keys.remove(decodeBase64(key));
      case "list-keys":
        return await keys.list();
      default:
        throw operation satisfies never;
    }
  }

  /** As {@link HttpAgent.stats}. As in Serf, a reload does not change the handlers that are shown. */
  stats(): Record<string, Record<string, string>> {
    const handlers = this.#options.handlers
      .map(({ filter, script }) => [`${filter.type}:${filter.name}`, script]);
    return {
      agent: { name: this.name },
      runtime: runtimeStats(),
      serf: this.#node.core.stats(),
      tags: this.tags,
      event_handlers: Object.fromEntries(handlers),
    };
  }

  metricsReport(): readonly string[] {
    return this.#options.metricsReport();
  }

  async why(name: string): Promise<Explanation> {
    const report = this.#node.why(name);
    const { explain } = await import("../api/why/story.ts");
    return explain(report);
  }

  async whyAll(name: string): Promise<ClusterExplanation> {
    this.#log("DEBUG", `Asking all members why: ${name}`);
    return await this.#node.whyAll(name);
  }

  coordinate(name: string): Coordinate | undefined {
    return this.#node.core.coordinate(name);
  }

  subscribe(listener: (event: SerfEvent) => void): Disposable {
    // The same function may be given twice; each time is a subscription of its own.
    const own = (event: SerfEvent) => listener(event);
    this.#listeners.add(own);
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) };
  }

  count(counter: RpcCounter): void {
    this.#options.serf.metrics?.count(counter);
  }

  async #watch(): Promise<void> {
    await this.#node.closed;
    if (this.#stopping === undefined) this.#log("WARN", "Serf shutdown detected, quitting");
    await this.stop();
  }

  async #stop(): Promise<void> {
    this.#log("INFO", "requesting serf shutdown");
    await this.#node.shutdown();
    await this.#options.recording?.close();
    this.#backlog.close();
    this.#log("INFO", "shutdown complete");
  }

  /** Passes each event to the streams at once, and to a queue for the handlers, because these may be slow. */
  #deliver(event: SerfEvent): void {
    this.#log("INFO", `Received event: ${describeEvent(event)}`);
    for (const listener of [...this.#listeners]) listener(event);
    if (this.#handlers.handlers.length === 0) return;
    const dropping = !this.#backlog.push(event);
    if (dropping && !this.#dropping) {
      this.#log("WARN", "Dropping events for handlers: they are too slow");
    }
    this.#dropping = dropping;
  }

  async #runHandlers(): Promise<void> {
    for await (const event of this.#backlog) await this.#handlers.handle(event);
  }

  #log(level: "DEBUG" | "INFO" | "WARN" | "ERR", text: string): void {
    this.#options.log.write(level, `agent: ${text}`);
  }
}

/** `user-event: NAME`, `query: NAME`, or the type of a member event: how Serf's log describes an event. */
function describeEvent(event: SerfEvent): string {
  if (event.type === "user") return `user-event: ${escapeControls(event.name)}`;
  return event.type === "query" ? `query: ${escapeControls(event.name)}` : event.type;
}

/** Processor names as Go calls them, where they differ. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: "amd64", aarch64: "arm64" };

/** Facts about the process, under the names of Go's runtime. One event loop counts as one goroutine. */
function runtimeStats(): Record<string, string> {
  const processors = String(navigator.hardwareConcurrency);
  return {
    arch: ARCHITECTURES[Deno.build.arch] ?? Deno.build.arch,
    cpu_count: processors,
    goroutines: "1",
    max_procs: processors,
    os: Deno.build.os,
    version: `deno${Deno.version.deno}`,
  };
}
