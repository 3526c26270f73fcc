import { assertEquals } from "@std/assert";
import type { SerfConfig } from "../../../lib/serf/config.ts";
import { Address } from "../../../lib/base/address.ts";
import type { Claim } from "../../../lib/wire/messages/messages.ts";
import { encodeSerf } from "../../../lib/wire/messages/serf_codec.ts";
import type { QueryResponseMessage } from "../../../lib/wire/messages/serf_messages.ts";
import { addressOf, blind, claimOf, SerfNetwork, type SerfNode } from "../serf_network.ts";

const rival: Claim = claimOf("self", { address: addressOf("?"), incarnation: 9 });

/** A node whose name another one has too. The query that it sends gets id 2^30 and time 1. */
function startRival(config: Partial<SerfConfig> = {}): { network: SerfNetwork; node: SerfNode } {
  const network = new SerfNetwork();
  const node = network.start("self", { ...blind, ...config });
  node.draws.push(0.5);
  node.hearSwim({ type: "alive", claim: rival });
  return { network, node };
}

/** A response with the member at an address, or with none if that is `null`. */
function vote(from: string, address: Address | null): QueryResponseMessage {
  const member = address === null ? null : {
    name: "self",
    address,
    tags: new Map(),
    status: 1,
    protocolMin: 1,
    protocolMax: 5,
    protocolCur: 2,
    delegateMin: 2,
    delegateMax: 5,
    delegateCur: 5,
  };
  const payload = encodeSerf({ type: "conflict-response", member });
  return { type: "query-response", lTime: 1, id: 2 ** 30, from, flags: 0, payload };
}

Deno.test("a conflict is logged, and the majority decides after the whole timeout", () => {
  const { network, node } = startRival();
  assertEquals(node.logs("ERR"), [
    "Node name conflicts with another node at 10.0.0.63:7946. Names must be unique! (Resolution enabled: true)",
  ]);
  const ours = node.address;
  node.hear(vote("a", ours), vote("b", ours), vote("c", rival.address));
  network.run(3_100);
  assertEquals(node.logs("INFO").length, 1);
  network.run(200);
  assertEquals(node.logs("INFO").at(-1), "majority in name conflict resolution [2 / 3]");
  assertEquals(node.all("shutdown"), []);
});

Deno.test("half of the responses are no majority, and an unknown member counts against us", () => {
  const { network, node } = startRival();
  node.hear(vote("a", node.address), vote("b", null));
  network.run(3_300);
  assertEquals(node.logs("WARN"), ["minority in name conflict resolution, quiting [1 / 2]"]);
  assertEquals(node.all("shutdown"), [
    { type: "shutdown", reason: "another node has the name self" },
  ]);
});

Deno.test("without any response the node shuts down", () => {
  const { network, node } = startRival();
  network.run(3_300);
  assertEquals(node.logs("WARN"), ["minority in name conflict resolution, quiting [0 / 0]"]);
  assertEquals(node.all("shutdown").length, 1);
});

Deno.test("a mapped IPv4 address is the same as its short form", () => {
  const { network, node } = startRival();
  const mapped = Address.parse(`::ffff:${node.address.host}`, node.address.port);
  node.hear(vote("a", mapped));
  network.run(3_300);
  assertEquals(node.logs("INFO").at(-1), "majority in name conflict resolution [1 / 1]");
});

Deno.test("a message that is not a conflict response is not counted", () => {
  const { network, node } = startRival();
  const invalid = encodeSerf({ type: "key-request", key: new Uint8Array() });
  const votes = [
    vote("a", node.address),
    { ...vote("b", null), payload: invalid },
    { ...vote("c", null), payload: Uint8Array.of(6, 0xc1) },
    { ...vote("d", null), payload: null },
  ];
  for (const each of votes) node.hear(each);
  network.run(3_300);
  assertEquals(node.logs("INFO").at(-1), "majority in name conflict resolution [1 / 1]");
  assertEquals(node.logs("ERR").length, 4);
});

Deno.test("there is one resolution at a time, and another one if the conflict goes on", () => {
  const { network, node } = startRival();
  node.hearSwim({ type: "alive", claim: rival });
  assertEquals(node.core.stats().query_time, "2");
  network.run(3_300);
  node.hearSwim({ type: "alive", claim: rival });
  assertEquals(node.core.stats().query_time, "3");
});

Deno.test("no query is sent if conflicts are not to be resolved, or the protocol has no queries", () => {
  const { node } = startRival({ resolveNameConflicts: false });
  assertEquals(node.logs("ERR")[0].endsWith("(Resolution enabled: false)"), true);
  assertEquals(node.core.stats().query_time, "1");
  const { node: old } = startRival({ protocol: 3 });
  assertEquals(
    old.logs("ERR").at(-1),
    "Failed to start name resolution query: Feature not supported",
  );
});

Deno.test("a conflict between others is only a warning", () => {
  const node = new SerfNetwork().start("self", blind);
  node.meet("a");
  node.hearSwim({
    type: "alive",
    claim: claimOf("a", { address: addressOf("z"), incarnation: 2 }),
  });
  assertEquals(node.logs("WARN"), [
    "Name conflict for 'a' both 10.0.0.97:7946 and 10.0.0.122:7946 are claiming",
  ]);
  assertEquals(node.core.stats().query_time, "1");
});

Deno.test("a third node responds with the member that it knows, the two nodes in conflict do not respond", () => {
  const network = new SerfNetwork();
  const [witness] = network.cluster(["w", "x"]);
  const ask = (name: string) =>
    witness.hear({
      type: "query",
      lTime: 5,
      id: witness.newId(),
      address: addressOf("?"),
      sourceNode: "?",
      filters: null,
      flags: 0,
      relayFactor: 0,
      timeoutNs: 1e9,
      name: "_serf_conflict",
      payload: new TextEncoder().encode(name),
    });
  for (const name of ["x", "stranger", "w"]) ask(name);
  const answers = witness.lost.map(({ message }) =>
    message.type === "query-response" ? message.payload : undefined
  );
  const member = {
    name: "x",
    address: addressOf("x"),
    tags: new Map(),
    status: 1,
    ...claimOf("x").versions!,
  };
  assertEquals(answers, [
    encodeSerf({ type: "conflict-response", member }),
    encodeSerf({ type: "conflict-response", member: null }),
  ]);
});
