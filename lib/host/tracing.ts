/**
 * Spans of tracing: what was done, from when to when, and how it ended. The interface is the small part of OpenTelemetry
 * that is needed, so that only what exports spans depends on its package.
 *
 * @module
 */

/** Everything that has spans. */
export type SpanName = "serf.handler" | "serf.join" | "serf.query" | "serf.state_exchange";

/** What is said about a span. Payloads, scripts and keys never are. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** A span under way. */
export interface Span {
  /** Adds attributes. */
  set(attributes: SpanAttributes): void;
  /** Gives the span the status of an error. */
  fail(reason: string): void;
}

/** Takes spans. Implementations must not throw. */
export interface Tracer {
  /** Calls `run` at once, in a span that ends with its promise. A rejection, which is passed on, fails the span. */
  span<T>(
    name: SpanName,
    attributes: SpanAttributes,
    run: (span: Span) => Promise<T>,
  ): Promise<T>;
}

const noSpan: Span = { set() {}, fail() {} };

/** Takes no spans. */
export const noTracer: Tracer = { span: (_name, _attributes, run) => run(noSpan) };
