import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { KeyError } from "../../lib/api/keys.ts";
import { Keyring } from "../../lib/wire/framing/keyring.ts";
import { LoopbackCluster } from "./loopback_cluster.ts";
import { until } from "../support/until.ts";

const old = new Uint8Array(32).fill(1);
const next = new Uint8Array(32).fill(2);

Deno.test("a cluster changes its key while it runs", async () => {
  await using cluster = new LoopbackCluster();
  const keyrings = [new Keyring([old]), new Keyring([old])];
  const changes: string[] = [];
  const create = (name: string, keyring: Keyring) =>
    cluster.create(name, {
      keyring,
      onKeyringChange: ({ primary, keys }) => changes.push(`${name} ${primary[0]} ${keys.length}`),
    });
  const [a, b] = [await create("a", keyrings[0]), await create("b", keyrings[1])];
  await b.join([a.address.text]);
  await until(() => a.members().length === 2);

  const installed = await a.keys.install(next);
  assertEquals([installed.nodes, installed.responses, installed.failures], [2, 2, 0]);
  await a.keys.use(next);
  const listed = await b.keys.list();
  assertEquals(listed.keys, new Map([[next.toBase64(), 2], [old.toBase64(), 2]]));
  await a.keys.remove(old);
  for (const keyring of keyrings) assertEquals(keyring.keys, [next]);
  assertEquals(changes.toSorted(), ["a 1 2", "a 2 1", "a 2 2", "b 1 2", "b 2 1", "b 2 2"]);
});

Deno.test("a failed key operation reports the reason of each member", async () => {
  await using cluster = new LoopbackCluster();
  const [a] = await cluster.joined(2, { encryptKey: old });
  await until(() => a.members().length === 2);
  const error = await assertRejects(() => a.keys.remove(old), KeyError);
  assertEquals(error.result.error, "2/2 nodes reported failure");
  for (const part of ["2/2 nodes reported failure: ", "n1: ", "n2: ", "primary key"]) {
    assertStringIncludes(error.message, part);
  }
  assertEquals([...error.result.messages.keys()].toSorted(), ["n1", "n2"]);
  assert([...error.result.messages.values()].every((text) => text.includes("primary key")));
});

Deno.test("key operations of one instance run one after the other", async () => {
  await using cluster = new LoopbackCluster();
  const [a] = await cluster.joined(2, { encryptKey: old });
  await until(() => a.members().length === 2);
  await Promise.all([a.keys.install(next), a.keys.use(next), a.keys.remove(old)]);
  assertEquals((await a.keys.list()).keys, new Map([[next.toBase64(), 2]]));
});

Deno.test("a key may be given in base64", async () => {
  await using cluster = new LoopbackCluster();
  const [a] = await cluster.joined(2, { encryptKey: old.toBase64() });
  await until(() => a.members().length === 2);
  await a.keys.install(next.toBase64());
  assertEquals((await a.keys.list()).keys.get(next.toBase64()), 2);
});
