/**
 * What a protocol machine may expect of any network, real or simulated. Each implementation runs the whole suite.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Address } from "../../../lib/base/address.ts";
import type { Machine, World } from "../../../lib/base/world.ts";
import { KeyringCipher } from "../../../lib/wire/framing/cipher.ts";
import { Keyring } from "../../../lib/wire/framing/keyring.ts";
import type {
  Claim,
  Exchange,
  Packet,
  PushPull,
  Reply,
  StreamMessage,
} from "../../../lib/wire/messages/messages.ts";
import type { WireOptions } from "../../../lib/wire/framing/wire_options.ts";
import { until } from "../../support/until.ts";

/** What tests ask to be woken for. */
export interface Note {
  readonly text: string;
}

/** The world of a {@link Station}. */
export type StationWorld = World<Packet, Exchange, Note, never>;

/** A machine that writes down what happens to it. */
export class Station implements Machine<Packet, StreamMessage, Reply, Note> {
  readonly address: Address;
  readonly world: StationWorld;
  readonly datagrams: { readonly from: Address; readonly packet: Packet }[] = [];
  readonly streams: StreamMessage[] = [];
  /** Timers that were handled, with the time. */
  readonly notes: { readonly text: string; readonly at: number }[] = [];
  /** What inbound streams are answered with. */
  answer: (message: StreamMessage) => StreamMessage | null = () => null;
  /** How its host calls a machine. */
  enter: (run: () => void) => void = (run) => run();
  readonly #replies = new Map<number, (reply: Reply) => void>();
  #lastRequest = 0;

  constructor(address: Address, world: StationWorld) {
    this.address = address;
    this.world = world;
  }

  start(): void {}

  receive(from: Address, packet: Packet): void {
    this.datagrams.push({ from, packet });
  }

  accept(_from: Address, message: StreamMessage): StreamMessage | null {
    this.streams.push(message);
    return this.answer(message);
  }

  reply(id: number, reply: Reply): void {
    const resolve = this.#replies.get(id);
    if (resolve === undefined) throw new Error(`Reply ${id} came without a request, or twice`);
    this.#replies.delete(id);
    resolve(reply);
  }

  handle({ text }: Note): void {
    this.notes.push({ text, at: this.world.now });
  }

  send(to: Address, packet: Packet): void {
    this.world.send(to, packet);
  }

  request(to: Address, exchange: Exchange): Promise<Reply> {
    const id = ++this.#lastRequest;
    const { promise, resolve } = Promise.withResolvers<Reply>();
    this.#replies.set(id, resolve);
    this.world.request(to, exchange, id);
    return promise;
  }
}

/** A network to try. */
export interface TestNetwork extends AsyncDisposable {
  open(wire?: WireOptions): Promise<Station>;
  /** An address at which nobody listens. */
  vacant(): Address;
}

const plain: WireOptions = { compress: true };

function ping(sequence: number): Packet {
  return { messages: [{ type: "ping", sequence, node: "" }], crc: false };
}

function sequences({ datagrams }: Station): number[] {
  return datagrams.map(({ packet: { messages: [message] } }) => {
    assert(message.type === "ping");
    return message.sequence;
  });
}

function pushPull(address: Address, nodes: number): PushPull {
  const claims = Array.from({ length: nodes }, (_, i): Claim => ({
    node: `node-${i}`,
    incarnation: i + 1,
    state: "alive",
    address,
    meta: crypto.getRandomValues(new Uint8Array(40)),
    versions: {
      protocolMin: 1,
      protocolMax: 5,
      protocolCur: 2,
      delegateMin: 2,
      delegateMax: 5,
      delegateCur: 5,
    },
  }));
  return { type: "push-pull", join: true, nodes: claims, userState: { bytes: new Uint8Array(9) } };
}

function pingExchange(sequence: number, timeoutMs = 2_000): Exchange {
  return { message: { type: "ping", sequence, node: "" }, timeoutMs };
}

/** Registers the suite for one kind of network. */
export function testTransport(kind: string, makeNetwork: () => Promise<TestNetwork>): void {
  const test = (name: string, run: (network: TestNetwork) => Promise<void>) =>
    Deno.test(`${kind}: ${name}`, async () => {
      await using network = await makeNetwork();
      await run(network);
    });

  test("a datagram arrives with all its messages and its sender's address", async (network) => {
    const [a, b] = [await network.open(), await network.open()];
    const messages = [1, 2, 3].map((sequence) => ({ type: "nack", sequence }) as const);
    a.send(b.address, { messages, crc: true });
    await until(() => b.datagrams.length === 1);
    assertEquals(b.datagrams[0].packet.messages, messages);
    assertEquals(b.datagrams[0].from.text, a.address.text);
  });

  test("many datagrams arrive, each by itself", async (network) => {
    const [a, b] = [await network.open(), await network.open()];
    for (let i = 1; i <= 50; i++) a.send(b.address, ping(i));
    await until(() => b.datagrams.length === 50);
    assertEquals(
      sequences(b).toSorted((x, y) => x - y),
      Array.from({ length: 50 }, (_, i) => i + 1),
    );
  });

  test("a node reaches itself", async (network) => {
    const a = await network.open();
    a.send(a.address, ping(7));
    await until(() => a.datagrams.length === 1);
    assertEquals(a.datagrams[0].from.text, a.address.text);
    a.answer = () => ({ type: "ack", sequence: 7, payload: null });
    assert((await a.request(a.address, pingExchange(7))).ok);
  });

  test("a datagram to an address where nobody listens is lost", async (network) => {
    const [a, b] = [await network.open(), await network.open()];
    a.send(network.vacant(), ping(1));
    a.send(b.address, ping(2));
    await until(() => b.datagrams.length === 1);
    assertEquals(sequences(b), [2]);
  });

  test("an exchange delivers the message and returns the answer", async (network) => {
    const [a, b] = [await network.open(), await network.open()];
    const theirs = pushPull(b.address, 2);
    b.answer = () => theirs;
    const ours = pushPull(a.address, 3);
    const reply = await a.request(b.address, { message: ours, timeoutMs: 2_000 });
    assert(reply.ok && reply.message.type === "push-pull");
    assertEquals(reply.message.nodes.map(({ node }) => node), ["node-0", "node-1"]);
    const [received] = b.streams;
    assert(received.type === "push-pull" && received.join);
    assertEquals(received.nodes.map(({ meta }) => meta), ours.nodes.map(({ meta }) => meta));
    assertEquals(received.userState?.bytes, new Uint8Array(9));
  });

  test("a state of thousands of nodes is exchanged completely", async (network) => {
    const [a, b] = [await network.open(), await network.open()];
    b.answer = (message) => message;
    const reply = await a.request(b.address, {
      message: pushPull(a.address, 5_000),
      timeoutMs: 10_000,
    });
    assert(reply.ok && reply.message.type === "push-pull");
    assertEquals(reply.message.nodes.length, 5_000);
    assertEquals(reply.message.nodes[4_999].node, "node-4999");
  });

  test("exchanges run concurrently and each gets its own answer", async (network) => {
    const [a, b] = [await network.open(), await network.open()];
    b.answer = (message) =>
      message.type === "ping" ? { type: "ack", sequence: message.sequence, payload: null } : null;
    const numbers = Array.from({ length: 40 }, (_, i) => i);
    const replies = await Promise.all(numbers.map((i) => a.request(b.address, pingExchange(i))));
    const acks = replies.map((reply) =>
      reply.ok && reply.message.type === "ack" ? reply.message.sequence : reply
    );
    assertEquals(acks, numbers);
  });

  test("an exchange with an address where nobody listens is refused, with Go's message", async (network) => {
    const a = await network.open();
    const nobody = network.vacant();
    assertEquals(await a.request(nobody, pingExchange(1)), {
      ok: false,
      error: `dial tcp ${nobody}: connect: connection refused`,
      refused: true,
    });
  });

  test("an exchange that is not answered fails, but does not count as refused", async (network) => {
    const [a, b] = [await network.open(), await network.open()];
    b.answer = () => null;
    const reply = await a.request(b.address, pingExchange(1));
    assertEquals(reply, { ok: false, error: "EOF", refused: false });
  });

  test("timers fire in the order of their times and never early, those of one time in the order of their start", async (network) => {
    const { world, notes, enter } = await network.open();
    const asked = world.now;
    enter(() => {
      for (const [ms, text] of [[30, "d"], [10, "b"], [10, "c"], [0, "a"]] as const) {
        world.after(ms, { text });
      }
      assertEquals(notes, []);
    });
    await until(() => notes.length === 4);
    assertEquals(notes.map(({ text }) => text), ["a", "b", "c", "d"]);
    for (const [i, ms] of [0, 10, 10, 30].entries()) assert(notes[i].at - asked >= ms);
  });

  test("an encrypted network works like any other", async (network) => {
    const wire = {
      compress: true,
      cipher: new KeyringCipher(new Keyring([new Uint8Array(32).fill(1)])),
    };
    const [a, b] = [await network.open(wire), await network.open(wire)];
    b.answer = (message) => message;
    a.send(b.address, ping(5));
    const reply = await a.request(b.address, {
      message: pushPull(a.address, 4),
      timeoutMs: 2_000,
    });
    assert(reply.ok && reply.message.type === "push-pull");
    await until(() => b.datagrams.length === 1);
    assertEquals(sequences(b), [5]);
  });

  test("a peer without encryption is told why its exchange is refused, and nothing else", async (network) => {
    const cipher = new KeyringCipher(new Keyring([new Uint8Array(16).fill(1)]));
    const open = await network.open(plain);
    const closed = await network.open({ compress: true, cipher });
    open.send(closed.address, ping(1));
    // The answer is encrypted, which the plain side in turn does not take.
    const fromOpen = await open.request(closed.address, pingExchange(2));
    assert(!fromOpen.ok && !fromOpen.refused);
    assertMatch(fromOpen.error, /remote state is encrypted and encryption is not configured/);
    const fromClosed = await closed.request(open.address, pingExchange(3));
    assert(!fromClosed.ok);
    const messages = closed.datagrams.flatMap(({ packet }) => packet.messages);
    assertEquals([open.streams, closed.streams, messages], [[], [], []]);
  });
}
