import { assertEquals, assertRejects } from "@std/assert";
import { KeyError, KeyManager, type KeyResult } from "../../lib/api/keys.ts";

const good: KeyResult = {
  nodes: 3,
  responses: 3,
  failures: 0,
  messages: new Map(),
  keys: new Map(),
  primaryKeys: new Map(),
};

Deno.test("a key error says which members said what", () => {
  const messages = new Map([["a", "no such key"], ["b", "keyring is empty"]]);
  const failed = { ...good, failures: 2, messages, error: "2/3 nodes reported failure" };
  assertEquals(
    new KeyError(failed).message,
    "2/3 nodes reported failure: a: no such key; b: keyring is empty",
  );
});

Deno.test("a key error says how many members did not answer", () => {
  const silent = { ...good, responses: 1, error: "1/3 nodes reported success" };
  assertEquals(new KeyError(silent).message, "1/3 nodes reported success: 2 did not answer");
});

Deno.test("a key error of many members quotes a few", () => {
  const messages = new Map(Array.from({ length: 8 }, (_, i) => [`n${i}`, "no"]));
  const { message } = new KeyError({ ...good, messages, error: "8/8 nodes reported failure" });
  assertEquals(
    message,
    "8/8 nodes reported failure: n0: no; n1: no; n2: no; n3: no; n4: no; and 3 more",
  );
});

Deno.test("operations run one after the other, and one that is aborted in the queue never runs", async () => {
  const begun: string[] = [];
  const { promise, resolve } = Promise.withResolvers<KeyResult>();
  const keys = new KeyManager((operation) => {
    begun.push(operation);
    return promise;
  });
  const first = keys.install("a2V5");
  const aborter = new AbortController();
  const second = keys.use("a2V5", { signal: aborter.signal });
  aborter.abort(new Error("too late"));
  await assertRejects(() => second, Error, "too late");
  const third = keys.list();
  resolve(good);
  assertEquals(await Promise.all([first, third]), [good, good]);
  assertEquals(begun, ["install-key", "list-keys"]);
});

Deno.test("wrong arguments are refused by name, and the key stays out of the message", async () => {
  const keys = new KeyManager(() => Promise.resolve(good));
  await assertRejects(() => keys.use(5 as unknown as string), TypeError, "Cannot use key: got 5");
  await assertRejects(() => keys.list({ relayFactor: 300 }), RangeError, "Cannot use relayFactor");
  await assertRejects(
    () => keys.list({ relay: 1 } as Record<string, unknown>),
    TypeError,
    "Cannot use relay: there is no such option",
  );
});
