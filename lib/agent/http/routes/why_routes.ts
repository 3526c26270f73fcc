/**
 * Why a member is in its state: what the agent knows, and what all members do.
 *
 * @module
 */

import { Problem } from "../problem.ts";
import { component, list, object, text } from "../schemas.ts";
import { route } from "./route.ts";

const explanation = component("Explanation");

const cluster = {
  allOf: [
    explanation,
    object({
      views: list({ type: "object" }),
      silent: list(text),
      missing: list(text),
      cluster: object({ cause: text, text, findings: list(text) }),
    }),
  ],
};

const parameters = { node: "Name of the member" };
const otherStatuses = { 404: "Nothing is known about that name" };

/** The routes. */
export const whyRoutes = [
  route({
    method: "get",
    path: "/v1/why/{node}",
    id: "why",
    summary: "Why a member is in its state: the evidence of its last trouble, and the cause",
    access: "read",
    parameters,
    otherStatuses,
    response: { schema: explanation, help: "What the agent knows" },
    handle: async ({ agent }, { path: { node } }) => ({ json: await found(agent.why(node)) }),
  }),
  route({
    method: "post",
    path: "/v1/why/{node}",
    id: "whyAll",
    summary: "Ask all members why one of them is in its state, and compare",
    access: "token",
    parameters,
    otherStatuses,
    response: { schema: cluster, help: "What the members know" },
    async handle({ agent }, { path: { node } }) {
      await found(agent.why(node));
      return { json: await agent.whyAll(node) };
    },
  }),
];

async function found<T>(explanation: Promise<T>): Promise<T> {
  try {
    return await explanation;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Problem(404, error.message, { cause: error });
  }
}
