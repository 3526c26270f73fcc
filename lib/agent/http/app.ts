/**
 * The HTTP API as one function from requests to responses, made from the table of routes.
 *
 * @module
 */

import { type Context, Hono } from "hono";
import { errorText } from "../../base/errors.ts";
import { escapeControls } from "../../go/escape_controls.ts";
import { toJson } from "../../go/format_json.ts";
import type { AccessControl } from "./access.ts";
import type { HttpApi } from "./http_agent.ts";
import { isUnexpected, Problem } from "./problem.ts";
import { readBody } from "./read_body.ts";
import { parseQuery, parseWait } from "./parse_query.ts";
import type { Outcome, Route } from "./routes/route.ts";
import { routeTable } from "./routes/route_table.ts";

/** What `@hono/node-server` knows of a request; absent in tests without a socket. */
interface Bindings {
  readonly incoming?: { readonly socket: { readonly remoteAddress?: string } };
  readonly outgoing?: { once(event: "close", listener: () => void): void };
}

/** Makes the API of an agent. */
export function createApp(api: HttpApi, access: AccessControl): Hono<{ Bindings: Bindings }> {
  const app = new Hono<{ Bindings: Bindings }>();
  app.use(async ({ req }, next) => {
    access.checkSite(req.raw);
    await next();
  });
  const methods = new Map<string, string[]>();
  for (const route of routeTable) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ":$1");
    const known = methods.get(path) ?? [];
    methods.set(path, [...known, route.method.toUpperCase()]);
    app.on(route.method.toUpperCase(), path, async (context) => {
      const response = await answer(context, route).catch(problemResponse);
      const labels = { operation: route.id, status: String(response.status) };
      api.registry.count("agent.http.requests", 1, labels);
      return response;
    });
  }
  for (const [path, known] of methods) {
    app.all(path, (context) => {
      const allow = known.join(", ");
      const detail = `${context.req.path} has no method ${context.req.method}, only ${allow}`;
      return new Problem(405, detail, { headers: { allow } }).response();
    });
  }
  app.notFound(({ req }) => new Problem(404, `There is no ${req.path}`).response());
  app.onError(problemResponse);
  return app;

  function problemResponse(error: unknown): Response {
    // What the agent refuses has the same classes as mistakes in the program.
    const text = `agent.http: ${escapeControls(errorText(error))}`;
    if (isUnexpected(error)) api.log("ERR", text);
    else if (!(error instanceof Problem)) api.log("DEBUG", text);
    return Problem.from(error).response();
  }

  async function answer(context: Context<{ Bindings: Bindings }>, route: Route): Promise<Response> {
    const { raw } = context.req;
    const client = context.env?.incoming?.socket.remoteAddress ?? "";
    await access.checkToken(raw, { access: route.access, client });
    const parameters = new URL(raw.url).searchParams;
    const wait = route.blocking && parseWait(parameters);
    const query = parseQuery(parameters, route.query ?? {}, { blocking: wait !== undefined });
    const body = route.body === undefined ? new Uint8Array() : await readBody(raw);
    if (wait?.index !== undefined) {
      const options = { waitMs: wait.waitMs, signal: raw.signal };
      await route.blocking?.wait(api, wait.index, options);
    }
    const { headers, signal } = raw;
    // The index from before the answer: a change in between is then seen by the next read.
    const index = route.blocking?.index(api);
    const call = { path: context.req.param(), query, headers, body, signal };
    const outcome = await route.handle(api, call);
    if (outcome.afterwards !== undefined) runAfterwards(context, outcome.afterwards);
    if (outcome.error !== undefined) throw outcome.error;
    return response(outcome, { route, index });
  }
}

function response(
  { status = 200, json, body, headers }: Outcome,
  { route, index }: { readonly route: Route; readonly index: number | undefined },
): Response {
  return new Response(body ?? toJson(json), {
    status,
    headers: {
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "content-type": route.response.type ?? "application/json",
      ...index === undefined ? {} : { "x-serf-index": String(index) },
      ...headers,
    },
  });
}

function runAfterwards({ env }: Context<{ Bindings: Bindings }>, run: () => void): void {
  if (env?.outgoing === undefined) queueMicrotask(run);
  else env.outgoing.once("close", run);
}
