/**
 * All routes of the HTTP API.
 *
 * @module
 */

import { dashboardRoutes } from "../dashboard/dashboard_routes.ts";
import { agentRoutes } from "./agent_routes.ts";
import { eventRoutes } from "./event_routes.ts";
import { healthRoutes } from "./health_routes.ts";
import { keyRoutes } from "./key_routes.ts";
import { metricsRoute } from "./metrics_route.ts";
import { openApiRoute } from "./open_api_route.ts";
import { queryRoutes } from "./query_routes.ts";
import type { Route } from "./route.ts";
import { whyRoutes } from "./why_routes.ts";

/** The routes, from which the server and the OpenAPI document are made. */
export const routeTable: readonly Route[] = [
  ...healthRoutes,
  metricsRoute,
  openApiRoute(() => routeTable),
  ...agentRoutes,
  ...eventRoutes,
  ...queryRoutes,
  ...keyRoutes,
  ...whyRoutes,
  ...dashboardRoutes,
];
