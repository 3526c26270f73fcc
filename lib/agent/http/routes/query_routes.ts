/**
 * Asking queries.
 *
 * @module
 */

import type { QueryRecord } from "../../../api/query.ts";
import type { Subscription } from "../../../base/subscription.ts";
import { encodeText } from "../../../base/text.ts";
import { toJson } from "../../../go/format_json.ts";
import { checkQueryFilters } from "../../../serf/queries/filters.ts";
import { payloadJson } from "../json_forms.ts";
import { Problem } from "../problem.ts";
import { bytes, component } from "../schemas.ts";
import { splitPairs } from "./decode_request.ts";
import { route } from "./route.ts";

const MAX_RELAY_FACTOR = 255;

/** The routes. */
export const queryRoutes = [
  route({
    method: "post",
    path: "/v1/query/{name}",
    id: "query",
    summary: "Ask all members a query, or some of them",
    access: "token",
    parameters: { name: "Name of the query" },
    query: {
      node: { kind: "texts", help: "Name of a member that is asked; may be repeated" },
      tag: {
        kind: "texts",
        help: "Tag and RE2 expression of the members that are asked, as in `role=web`; repeatable",
      },
      ack: {
        kind: "flag",
        help: "Whether every member acknowledges the query at once, and tells if it cannot answer",
      },
      relay: {
        kind: "count",
        help: "Through how many other members each answer is sent once more, 0 to 255",
      },
      timeout: {
        kind: "duration",
        help: "How long answers are taken. Default: grows with the size of the cluster",
      },
    },
    body: { type: "application/octet-stream", schema: bytes, help: "The payload" },
    response: {
      type: "application/x-ndjson",
      schema: component("QueryRecord"),
      help: "One line for each ack, answer and failure as it comes, and one at the end",
    },
    async handle({ agent }, { path: { name }, query, body }) {
      const { node: nodes, tag, ack: requestAck, relay = 0, timeout = 0 } = query;
      if (relay > MAX_RELAY_FACTOR) {
        throw new Problem(400, `Cannot use parameter relay: got ${relay}, expected 0 to 255`);
      }
      const tags = splitPairs(tag, "tag");
      await checkExpressions(tags);
      const records = await agent.query(name, body.length > 0 ? body : null, {
        nodes,
        tags,
        requestAck,
        failures: requestAck,
        relayFactor: relay,
        timeoutMs: timeout,
      });
      return { body: recordLines(records) };
    },
  }),
];

/** Throws a `TypeError` for an expression that is not RE2, and that all members would ignore. RE2 is loaded for the first. */
async function checkExpressions(tags: Readonly<Record<string, string>>): Promise<void> {
  if (Object.keys(tags).length === 0) return;
  const { compileExpression } = await import("../../../go/regexp.ts");
  checkQueryFilters({ tags }, compileExpression);
}

/** What comes back to a query as lines of JSON. Ends with the query, which is not followed any more if the client goes. */
function recordLines(records: Subscription<QueryRecord>): ReadableStream<Uint8Array> {
  let acks = 0;
  let responses = 0;
  const line = (record: unknown) => encodeText(`${toJson(record)}\n`);
  return new ReadableStream({
    async pull(controller) {
      try {
        const { value: record } = await records.next();
        if (record === undefined) {
          const end = { Acks: acks, Responses: responses, Dropped: records.dropped };
          controller.enqueue(line({ Type: "done", ...end }));
          controller.close();
        } else if (record.type === "ack") {
          acks++;
          controller.enqueue(line({ Type: "ack", From: record.from }));
        } else if (record.type === "failure") {
          const { from, reason } = record;
          controller.enqueue(line({ Type: "failure", From: from, Reason: reason }));
        } else {
          responses++;
          const { from, payload } = record;
          controller.enqueue(line({ Type: "response", From: from, Payload: payloadJson(payload) }));
        }
      } catch (error) {
        controller.error(error);
      }
    },
    cancel: () => records[Symbol.dispose](),
  }, { highWaterMark: 0 });
}
