/**
 * The files of the dashboard as texts, which makes them a part of every form of the program. Loaded when somebody asks
 * for the first of them.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import eventSourceParser from "eventsource-parser" with { type: "text" };
import preact from "htm/preact/standalone" with { type: "text" };
import uPlotStyle from "uplot/dist/uPlot.min.css" with { type: "text" };
import uPlot from "uplot/dist/uPlot.iife.min.js" with { type: "text" };
import api from "./page/api.js" with { type: "text" };
import app from "./page/app.js" with { type: "text" };
import chart from "./page/chart.js" with { type: "text" };
import cluster from "./page/cluster.js" with { type: "text" };
import consoleView from "./page/console_view.js" with { type: "text" };
import coordinates from "./page/coordinates.js" with { type: "text" };
import format from "./page/format.js" with { type: "text" };
import healthSamples from "./page/health_samples.js" with { type: "text" };
import healthView from "./page/health_view.js" with { type: "text" };
import index from "./page/index.html" with { type: "text" };
import mapView from "./page/map_view.js" with { type: "text" };
import membersView from "./page/members_view.js" with { type: "text" };
import query from "./page/query.js" with { type: "text" };
import style from "./page/style.css" with { type: "text" };
import timelineView from "./page/timeline_view.js" with { type: "text" };
import virtualList from "./page/virtual_list.js" with { type: "text" };

/** The page itself. */
export const page: string = index;

/** The other files by the names that the page knows. */
export const files: ReadonlyMap<string, string> = new Map([
  ["api.js", api],
  ["app.js", app],
  ["chart.js", chart],
  ["cluster.js", cluster],
  ["console_view.js", consoleView],
  ["coordinates.js", coordinates],
  ["eventsource-parser.js", eventSourceParser],
  ["format.js", format],
  ["health_samples.js", healthSamples],
  ["health_view.js", healthView],
  ["map_view.js", mapView],
  ["members_view.js", membersView],
  ["preact.js", preact],
  ["query.js", query],
  ["style.css", style],
  ["timeline_view.js", timelineView],
  ["uplot.css", uPlotStyle],
  // The small build is a script, which leaves its name in the global scope; as a module it has to export it.
  ["uplot.js", `${uPlot}\nexport default uPlot;\n`],
  ["virtual_list.js", virtualList],
]);

const compressedTexts = new Map<string, Uint8Array<ArrayBuffer>>();

/** One of these texts as gzip, which is kept. */
export function compressed(text: string): Uint8Array<ArrayBuffer> {
  let bytes = compressedTexts.get(text);
  if (bytes === undefined) compressedTexts.set(text, bytes = new Uint8Array(gzipSync(text)));
  return bytes;
}

/** The page may load what comes from here, and nothing else; its only script inside is the one that it was made with. */
export const contentSecurityPolicy: string = [
  "default-src 'none'",
  `script-src 'self' ${inlineScripts(index).map((hash) => `'${hash}'`).join(" ")}`,
  "style-src 'self'",
  "img-src data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

function inlineScripts(html: string): string[] {
  return [...html.matchAll(/<script[^>]*>([^<]+)<\/script>/g)]
    .map(([, script]) => `sha256-${createHash("sha256").update(script).digest("base64")}`);
}
