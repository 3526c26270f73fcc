/**
 * Spans for OpenTelemetry. The package only passes them to the provider that Deno has registered, which exports them.
 *
 * @module
 */

import { SpanStatusCode, trace } from "@opentelemetry/api";
import { errorText } from "../../base/errors.ts";
import type { Span, SpanAttributes, SpanName, Tracer } from "../../host/tracing.ts";

/**
 * Spans that belong to no other. They begin in timers and sockets, which have the context of whatever started them first,
 * long ago.
 */
const ROOTS: ReadonlySet<SpanName> = new Set(["serf.handler", "serf.state_exchange"]);

/** Passes spans to OpenTelemetry. */
export class OpenTelemetryTracer implements Tracer {
  readonly #tracer = trace.getTracer("serf");

  async span<T>(
    name: SpanName,
    attributes: SpanAttributes,
    run: (span: Span) => Promise<T>,
  ): Promise<T> {
    const span = this.#tracer.startSpan(name, { attributes, root: ROOTS.has(name) });
    const fail = (message: string) => {
      span.setStatus({ code: SpanStatusCode.ERROR, message });
    };
    try {
      return await run({ set: (more) => void span.setAttributes(more), fail });
    } catch (error) {
      fail(errorText(error));
      throw error;
    } finally {
      span.end();
    }
  }
}
