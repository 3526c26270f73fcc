/**
 * Whether the agent lives and is ready, for orchestrators and load balancers.
 *
 * @module
 */

import { object, text } from "../schemas.ts";
import { route } from "./route.ts";

const status = object({ Status: text });

/** The routes. */
export const healthRoutes = [
  route({
    method: "get",
    path: "/healthz",
    id: "getHealth",
    summary: "Whether the agent answers",
    access: "open",
    response: { schema: status, help: "It does" },
    handle: () => ({ json: { Status: "ok" } }),
  }),
  route({
    method: "get",
    path: "/readyz",
    id: "getReadiness",
    summary: "Whether the agent has joined a cluster, or begins one of its own",
    access: "open",
    response: { schema: status, help: "It is ready" },
    otherStatuses: {
      503: "It knows no other member yet and was told to join some (`not joined`), or it leaves",
    },
    handle({ agent, wantsToJoin, members }) {
      const own = members.all.find(({ name }) => name === agent.name)?.status;
      if (own !== "alive") return { status: 503, json: { Status: own ?? "not started" } };
      if (!wantsToJoin || members.all.length > 1) return { json: { Status: "ready" } };
      return { status: 503, json: { Status: "not joined" } };
    },
  }),
];
