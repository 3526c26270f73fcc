/**
 * The dashboard: one page that shows and uses the rest of the API. It has no secrets, so everybody may load it; what it
 * reads and does needs the token like any other request.
 *
 * @module
 */

import { Problem } from "../problem.ts";
import { type Outcome, type Route, route } from "../routes/route.ts";
import { text } from "../schemas.ts";

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
};

/** The routes. */
export const dashboardRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/",
    id: "getDashboard",
    summary: "The dashboard",
    access: "open",
    response: { type: "text/html; charset=utf-8", schema: text, help: "The page" },
    async handle(_api, { headers }) {
      const { page, contentSecurityPolicy } = await import("./assets.ts");
      return await textOutcome(page, headers, {
        "content-security-policy": contentSecurityPolicy,
        "cross-origin-opener-policy": "same-origin",
        "referrer-policy": "no-referrer",
      });
    },
  }),
  route({
    method: "get",
    path: "/dashboard/{file}",
    id: "getDashboardFile",
    summary: "A script or a style sheet of the dashboard",
    access: "open",
    parameters: { file: "Name of the file" },
    response: { type: "text/javascript", schema: text, help: "The file" },
    async handle(_api, { path: { file }, headers }) {
      const { files } = await import("./assets.ts");
      const content = files.get(file);
      if (content === undefined) throw new Problem(404, `The dashboard has no file ${file}`);
      const type = TYPES[file.slice(file.lastIndexOf(".") + 1)];
      return await textOutcome(content, headers, { "content-type": type });
    },
  }),
];

/** A text, compressed if the client understands that. */
async function textOutcome(
  content: string,
  request: Headers,
  headers: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const vary = { ...headers, vary: "accept-encoding" };
  if (!/\bgzip\b/.test(request.get("accept-encoding") ?? "")) {
    return { body: content, headers: vary };
  }
  const { compressed } = await import("./assets.ts");
  return { body: compressed(content), headers: { ...vary, "content-encoding": "gzip" } };
}
