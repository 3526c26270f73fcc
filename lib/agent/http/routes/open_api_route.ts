/**
 * The description of the API by itself.
 *
 * @module
 */

import { openApiDocument } from "../open_api.ts";
import { mapOf } from "../schemas.ts";
import { type Route, route } from "./route.ts";

/** The route, for a function that returns all routes. */
export function openApiRoute(routes: () => readonly Route[]): Route {
  return route({
    method: "get",
    path: "/openapi.json",
    id: "getOpenApi",
    summary: "This description",
    access: "open",
    response: { schema: mapOf({}), help: "An OpenAPI 3.1 document" },
    handle: () => ({ json: openApiDocument(routes()) }),
  });
}
