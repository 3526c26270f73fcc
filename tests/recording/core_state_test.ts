/** Nothing of a core is forgotten when it is saved: all fields of one that goes on from there are compared, private ones too. */

import { assertEquals, assertGreater } from "@std/assert";
import { Address } from "../../lib/base/address.ts";
import { decodeState, encodeState } from "../../lib/recording/parts/state_codec.ts";
import type { SerfConfig, SerfCoreOptions } from "../../lib/serf/config.ts";
import { SerfCore, type SerfWorld } from "../../lib/serf/core.ts";
import { EncodedMessage } from "../../lib/serf/encoded_message.ts";
import { type Cluster, simulate } from "../../lib/sim/mod.ts";
import type { Message } from "../../lib/wire/messages/messages.ts";
import { encodeFilter } from "../../lib/wire/messages/serf_codec.ts";
import type { QueryMessage, SerfMessage } from "../../lib/wire/messages/serf_messages.ts";
import { addressOf, aliveOf, suspectOf } from "../swim/hand_world.ts";
import { PrivateFields } from "./private_fields.ts";

/** Fields that are no state of a core between two calls. */
const NO_STATE = new Set([
  // Made of the state when it is asked for.
  ...["CoordinateTracker.#encoded", "MemberTable.#members", "MemberRecord.#member"],
  // Where names stand in the index depends on which others were there; what is found does not.
  ...["NameTable.#index", "LastAnswers.#numbers"],
  // The hash of a name is the same in both. Behind those of the names there are some of names that were removed.
  ...["NameTable.#hashes", "NameTable.#lastName", "NameTable.#lastHash"],
  // About the datagram that was handled last.
  ...["Swim.#answered", "Swim.#wasAsked"],
  ...["DatagramLog.#from", "DatagramLog.#isCompound", "DatagramLog.#spent"],
  // Made of the settings. Pings that were saved have their own.
  "SwimContext.source",
  // They have empty places; what is in them is compared apart.
  ...["EventQueue.#items", "EventQueue.#front", "BroadcastQueue.#tiers"],
]);

type Fields = ReadonlyMap<string, unknown>;

/** What is in fields that may have empty places. */
const CONTENTS: Readonly<Record<string, (fields: Fields) => unknown>> = {
  EventQueue: (fields) => (fields.get("#items") as unknown[]).slice(fields.get("#front") as number),
  BroadcastQueue: (fields) => (fields.get("#tiers") as unknown[][]).flat(),
};

/** Compares two graphs of objects. */
class Comparison {
  readonly differences: string[] = [];
  readonly #fields: PrivateFields;
  readonly #seen = new Map<object, object>();

  constructor(fields: PrivateFields) {
    this.#fields = fields;
  }

  async compare(a: unknown, b: unknown, path: string): Promise<void> {
    if (Object.is(a, b) || typeof a === "function") return;
    if (!isObject(a) || !isObject(b)) {
      this.differences.push(`${path}: ${String(a)}, ${String(b)}`);
      return;
    }
    // Values that never change: it does not matter who shares them.
    if (a instanceof Address || a instanceof Uint8Array || "protocolMin" in a) {
      if (encodeState(a).toHex() !== encodeState(b).toHex()) this.differences.push(path);
      return;
    }
    if (this.#seen.has(a)) {
      if (this.#seen.get(a) !== b) this.differences.push(`${path} is another object`);
      return;
    }
    this.#seen.set(a, b);
    if (isBody(a) && isBody(b)) {
      await this.compare([...a.bytes], [...b.bytes], `${path}.bytes`);
    } else if (a instanceof Map || a instanceof Set) {
      await this.compare([...a], [...b as Iterable<unknown>], `${path} entries`);
    } else await this.#compareFields(a, b, path);
  }

  async #compareFields(a: object, b: object, path: string): Promise<void> {
    const { name } = a.constructor ?? Object;
    const isPlain = name === "Object" || name === "Array";
    const fieldsOf = async (object: object) =>
      new Map([...Object.entries(object), ...isPlain ? [] : await this.#fields.of(object)]);
    const [left, right] = [await fieldsOf(a), await fieldsOf(b)];
    for (const field of new Set([...left.keys(), ...right.keys()])) {
      if (/^#?(world|config)$/.test(field) || NO_STATE.has(`${name}.${field}`)) continue;
      const place = isPlain ? `${path}.${field}` : `${name}.${field}`;
      await this.compare(left.get(field), right.get(field), place);
    }
    const contents = CONTENTS[name];
    if (contents !== undefined) await this.compare(contents(left), contents(right), `in ${name}`);
  }
}

/** Whether an object is an encoded message, or one that is encoded when it is asked for its bytes. */
function isBody(value: object): value is { readonly bytes: Uint8Array } {
  return "bytes" in value && value.bytes instanceof Uint8Array;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** The first node of a cluster, and what it was made of. */
interface Original {
  core: SerfCore;
  config: SerfConfig;
  world: SerfWorld;
  options: SerfCoreOptions;
}

/** A world that only has the time. */
function worldAt(now: number): SerfWorld {
  return { now, random: () => 0.5, send() {}, request() {}, after() {}, emit() {} };
}

function act(cluster: Cluster, second: number): void {
  const [first, other, third] = cluster.nodes;
  other.userEvent(`event-${second % 3}`, `${second}`);
  if (second % 4 === 0) first.userEvent("own", `${second}`);
  if (second % 5 === 0) first.query("ask", "x", { requestAck: true, timeoutMs: 4_000 });
  if (second % 5 === 1) other.query("ask", "y", { tags: { role: "web" }, waitForTimeout: true });
  if (second === 7) first.setTags({ role: "web" });
  if (second === 8) third.kill();
  if (second === 9) cluster.partition([0], [1, 2]);
  if (second === 14) cluster.heal();
  if (second === 20) cluster.node(3).pause();
  if (second === 26) cluster.node(3).resume();
  if (second === 30) cluster.node(4).leave();
  if (second === 38) first.stepClock(5_000);
  if (second === 40) other.forceLeave(third.name, { prune: true });
  if (second === 45) third.restart();
  if (second === 47) other.whyAll(first.name);
  if (second === 50) first.join(other);
  if (second === 57) first.leave();
}

/** A core whose joins do not want events from before them. */
class LateCore extends SerfCore {
  override join(addresses: readonly Address[], { id }: { id: number }): void {
    super.join(addresses, { id, ignoreOld: true });
  }
}

/** What simulated nodes are not asked for. */
function actOn(core: SerfCore, second: number): void {
  const payload = Uint8Array.of(second);
  if (second % 6 === 1) core.userEvent("coalesced", payload, { coalesce: true });
  if (second === 46) { for (let i = 0; i < 300; i++) core.userEvent(`burst-${i}`, payload); }
}

/** What limits are for: each of these messages is noted, so that it is not logged or answered without end. */
function sendNonsense(core: SerfCore): void {
  const far = 2n ** 64n - 2n;
  const event = { type: "user-event", name: "e", payload: null, coalesce: false } as const;
  const query: QueryMessage = {
    ...{ lTime: far, id: 1, address: addressOf("x"), sourceNode: "x", flags: 0, relayFactor: 0 },
    ...{ type: "query", timeoutNs: 1e9, name: "q", payload: null, filters: null },
  };
  const bodies: SerfMessage[] = [
    { type: "join", node: "x", lTime: far },
    { type: "leave", node: "unknown", lTime: 5, prune: false },
    { ...event, lTime: far },
    { ...event, lTime: 500, payload: new Uint8Array(10_000) },
    query,
    { ...query, lTime: 500, filters: [encodeFilter({ type: "tag", tag: "a", expression: "(" })] },
  ];
  const messages: Message[] = [
    aliveOf("x".repeat(600)),
    { type: "indirect-ping", sequence: 9, node: "y", target: addressOf("y"), nack: true },
    suspectOf(core.local.name, "x"),
    ...bodies.map((message): Message => ({ type: "user", body: new EncodedMessage(message) })),
  ];
  for (const message of messages) {
    core.receive(addressOf("x"), { messages: [message], crc: false });
  }
}

Deno.test("a core that goes on from a saved state has all fields that the saved one has", async () => {
  let original: Original | undefined;
  const cluster = simulate({
    nodes: 6,
    seed: 3,
    wire: true,
    loss: 0.05,
    snapshots: true,
    config: {
      ...{ coalescePeriodMs: 3_000, quiescentPeriodMs: 1_000 },
      ...{ userCoalescePeriodMs: 3_000, userQuiescentPeriodMs: 1_000 },
      // Members that failed are soon forgotten, and looked for.
      ...{ reapIntervalMs: 3_000, reconnectTimeoutMs: 6_000, reconnectIntervalMs: 4_000 },
    },
    makeCore: ({ index }) => (config, world, options = {}) => {
      const core = index === 0
        ? new LateCore(config, world, options)
        : new SerfCore(config, world, options);
      if (index === 0) original = { core, config, world, options };
      return core;
    },
  });
  cluster.answerQueries(() => new Uint8Array(3));
  using fields = new PrivateFields();
  let compared = 0;
  for (let second = 0; second < 60; second++) {
    act(cluster, second);
    if (second === 17 || second === 36) sendNonsense(original!.core);
    actOn(original!.core, second);
    // At another moment of each second.
    const seconds = 0.01 + (0.137 * second) % 0.9;
    cluster.run({ seconds });
    const { core, config, world, options } = original!;
    const saved = core.save();
    if (saved !== undefined) {
      const checkpoint = decodeState(encodeState(saved)) as typeof saved;
      const again = new SerfCore(config, worldAt(world.now), { ...options, checkpoint });
      const comparison = new Comparison(fields);
      await comparison.compare(core, again, "");
      assertEquals(comparison.differences, [], `at second ${second}`);
      assertEquals(encodeState(again.save()), encodeState(saved));
      compared++;
    }
    cluster.run({ seconds: 1 - seconds });
  }
  assertGreater(compared, 40);
});
