import { assert, assertEquals } from "@std/assert";
import { Address } from "../../../lib/base/address.ts";
import { decodePacket } from "../../../lib/wire/framing/packet.ts";
import { decodeSerf, encodeSerf } from "../../../lib/wire/messages/serf_codec.ts";
import {
  QueryFlag,
  type QueryMessage,
  type QueryResponseMessage,
} from "../../../lib/wire/messages/serf_messages.ts";
import { decodeTags } from "../../../lib/wire/messages/tags.ts";
import { blind, claimOf, SerfNetwork } from "../serf_network.ts";

/** The messages of the agents in a capture. */
interface Capture {
  readonly tags: ReadonlyMap<string, Record<string, string>>;
  readonly queries: ReadonlyMap<number, QueryMessage>;
  readonly responses: readonly QueryResponseMessage[];
}

/** Reads the datagrams of three agents with default settings. */
function readCapture(): Capture {
  const url = new URL("../../vectors/plain-compressed.json", import.meta.url);
  const tags = new Map<string, Record<string, string>>();
  const queries = new Map<number, QueryMessage>();
  const responses: QueryResponseMessage[] = [];
  for (const { transport, hex } of JSON.parse(Deno.readTextFileSync(url))) {
    if (transport !== "udp") continue;
    for (const message of decodePacket(Uint8Array.fromHex(hex), { compress: true }).messages) {
      if (message.type === "alive") tags.set(message.claim.node, decodeTags(message.claim.meta));
      if (message.type !== "user") continue;
      const inner = decodeSerf(message.body.bytes);
      if (inner.type === "query") queries.set(inner.id, inner);
      if (inner.type === "query-response") responses.push(inner);
    }
  }
  return { tags, queries, responses };
}

const { tags, queries, responses } = readCapture();

Deno.test("the capture holds queries, acks and responses", () => {
  const acks = responses.filter(({ flags }) => flags === QueryFlag.ack);
  assert(queries.size >= 3, `${queries.size} queries`);
  assert(acks.length >= 3, `${acks.length} acks`);
  assert(responses.length > acks.length, `${responses.length} responses`);
});

for (const [i, captured] of responses.entries()) {
  const what = captured.flags === QueryFlag.ack ? "acknowledges" : "answers";
  const query = queries.get(captured.id);
  if (query === undefined) continue;
  Deno.test(`${i}: ${captured.from} ${what} "${query.name}" as the agent of that name did`, () => {
    const network = new SerfNetwork();
    const node = network.start(captured.from, { ...blind, tags: tags.get(captured.from) });
    node.hearSwim({ type: "alive", claim: claimOf("Z", { address: query.address }) });
    node.hear(query);
    const [event] = node.all("query");
    if (captured.flags === 0) node.core.respond(event, captured.payload ?? new Uint8Array());
    const sent = node.lost.filter(({ message }) =>
      message.type === "query-response" && message.flags === captured.flags
    );
    assertEquals(sent.map(({ to }) => to), [new Address(query.address.ip, query.address.port)]);
    assertEquals(encodeSerf(sent[0].message), encodeSerf(captured));
  });
}

Deno.test("no member acknowledged a query that does not pass our filters for it", () => {
  for (const query of queries.values()) {
    if ((query.flags & QueryFlag.ack) === 0) continue;
    const meant = [...tags].filter(([name, own]) => {
      const node = new SerfNetwork().start(name, { ...blind, tags: own });
      node.hear(query);
      return node.lost.length > 0;
    });
    for (const { id, from } of responses) {
      if (id === query.id) {
        assert(meant.some(([name]) => name === from), `${from} on ${query.name}`);
      }
    }
  }
});
