/**
 * A web application with Hono whose instances find each other. Any of them takes any request; a counter lives in the
 * memory of the one instance that rendezvous hashing names, to which the others pass requests for it on.
 *
 * ```sh
 * deno run -A tests/examples/web_app.ts 127.0.0.1:7950
 * deno run -A tests/examples/web_app.ts 127.0.0.1:7951 127.0.0.1:7950
 * ```
 *
 * @module
 */

import process from "node:process";
import type { AddressInfo } from "node:net";
import { serve, type ServerType } from "@hono/node-server";
import { Hono } from "hono";
import { type Member, rendezvous, Serf } from "@serf-deno/serf";

/** Says that a request was passed on already, so that instances which disagree do not send it round in circles. */
const PASSED_ON = "x-passed-on";

/** The application of one instance. Members of the cluster that are instances have the tag `url`. */
export function createApp(serf: Serf): Hono {
  const counters = new Map<string, number>();
  const instances = () =>
    serf.members().filter(({ status, tags }) => status === "alive" && "url" in tags);
  const app = new Hono();
  app.get("/instances", (context) => context.json(instances().map(describe)));
  app.post("/counters/:name", async (context) => {
    const name = context.req.param("name");
    const [owner = serf.local] = rendezvous(instances(), name);
    if (owner.name !== serf.name && context.req.header(PASSED_ON) === undefined) {
      const { pathname } = new URL(context.req.url);
      const headers = { [PASSED_ON]: serf.name };
      return await fetch(new URL(pathname, owner.tags.url), { method: "POST", headers });
    }
    const count = (counters.get(name) ?? 0) + 1;
    counters.set(name, count);
    return context.json({ count, instance: serf.name });
  });
  return app;
}

function describe({ name, tags }: Member) {
  return { name, url: tags.url };
}

/** Serves the application at a free port, and tells the others where. */
export async function serveApp(serf: Serf): Promise<ServerType> {
  const { host: hostname } = serf.bindAddress;
  const { promise: listening, resolve } = Promise.withResolvers<AddressInfo>();
  const server = serve({ fetch: createApp(serf).fetch, hostname, port: 0 }, resolve);
  await serf.updateTags({ set: { url: `http://${hostname}:${(await listening).port}` } });
  return server;
}

if (import.meta.main) {
  const [bind = "127.0.0.1:7950", ...others] = process.argv.slice(2);
  const serf = await Serf.create({ name: `web-${bind}`, bind });
  if (others.length > 0) await serf.join(others);
  await serveApp(serf);
  console.log(`curl ${serf.tags.url}/instances; curl -X POST ${serf.tags.url}/counters/visits`);
}
