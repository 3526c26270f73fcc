/**
 * The encryption keys of the cluster, as Consul's `/v1/operator/keyring` has them.
 *
 * @module
 */

import type { KeyOperation } from "../../../api/keys.ts";
import { keyJson } from "../json_forms.ts";
import { Problem } from "../problem.ts";
import { component, object, text } from "../schemas.ts";
import { decodeTexts } from "./decode_request.ts";
import { type Route, route } from "./route.ts";

/** The routes. */
export const keyRoutes = [
  route({
    method: "get",
    path: "/v1/keys",
    id: "listKeys",
    summary: "The keys of the cluster, and how many members have each",
    access: "token",
    response: { schema: component("KeyResult"), help: "The keys" },
    handle: async ({ agent }) => ({ json: keyJson(await agent.manageKeys("list-keys", "")) }),
  }),
  changing("post", { operation: "install-key", id: "installKey", summary: "Install a key" }),
  changing("put", { operation: "use-key", id: "useKey", summary: "Encrypt with a key" }),
  changing("delete", { operation: "remove-key", id: "removeKey", summary: "Remove a key" }),
];

function changing(
  method: Route["method"],
  { operation, id, summary }: {
    readonly operation: KeyOperation;
    readonly id: string;
    readonly summary: string;
  },
): Route {
  return route({
    method,
    path: "/v1/keys",
    id,
    summary,
    access: "token",
    body: { type: "application/json", schema: object({ Key: text }), help: "The key, in base64" },
    response: { schema: component("KeyResult"), help: "All members have done it" },
    async handle({ agent }, { body }) {
      const { Key: key } = decodeTexts(body);
      if (key === undefined) throw new Problem(400, "Cannot use body: expected a Key");
      return { json: keyJson(await agent.manageKeys(operation, key)) };
    },
  });
}
