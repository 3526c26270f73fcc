/**
 * Metrics for Prometheus.
 *
 * @module
 */

import { text } from "../schemas.ts";
import { route } from "./route.ts";

/** The route. */
export const metricsRoute = route({
  method: "get",
  path: "/metrics",
  id: "getMetrics",
  summary: "The metrics of the agent, for Prometheus",
  access: "read",
  response: {
    type: "text/plain; version=0.0.4; charset=utf-8",
    schema: text,
    help: "The text format of Prometheus",
  },
  handle: ({ registry }) => ({ body: registry.text() }),
});
