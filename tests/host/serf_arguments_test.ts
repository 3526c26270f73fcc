import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { MemberEvent, SerfEvent, UserEvent } from "../../lib/api/event.ts";
import type { Subscription } from "../../lib/base/subscription.ts";
import { Serf } from "../../lib/host/serf.ts";
import type { SerfOptions } from "../../lib/host/serf_options.ts";
import { profiles } from "../../lib/swim/config.ts";
import { LoopbackCluster } from "./loopback_cluster.ts";

/** Arguments that the compiler would refuse. */
// deno-lint-ignore no-explicit-any
const wrong = (value: unknown): any => value;

Deno.test("wrong arguments are refused by name, before anything happens", async () => {
  await using cluster = new LoopbackCluster();
  const a = await cluster.create("a");
  const rejected: [() => Promise<unknown>, string][] = [
    [() => a.join(wrong("x")), 'Cannot use addresses: got "x", expected an array of texts'],
    [() => a.join([wrong(5)]), "Cannot use addresses[0]: got 5, expected text"],
    [
      () => a.join([], wrong({ replays: true })),
      "Cannot use replays: there is no such option, did",
    ],
    [() => a.leave(wrong({ signal: 5 })), "Cannot use signal: got 5, expected an AbortSignal"],
    [() => a.forceLeave(wrong(undefined)), "Cannot use name: got undefined, expected text"],
    [() => a.setTags(wrong("role")), 'Cannot use tags: got "role", expected an object of texts'],
    [() => a.setTags(wrong({ n: 1 })), "Cannot use tags.n: got 1, expected text"],
    [() => a.updateTags(wrong({ add: {} })), "Cannot use add: there is no such option"],
    [() => a.updateTags({ delete: wrong("a") }), 'Cannot use delete: got "a", expected an array'],
    [() => a.keys.install(wrong({})), "Cannot use key: got an object, expected a Uint8Array"],
    [() => a.keys.use("not base64!"), "Cannot use key: got text that is not base64"],
  ];
  for (const [call, message] of rejected) await assertRejects(call, TypeError, message);
  const thrown: [() => unknown, string][] = [
    [
      () => a.userEvent("x", wrong({})),
      "Cannot use payload: got an object, expected text, a Uint8",
    ],
    [() => a.userEvent(wrong(5)), "Cannot use name: got 5, expected text"],
    [() => a.userEvent("x", null, wrong(true)), "Cannot use options: got true, expected an object"],
    [() => a.query("x", wrong(5)), "Cannot use payload: got 5"],
    [() => a.query("x", null, wrong({ node: [] })), "did you mean nodes?"],
    [() => a.query("x", null, { nodes: wrong("a") }), 'Cannot use nodes: got "a"'],
    [
      () => a.query("x", null, { tags: { role: "[" } }),
      'the filter for the tag "role" must be a regular expression in RE2 syntax: got "["',
    ],
    [() => a.query("x", null, { timeoutMs: wrong("1") }), 'Cannot use timeoutMs: got "1"'],
    [() => a.events({ types: [wrong("bogus")] }), 'Cannot use types: got "bogus", expected event'],
    [() => a.events({ types: wrong("user") }), 'Cannot use types: got "user", expected an array'],
    [() => a.members({ name: "[" }), 'Cannot use filter: got "[", expected RE2 expressions'],
    [() => a.members(wrong({ nam: "a" })), "Cannot use nam: there is no such option, did you mean"],
  ];
  for (const [call, message] of thrown) assertThrows(call, TypeError, message);
  assertThrows(
    () => a.query("x", null, { relayFactor: 256 }),
    RangeError,
    "Cannot use relayFactor",
  );
  assertThrows(() => a.query("x", null, { timeoutMs: -1 }), RangeError, "Cannot use timeoutMs");
  assertThrows(() => a.events({ capacity: 0 }), RangeError, "Cannot use capacity: got 0");
  assertEquals([a.tags, a.stats().eventTime, a.stats().queryTime], [{}, 1, 1]);
});

Deno.test("wrong options are refused by name", async () => {
  const cases: [unknown, string][] = [
    ["x", 'Cannot use options: got "x", expected an object'],
    [{ bind: 7946 }, 'Cannot use bind: got 7946, expected text such as "0.0.0.0:7946"'],
    [{ tag: {} }, "Cannot use tag: there is no such option, did you mean tags?"],
    [{ tags: { a: 1 } }, "Cannot use tags.a: got 1, expected text"],
    [
      { log: console },
      "Cannot use log: got an object, expected a function, such as toLog(console)",
    ],
    [{ encryptKey: 5 }, "Cannot use encryptKey: got 5, expected a Uint8Array"],
    [{ encryptKey: "?" }, "Cannot use encryptKey: got text that is not base64"],
    [{ compression: "no" }, 'Cannot use compression: got "no", expected a boolean'],
    [{ reapIntervalMs: 5 }, "Cannot use reapIntervalMs: there is no such option"],
    [{ advanced: { reapInterval: 5 } }, "did you mean reapIntervalMs?"],
    [{ advanced: true }, "Cannot use advanced: got true, expected an object"],
    [{ signal: 5 }, "Cannot use signal: got 5"],
    [{ profile: 5 }, "Cannot use profile: got 5, expected an object"],
    [{ profile: { ...profiles.lan, gossipNode: 3 } }, "did you mean gossipNodes?"],
  ];
  for (const [options, message] of cases) {
    await assertRejects(() => Serf.create(options as SerfOptions), TypeError, message);
  }
});

Deno.test("the types of a subscription narrow its events, for the compiler too", async () => {
  await using cluster = new LoopbackCluster();
  const a = await cluster.create("a");
  const some: Subscription<UserEvent | MemberEvent> = a.events({
    types: ["user:deploy", "member-failed"],
  });
  const all: Subscription<SerfEvent> = a.events();
  a.userEvent("other");
  a.userEvent("deploy", "v1");
  const { value } = await some.next();
  assertEquals(value?.type === "user" && value.text(), "v1");
  assertEquals([some.size, all.size], [0, 2]);
});
