/**
 * Queries by way of an agent.
 *
 * @module
 */

import { checkQuery } from "../../api/arguments.ts";
import { PING_QUERY } from "../../api/internal_names.ts";
import type { Payload } from "../../api/payload.ts";
import { Query, type QueryOptions, type QueryRecord, QueryResponse } from "../../api/query.ts";
import { toBytes } from "../../base/bytes.ts";
import { decodeText } from "../../base/text.ts";
import type { RequestBody } from "../commands.ts";
import { queryRecord } from "../protocol.ts";
import { askedMembers } from "./asked_members.ts";
import { listMembers } from "./requests.ts";
import type { RpcChannel } from "./rpc_channel.ts";

/** `RpcClient.query`. */
export async function openQuery(
  channel: RpcChannel,
  name: string,
  payload: Payload = null,
  options: QueryOptions = {},
): Promise<Query> {
  checkQuery(name, payload, options);
  const { capacity, signal, ...parameters } = options;
  const {
    nodes = [],
    tags = {},
    requestAck = false,
    relayFactor = 0,
    timeoutMs = 0,
    failures = false,
  } = parameters;
  if (parameters.waitForTimeout) {
    throw new TypeError(
      "Cannot use waitForTimeout: an agent decides itself when a query is over",
    );
  }
  const body: RequestBody<"query"> = {
    FilterNodes: nodes,
    FilterTags: new Map(Object.entries(tags)),
    RequestAck: requestAck,
    RelayFactor: relayFactor,
    Timeout: Math.round(timeoutMs * 1e6),
    Name: name,
    Payload: toBytes(payload),
    Failures: failures,
  };
  const asked = async () =>
    await askedMembers(await listMembers(channel, { status: "alive|leaving" }), parameters);
  return await channel.open("query", body, {
    capacity,
    signal,
    subscribe: (settings) => new Query({ ...settings, asked, acksOnly: name === PING_QUERY }),
    decode: (reader) => toQueryRecord(queryRecord.read(reader)),
  });
}

/**
 * A record of a query; `undefined` for the one that ends it. Serf's agents send any number of acks and answers from nobody
 * in the moment before.
 */
function toQueryRecord(record: typeof queryRecord.zero): QueryRecord | undefined {
  const { Type, From: from, Payload: payload } = record;
  if (from === "") return undefined;
  if (Type === "ack") return { type: "ack", from };
  if (Type === "failure") return { type: "failure", from, reason: decodeText(payload) };
  return Type === "response" ? new QueryResponse(from, payload) : undefined;
}
