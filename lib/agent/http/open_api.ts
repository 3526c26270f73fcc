/**
 * The OpenAPI document of the HTTP API, made from the table of routes.
 *
 * @module
 */

import { blockingParameters } from "./parse_query.ts";
import type { Access, ParameterKind, QueryParameter, Route } from "./routes/route.ts";
import { component, components, integer, type Schema, text } from "./schemas.ts";

/** The version of the API, which its paths begin with. */
const VERSION = "1";

const parameterSchemas: Readonly<Record<ParameterKind, Schema>> = {
  text,
  texts: { type: "array", items: text },
  flag: { type: "boolean" },
  count: { type: "integer", minimum: 0 },
  duration: { type: "string", examples: ["30s"] },
};

/** What an operation asks for; an empty object means that it may do without. */
const security: Readonly<Record<Access, unknown>> = {
  open: [],
  read: [{}, { token: [] }],
  token: [{ token: [] }],
};

/** Describes routes in OpenAPI 3.1. */
export function openApiDocument(routes: readonly Route[]) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operation(route);
  return {
    openapi: "3.1.0",
    info: {
      title: "Serf for Deno",
      version: VERSION,
      summary: "A member of a cluster: who is there, what happens, and asking the others",
      license: { name: "MPL-2.0", identifier: "MPL-2.0" },
    },
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "The content of http_token_file. Reads on a loopback address need none.",
        },
      },
    },
  };
}

function operation(route: Route): Record<string, unknown> {
  const { id, summary, access, parameters = {}, query = {}, body, blocking } = route;
  const queryTable = { ...query, ...blocking === undefined ? {} : blockingParameters };
  return {
    operationId: id,
    summary,
    security: security[access],
    parameters: [
      ...Object.entries(parameters).map(([name, description]) => ({
        name,
        in: "path",
        required: true,
        description,
        schema: text,
      })),
      ...Object.entries(queryTable).map(queryParameter),
    ],
    ...body === undefined ? {} : {
      requestBody: {
        description: body.help,
        content: { [body.type]: { schema: body.schema } },
      },
    },
    responses: responses(route),
  };
}

function queryParameter([name, { kind, help }]: [string, QueryParameter]) {
  return { name, in: "query", description: help, schema: parameterSchemas[kind] };
}

function responses({ response, otherStatuses = {}, blocking }: Route): Record<string, unknown> {
  const content = { [response.type ?? "application/json"]: { schema: response.schema } };
  const index = { "X-Serf-Index": { description: "For the next blocking read", schema: integer } };
  const others = Object.entries(otherStatuses).map(([status, description]) => [
    status,
    { description, content },
  ]);
  return {
    200: {
      description: response.help,
      ...blocking === undefined ? {} : { headers: index },
      content,
    },
    ...Object.fromEntries(others),
    default: {
      description: "What went wrong",
      content: { "application/problem+json": { schema: component("Problem") } },
    },
  };
}
