import { assertEquals, assertLess } from "@std/assert";
import { Address } from "../../lib/base/address.ts";
import type { Serf } from "../../lib/host/serf.ts";
import { encodeFilter, encodeSerf } from "../../lib/wire/messages/serf_codec.ts";
import { encodeMessage } from "../../lib/wire/messages/message_codec.ts";
import { compress } from "../../lib/wire/framing/compression.ts";
import { encodeStream } from "../../lib/wire/framing/stream.ts";
import type { Claim, Message } from "../../lib/wire/messages/messages.ts";
import type { SerfMessage } from "../../lib/wire/messages/serf_messages.ts";
import { LoopbackCluster } from "./loopback_cluster.ts";
import { sleep } from "../support/sleep.ts";
import { until } from "../support/until.ts";
import { cpuTimeMs } from "../support/cpu_time.ts";

/** A stranger who sends raw datagrams to a member. */
class Attacker implements Disposable {
  readonly #socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  readonly #to: Deno.NetAddr;
  /** How many datagrams came back. */
  received = 0;

  constructor({ bindAddress: { host: hostname, port } }: Serf) {
    this.#to = { transport: "udp", hostname, port };
    this.#receive();
  }

  async send(bytes: Uint8Array): Promise<void> {
    await this.#socket.send(bytes, this.#to);
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  async #receive(): Promise<void> {
    for await (const _datagram of this.#socket) this.received++;
  }
}

function compound(parts: readonly Uint8Array[]): Uint8Array {
  const lengths = parts.flatMap(({ length }) => [length >> 8, length & 0xff]);
  return Uint8Array.from([7, parts.length, ...lengths, ...parts.flatMap((part) => [...part])]);
}

/** Small datagrams that hold a message 255 times, and 16 times 255 times. */
function repeated(message: Uint8Array): Uint8Array[] {
  const inner = compound(Array<Uint8Array>(255).fill(message));
  return [compress(inner), compress(compound(Array<Uint8Array>(16).fill(inner)))];
}

function userMessage(message: SerfMessage): Uint8Array {
  return encodeMessage({ type: "user", body: { bytes: encodeSerf(message) } });
}

/** Waits until a member has read all that was sent to it before. */
async function settled(serf: Serf, attacker: Attacker): Promise<void> {
  await attacker.send(userMessage({
    type: "user-event",
    lTime: 1,
    name: "last",
    payload: null,
    coalesce: false,
  }));
  await until(() => serf.stats().eventTime > 1);
  await sleep(300);
}

Deno.test("small datagrams of 255 and 4,080 messages cause one answer and few lines", async () => {
  const messages: Message[] = [
    { type: "ping", sequence: 1, node: "" },
    { type: "ping", sequence: 1, node: "another" },
    { type: "suspect", node: "victim", incarnation: 1, from: "x" },
    { type: "user", body: { bytes: Uint8Array.of(3, 0xc1) } },
  ];
  for (const message of messages) {
    for (const bytes of repeated(encodeMessage(message))) {
      assertLess(bytes.length, 6_000);
      await using cluster = new LoopbackCluster();
      const victim = await cluster.create("victim");
      using attacker = new Attacker(victim);
      await attacker.send(bytes);
      await settled(victim, attacker);
      assertLess(attacker.received, 2);
      // A busy machine may add that timers fired late.
      const lines = cluster.log.filter((line) => /^victim (WARN|ERR) (?!.*: Timers)/.test(line));
      assertLess(lines.length, 2);
    }
  }
});

Deno.test("datagrams that decompress to 40 MiB cost no memory", async () => {
  await using cluster = new LoopbackCluster();
  const victim = await cluster.create("victim");
  using attacker = new Attacker(victim);
  const bomb = compress(userMessage({
    type: "user-event",
    lTime: 1,
    name: "bomb",
    payload: new Uint8Array(39 * 1024 * 1024),
    coalesce: false,
  }));
  assertLess(bomb.length, 65_000);
  const before = memoryOfThread();
  for (let i = 0; i < 12; i++) await attacker.send(bomb);
  await settled(victim, attacker);
  assertLess(memoryOfThread() - before, 64 * 1024 * 1024);
});

/** Objects and buffers of this thread, bytes; other test files have threads of their own. */
function memoryOfThread(): number {
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

Deno.test("a datagram with an expression that expands to millions of states is done in milliseconds", async () => {
  await using cluster = new LoopbackCluster();
  const victim = await cluster.create("victim");
  using attacker = new Attacker(victim);
  const expression = `(?:${".*".repeat(440)}){1000}`;
  const startedAt = cpuTimeMs();
  for (let id = 0; id < 6; id++) {
    const bytes = userMessage({
      type: "query",
      lTime: 1,
      id,
      address: victim.address,
      sourceNode: "x",
      filters: [encodeFilter({ type: "tag", tag: "role", expression })],
      flags: 0,
      relayFactor: 0,
      timeoutNs: 1e9,
      name: "q",
      payload: null,
    });
    assertLess(bytes.length, 1_400);
    await attacker.send(bytes);
  }
  await settled(victim, attacker);
  assertLess(cpuTimeMs() - startedAt, 1_500);
  const refused = cluster.log.filter((line) => line.includes("would take too long"));
  assertEquals(refused.length, 1);
});

Deno.test("a push/pull of 60,000 made-up members does not block the event loop, and drowns nobody", async () => {
  await using cluster = new LoopbackCluster();
  const [victim] = await cluster.joined(2);
  await until(() => victim.members().length === 2);
  const nodes = Array.from({ length: 60_000 }, (_, i): Claim => ({
    node: `made-up-${i}`,
    incarnation: 1,
    state: "alive",
    address: new Address(Uint8Array.of(127, 9, i >> 8, i & 0xff), 1),
    meta: null,
    versions: {
      protocolMin: 1,
      protocolMax: 5,
      protocolCur: 2,
      delegateMin: 2,
      delegateMax: 5,
      delegateCur: 5,
    },
  }));
  const state: SerfMessage = {
    type: "push-pull",
    lTime: 1,
    eventLTime: 1,
    queryLTime: 1,
    statusLTimes: new Map(nodes.map(({ node }, i) => [node, i])),
    leftMembers: nodes.slice(30_000).map(({ node }) => node),
    events: Array.from({ length: 512 }, (_, lTime) => ({
      lTime,
      events: Array.from({ length: 16 }, (_, i) => ({ name: `${i}`, payload: null })),
    })),
  };
  const userState = { bytes: encodeSerf(state) };
  const message = { type: "push-pull", join: true, nodes, userState } as const;
  const bytes = encodeStream(message, { compress: true }, "dialler");
  let longest = 0;
  let last = cpuTimeMs();
  const watch = setInterval(() => {
    longest = Math.max(longest, cpuTimeMs() - last);
    last = cpuTimeMs();
  }, 5);
  const { host: hostname, port } = victim.bindAddress;
  const connection = await Deno.connect({ hostname, port });
  await connection.write(bytes);
  connection.close();
  await until(() => cluster.log.some((line) => line.includes("because they are too many")));
  clearInterval(watch);
  assertEquals(victim.members().length, 2 + 1_024);
  assertLess(longest, 250);
});
