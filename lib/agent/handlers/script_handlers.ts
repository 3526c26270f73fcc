/**
 * The event handlers of an agent.
 *
 * @module
 */

import { escapeControls } from "../../go/escape_controls.ts";
import { decodeText } from "../../base/text.ts";
import type { Log } from "../../base/log.ts";
import { errorText } from "../../base/errors.ts";
import { after } from "../../base/timer.ts";
import type { Metrics } from "../../base/metrics.ts";
import { noTracer, type SpanAttributes, type Tracer } from "../../host/tracing.ts";
import type { QueryEvent, SerfEvent } from "../../api/event.ts";
import type { Member } from "../../api/member.ts";
import { matchesEvent } from "../../api/event_filter.ts";
import { handlerEnvironment, handlerInput } from "./handler_input.ts";
import type { HandlerSpec } from "./handler_spec.ts";
import { runScript, type RunScriptOptions, type ScriptResult } from "./run_script.ts";

/** The handlers, and the agent whose events they handle. */
interface ScriptHandlersOptions extends RunScriptOptions {
  readonly handlers: readonly HandlerSpec[];
  /** Returns this node as it is now. */
  readonly self: () => Member;
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly tracer?: Tracer;
}

/** What a script means for who has sent a query. */
interface Outcome {
  readonly answered: boolean;
  /** Why there is no answer of it. */
  readonly failure?: string;
  /** Whether it had an answer, which could not be sent. */
  readonly refused?: true;
}

/** A script that runs longer is reported once; Serf has the same limit (`warnSlow`). */
const SLOW_MS = 1_000;

/** Runs the scripts whose filter matches an event, one after another, in the order of the configuration. */
export class ScriptHandlers {
  /** The handlers of the next event; may be replaced at any time. */
  handlers: readonly HandlerSpec[];
  /** The {@link RunScriptOptions} of the next script; may be changed at any time. */
  waitDelayMs: number;
  readonly #options: ScriptHandlersOptions;

  constructor(options: ScriptHandlersOptions) {
    this.handlers = options.handlers;
    this.waitDelayMs = options.waitDelayMs;
    this.#options = options;
  }

  /** Runs the scripts for one event. Never rejects: failures are logged. */
  async handle(event: SerfEvent): Promise<void> {
    const self = this.#options.self();
    const outcomes: Outcome[] = [];
    for (const { filter, script } of this.handlers) {
      if (matchesEvent(filter, event)) outcomes.push(await this.#run(script, self, event));
    }
    if (event.type === "query") this.#tellFailure(event, outcomes);
  }

  /** Tells who has sent a query why no handler has answered it. */
  #tellFailure(query: QueryEvent, outcomes: readonly Outcome[]): void {
    const failed = outcomes.find(({ failure }) => failure !== undefined);
    if (failed?.failure === undefined || outcomes.some(({ answered }) => answered)) return;
    query.fail(failed.failure);
    if (failed.refused) return; // That has been logged.
    const name = escapeControls(query.name);
    this.#options.log("WARN", `agent: No response to query '${name}': ${failed.failure}`);
  }

  async #run(script: string, self: Member, event: SerfEvent): Promise<Outcome> {
    const { log, metrics, tracer = noTracer } = this.#options;
    const slow = after(SLOW_MS, () => {
      log("WARN", `agent: Script '${script}' slow, execution exceeding 1s`);
    });
    const input = { environment: handlerEnvironment(self, event), stdin: handlerInput(event) };
    const startedAt = performance.now();
    const result = await tracer.span("serf.handler", eventAttributes(event), async (span) => {
      const result = await runScript(script, input, { waitDelayMs: this.waitDelayMs });
      if (result.failure !== undefined) span.fail(result.failure);
      return result;
    });
    metrics?.sample(`agent.invoke.${script}`, performance.now() - startedAt);
    slow.cancel();
    this.#report(script, event, result);
    if (result.failure !== undefined) {
      return { answered: false, failure: `event handler failed: ${result.failure}` };
    }
    if (event.type !== "query" || result.output.length === 0) return { answered: false };
    try {
      await event.respond(result.output);
      return { answered: true };
    } catch (error) {
      const failure = errorText(error);
      const reason = `failed to respond to key query: ${failure}`;
      log(
        "WARN",
        `agent: Failed to respond to query 'query: ${escapeControls(event.name)}': ${reason}`,
      );
      return { answered: false, failure, refused: true };
    }
  }

  #report(script: string, event: SerfEvent, { output, failure, inputProblem }: ScriptResult): void {
    const { log, metrics } = this.#options;
    const isMember = event.type !== "user" && event.type !== "query";
    if (inputProblem !== undefined && !isMember) {
      log("ERR", `Error writing payload: ${inputProblem}`);
    }
    const text = decodeText(output);
    log("DEBUG", `agent: Event '${event.type}' script output: ${text}`);
    if (failure === undefined) return;
    metrics?.count("agent.invoke_failures");
    log("ERR", `agent: Error invoking script '${script}': ${failure}`);
  }
}

/** The attributes of a handler's span. */
function eventAttributes(event: SerfEvent): SpanAttributes {
  const { type } = event;
  return type === "user" || type === "query"
    ? { "serf.event.type": type, "serf.event.name": event.name }
    : { "serf.event.type": type, "serf.event.members": event.members.length };
}
