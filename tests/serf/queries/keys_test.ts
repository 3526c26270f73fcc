import { assert, assertEquals, assertMatch } from "@std/assert";
import type { KeyOperation, KeyResult } from "../../../lib/api/keys.ts";
import { Keyring } from "../../../lib/wire/framing/keyring.ts";
import { decodeSerf, encodeSerf } from "../../../lib/wire/messages/serf_codec.ts";
import type { KeyResponse } from "../../../lib/wire/messages/serf_messages.ts";
import { addressOf, blind, SerfNetwork, type SerfNode } from "../serf_network.ts";

/** A 32-byte key made of one number. */
function keyOf(number: number): Uint8Array {
  return new Uint8Array(32).fill(number);
}

interface Cluster {
  readonly network: SerfNetwork;
  readonly nodes: SerfNode[];
  readonly keyrings: Keyring[];
  /** How often each node stored its keyring. */
  readonly stored: number[];
}

/** Three nodes, each with a keyring of its own that has keys 1 and 2. */
function startCluster(): Cluster {
  const network = new SerfNetwork();
  const keyrings = ["a", "b", "c"].map(() => new Keyring([keyOf(1), keyOf(2)]));
  const stored = [0, 0, 0];
  const nodes = ["a", "b", "c"].map((name, i) =>
    network.start(name, {}, { keyring: keyrings[i], storeKeyring: () => void stored[i]++ })
  );
  for (const node of nodes.slice(1)) node.core.join([nodes[0].address], { id: 1 });
  network.run(2_000);
  for (const node of nodes) node.outputs.length = 0;
  return { network, nodes, keyrings, stored };
}

/** Starts a key operation and returns its result, which must come within a second. */
function request(
  { network, nodes }: Cluster,
  operation: KeyOperation,
  key: Uint8Array = new Uint8Array(),
): KeyResult {
  const id = nodes[0].newId();
  nodes[0].core.keys(operation, key, { id });
  network.run(1_000);
  const [output, ...others] = nodes[0].all("key-result").filter((result) => result.id === id);
  assertEquals(others, []);
  return output.result;
}

Deno.test("a key is installed, made primary and removed on all members", () => {
  const cluster = startCluster();
  const { nodes, keyrings, stored } = cluster;
  const good = { nodes: 3, responses: 3, failures: 0, error: undefined };
  for (const operation of ["install-key", "use-key"] as const) {
    const { messages, ...rest } = request(cluster, operation, keyOf(3));
    assertEquals(rest, { ...good, keys: new Map(), primaryKeys: new Map() });
    assertEquals(messages.size, 0);
  }
  assertEquals(keyrings.map(({ primary }) => primary[0]), [3, 3, 3]);
  assertEquals(request(cluster, "remove-key", keyOf(1)).error, undefined);
  assertEquals(keyrings.map(({ keys }) => keys.map((key) => key[0])), [[3, 2], [3, 2], [3, 2]]);
  assertEquals(stored, [3, 3, 3]);
  assertEquals(nodes[1].logs("INFO"), [
    "Received install-key query",
    "Received use-key query",
    "Received remove-key query",
  ]);
});

Deno.test("a list counts the members that have each key", () => {
  const cluster = startCluster();
  cluster.keyrings[1].add(keyOf(3));
  cluster.keyrings[2].use(keyOf(2));
  const { keys, primaryKeys, error } = request(cluster, "list-keys");
  const [one, two, three] = [1, 2, 3].map((number) => keyOf(number).toBase64());
  assertEquals(Object.fromEntries(keys), { [one]: 3, [two]: 3, [three]: 1 });
  assertEquals(Object.fromEntries(primaryKeys), { [one]: 2, [two]: 1 });
  assertEquals(error, undefined);
});

Deno.test("failures are counted, with the message of each member", () => {
  const cluster = startCluster();
  const refused = request(cluster, "remove-key", keyOf(1));
  assertEquals(refused.error, "3/3 nodes reported failure");
  assertEquals(
    [...refused.messages.values()],
    new Array(3).fill("removing the primary key is not allowed"),
  );
  cluster.keyrings[1].add(keyOf(9));
  const partly = request(cluster, "use-key", keyOf(9));
  assertEquals(partly.error, "2/3 nodes reported failure");
  assertEquals([...partly.messages.keys()].toSorted(), ["a", "c"]);
  assertEquals(partly.messages.get("a"), "requested key is not in the keyring");
  const short = request(cluster, "install-key", new Uint8Array(5));
  assertEquals(short.messages.get("b"), "key size must be 16, 24 or 32 bytes");
  assertEquals(cluster.nodes[2].logs("ERR"), [
    "Failed to remove key: removing the primary key is not allowed",
    "Failed to change primary key: requested key is not in the keyring",
    "Failed to install key: key size must be 16, 24 or 32 bytes",
  ]);
});

Deno.test("a keyring that cannot be stored is a failure", () => {
  const network = new SerfNetwork();
  const node = network.start("a", {}, {
    keyring: new Keyring([keyOf(1)]),
    storeKeyring: () => {
      throw new Error("Failed to write keyring file: disk full");
    },
  });
  node.core.keys("install-key", keyOf(2), { id: 1 });
  network.run(1_000);
  const [{ result }] = node.all("key-result");
  assertEquals(result.error, "1/1 nodes reported failure");
  assertEquals(result.messages.get("a"), "Failed to write keyring file: disk full");
  assertEquals(node.logs("ERR"), ["Failed to write keyring file: disk full"]);
});

Deno.test("a member that does not respond is missing after the default timeout", () => {
  const cluster = startCluster();
  const { network, nodes } = cluster;
  nodes[2].host.kill();
  nodes[0].core.keys("list-keys", new Uint8Array(), { id: 100 });
  network.run(3_100);
  assertEquals(nodes[0].all("key-result"), []);
  network.run(200);
  const [{ result }] = nodes[0].all("key-result");
  assertEquals([result.nodes, result.responses, result.error], [
    3,
    2,
    "2/3 nodes reported success",
  ]);
});

Deno.test("without encryption there are no keys", () => {
  const network = new SerfNetwork();
  const nodes = network.cluster(["a"]);
  const cluster = { network, nodes, keyrings: [], stored: [] };
  assertEquals(
    request(cluster, "list-keys").messages.get("a"),
    "Keyring is empty (encryption not enabled)",
  );
  for (const operation of ["install-key", "use-key", "remove-key"] as const) {
    const { messages, error } = request(cluster, operation, keyOf(1));
    assertEquals(messages.get("a"), "No keyring to modify (encryption not enabled)");
    assertEquals(error, "1/1 nodes reported failure");
  }
});

/** Sends a query to a node directly, and returns its response. */
function askDirectly(
  node: SerfNode,
  name: string,
  payload: Uint8Array | null,
): KeyResponse | undefined {
  node.lost.length = 0;
  node.hear({
    type: "query",
    lTime: 5,
    id: Math.floor(node.random() * 1e9),
    address: addressOf("?"),
    sourceNode: "?",
    filters: null,
    flags: 0,
    relayFactor: 0,
    timeoutNs: 1e9,
    name,
    payload,
  });
  const response = node.lost.at(0)?.message;
  if (response === undefined) return undefined;
  assert(response.type === "query-response" && response.payload !== null);
  const answer = decodeSerf(response.payload);
  assert(answer.type === "key-response");
  return answer;
}

Deno.test("a request that cannot be decoded fails without a message", () => {
  const keyring = new Keyring([keyOf(1)]);
  const node = new SerfNetwork().start("self", blind, { keyring });
  for (const payload of [null, new Uint8Array(), Uint8Array.of(7), Uint8Array.of(7, 0xc1)]) {
    const answer = askDirectly(node, "_serf_install-key", payload);
    assertEquals([answer?.result, answer?.message], [false, ""]);
  }
  const wrong = encodeSerf({ type: "join", lTime: 1, node: "x" });
  assertEquals(askDirectly(node, "_serf_use-key", wrong)?.result, false);
  const errors = node.logs("ERR");
  assertEquals(errors.length, 5);
  assertEquals(errors.slice(0, 2), Array(2).fill("Invalid key request payload"));
  for (const error of errors.slice(2)) assertMatch(error, /^Failed to decode key request: /);
  assertEquals(keyring.keys.length, 1);
});

Deno.test("a list of keys that is too long is cut so that it fits", () => {
  const keys = Array.from({ length: 50 }, (_, i) => keyOf(i));
  const node = new SerfNetwork().start("self", blind, { keyring: new Keyring(keys) });
  const answer = askDirectly(node, "_serf_list-keys", null)!;
  const shown = answer.keys!.length;
  const message = `truncated key list response, showing first ${shown} of 50 keys`;
  assertEquals([answer.result, answer.message], [true, message]);
  assertEquals(answer.keys, keys.slice(0, shown).map((key) => key.toBase64()));
  assertEquals(answer.primaryKey, keys[0].toBase64());
  assertEquals(node.logs("WARN"), [message]);
  const [{ message: response }] = node.lost;
  const length = encodeSerf(response).length;
  assert(length <= 1_024 && length > 1_024 - 46, `${length} bytes with ${shown} keys`);
});

Deno.test("a list of keys is not sent if not even one fits", () => {
  const keyring = new Keyring([keyOf(1)]);
  const node = new SerfNetwork().start("self", { ...blind, queryResponseSizeLimit: 100 }, {
    keyring,
  });
  assertEquals(askDirectly(node, "_serf_list-keys", null), undefined);
  assertEquals(node.logs("ERR"), ["Failed to truncate response so that it fits into message"]);
});

Deno.test("a response that cannot be decoded counts as a failure", () => {
  const network = new SerfNetwork();
  const node = network.start("self", blind);
  node.meet("a", "b");
  node.draws.push(0.5);
  node.core.keys("list-keys", new Uint8Array(), { id: 1 });
  const header = { type: "query-response", lTime: 1, id: 2 ** 30, flags: 0 } as const;
  node.hear({ ...header, from: "a", payload: Uint8Array.of(1, 2) });
  node.hear({ ...header, from: "b", payload: encodeSerf({ type: "join", lTime: 1, node: "x" }) });
  network.run(1);
  const [{ result }] = node.all("key-result");
  assertEquals(result.failures, 3);
  assertEquals(result.messages.get("a"), "Failed to decode key query response: [1 2]");
  assertEquals(result.messages.get("b")?.startsWith("Invalid key query response type: [1 "), true);
});
