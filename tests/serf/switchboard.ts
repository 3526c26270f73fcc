/**
 * A few Serf machines in virtual time. What they send to each other arrives a tenth of a millisecond later, all of it
 * and in order; tests may speak to a machine in the place of others.
 *
 * @module
 */

import type { LogLevel } from "../../lib/base/log.ts";
import { Address } from "../../lib/base/address.ts";
import { TimerHeap } from "../../lib/base/timer_heap.ts";
import type { SerfEvent } from "../../lib/api/event.ts";
import type { MemberStatus } from "../../lib/api/member.ts";
import { agentSettings, librarySettings, type SerfConfig } from "../../lib/serf/config.ts";
import type { SerfOutput } from "../../lib/serf/output.ts";
import {
  SerfCore,
  type SerfCoreOptions,
  type SerfTimer,
  type SerfWorld,
} from "../../lib/serf/core.ts";
import { EncodedMessage, messageOf } from "../../lib/serf/encoded_message.ts";
import { profiles } from "../../lib/swim/config.ts";
import type { Claim, Exchange, Message, Packet } from "../../lib/wire/messages/messages.ts";
import { decodePacket, encodePacket } from "../../lib/wire/framing/packet.ts";
import type { SerfMessage, SerfState } from "../../lib/wire/messages/serf_messages.ts";
import { encodeTags } from "../../lib/wire/messages/tags.ts";

const LATENCY_MS = 0.1;

/** The agent's settings, but with events one by one. */
export const settings = {
  ...librarySettings,
  ...agentSettings,
  coalescePeriodMs: 0,
  quiescentPeriodMs: 0,
  userCoalescePeriodMs: 0,
  userQuiescentPeriodMs: 0,
};

/** Settings for a machine whose peers do not exist: nobody is probed, so nobody fails by itself. */
export const blind = {
  profile: { ...profiles.lan, probeIntervalMs: 1e12, pushPullIntervalMs: 1e12 },
};

/** The address of a node by its name: no two names of a test may begin with the same letter. */
export function addressOf(name: string): Address {
  return new Address(Uint8Array.of(10, 0, 0, name.charCodeAt(0)), 7946);
}

/** What current agents announce of themselves. */
export function claimOf(node: string, changes: Partial<Claim> = {}): Claim {
  return {
    node,
    incarnation: 1,
    state: "alive",
    address: addressOf(node),
    meta: encodeTags({}, 5),
    versions: {
      protocolMin: 1,
      protocolMax: 5,
      protocolCur: 2,
      delegateMin: 2,
      delegateMax: 5,
      delegateCur: 5,
    },
    ...changes,
  };
}

/** Virtual time and a network without faults. */
export class Switchboard {
  now = 1_000;
  /** When set, datagrams go through their real encoding. */
  wire = false;
  readonly #due = new TimerHeap<() => void>();
  readonly #nodes = new Map<string, TestNode>();
  #seed = 7;

  /** Starts a machine. */
  start(name: string, config: Partial<SerfConfig> = {}, options: SerfCoreOptions = {}): TestNode {
    const node = new TestNode(this, { ...settings, tags: {}, ...config, name }, options);
    this.#nodes.set(node.address.text, node);
    node.core.start();
    return node;
  }

  /** Starts machines and lets them join the first one. */
  cluster(names: readonly string[], config: Partial<SerfConfig> = {}): TestNode[] {
    const nodes = names.map((name) => this.start(name, config));
    for (const node of nodes.slice(1)) node.core.join([nodes[0].address], { id: node.newId() });
    this.run(3_000);
    for (const node of nodes) node.outputs.length = 0;
    return nodes;
  }

  /** Lets time pass. */
  run(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const at = this.#due.peekTime();
      if (at === undefined || at > until) break;
      this.now = Math.max(this.now, at);
      this.#due.pop()?.();
    }
    this.now = until;
  }

  random(): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#seed / 2 ** 32;
  }

  after(ms: number, run: () => void): void {
    this.#due.push(this.now + ms, run);
  }

  at(address: Address): TestNode | undefined {
    const node = this.#nodes.get(address.text);
    return node?.up ? node : undefined;
  }

  deliver(from: Address, to: Address, packet: Packet): void {
    const arriving = this.wire ? throughWire(packet) : packet;
    this.after(LATENCY_MS, () => this.at(to)?.core.receive(from, arriving));
  }

  /** Carries out a stream exchange on behalf of `node`. */
  exchange(
    node: TestNode,
    to: Address,
    { exchange, id }: { exchange: Exchange; id: number },
  ): void {
    this.after(LATENCY_MS, () => {
      const message = this.at(to)?.core.accept(node.address, exchange.message);
      const error = message === undefined ? "connect: connection refused" : "EOF";
      const refused = message === undefined;
      this.after(LATENCY_MS, () => {
        node.core.reply(id, message ? { ok: true, message } : { ok: false, error, refused });
      });
    });
  }
}

function throughWire(packet: Packet): Packet {
  const options = { compress: true };
  return { messages: decodePacket(encodePacket(packet, options), options).messages, crc: false };
}

/** A machine, what it has told its host, and what it has sent to nobody. */
export class TestNode implements SerfWorld {
  readonly core: SerfCore;
  readonly address: Address;
  /** Everything that was emitted, oldest first. */
  readonly outputs: SerfOutput[] = [];
  /** Serf messages that were sent to addresses where no machine is. */
  readonly lost: { readonly to: Address; readonly message: SerfMessage }[] = [];
  /** Numbers to be drawn before random ones. */
  readonly draws: number[] = [];
  up = true;
  readonly #board: Switchboard;
  #lastId = 0;

  constructor(board: Switchboard, config: Omit<SerfConfig, "address">, options: SerfCoreOptions) {
    this.#board = board;
    this.address = addressOf(config.name);
    this.core = new SerfCore({ ...config, address: this.address }, this, options);
  }

  get now(): number {
    return this.#board.now;
  }

  random(): number {
    return this.draws.shift() ?? this.#board.random();
  }

  send(to: Address, packet: Packet): void {
    if (!this.up) return;
    if (this.#board.at(to) !== undefined) return this.#board.deliver(this.address, to, packet);
    for (const message of packet.messages) {
      if (message.type === "user" && message.body instanceof EncodedMessage) {
        this.lost.push({ to, message: message.body.message });
      }
    }
  }

  request(to: Address, exchange: Exchange, id: number): void {
    this.#board.exchange(this, to, { exchange, id });
  }

  after(ms: number, timer: SerfTimer): void {
    this.#board.after(ms, () => {
      if (this.up) this.core.handle(timer);
    });
  }

  emit(output: SerfOutput): void {
    this.outputs.push(output);
  }

  /** An id for an operation. */
  newId(): number {
    return ++this.#lastId;
  }

  /** Hears messages from somebody else. */
  hear(...messages: SerfMessage[]): void {
    this.hearSwim(
      ...messages.map((message) => ({ type: "user", body: new EncodedMessage(message) } as const)),
    );
  }

  /** Hears messages of the membership layer. */
  hearSwim(...messages: Message[]): void {
    this.core.receive(addressOf("?"), { messages, crc: false });
  }

  /** Hears that others are alive. */
  meet(...names: string[]): void {
    for (const name of names) this.hearSwim({ type: "alive", claim: claimOf(name) });
  }

  /** Hears that a member is dead. */
  bury(name: string): void {
    this.hearSwim({ type: "dead", node: name, incarnation: 1, from: "?" });
  }

  status(name: string): MemberStatus | undefined {
    return this.core.member(name)?.status;
  }

  /** The outputs of a type, in order. */
  all<Type extends SerfOutput["type"]>(type: Type): Extract<SerfOutput, { type: Type }>[] {
    return this.outputs.filter((o): o is Extract<SerfOutput, { type: Type }> => o.type === type);
  }

  /** Serf's own log lines of a level, without their source. */
  logs(level: LogLevel): string[] {
    const lines = this.all("log").filter((line) => line.level === level);
    return lines.flatMap(({ text }) => text.startsWith("serf: ") ? [text.slice(6)] : []);
  }

  /** Member events in short, as in `member-join a`. */
  memberEvents(): string[] {
    return this.outputs.flatMap((output) =>
      isMemberEvent(output) ? output.members.map(({ name }) => `${output.type} ${name}`) : []
    );
  }
}

function isMemberEvent(output: SerfOutput): output is Extract<SerfEvent, { members: unknown }> {
  return output.type.startsWith("member-");
}

/** Bytes of a text. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A join intent. */
export function join(node: string, lTime: number): SerfMessage {
  return { type: "join", lTime, node };
}

/** A leave intent. */
export function leave(node: string, lTime: number, prune = false): SerfMessage {
  return { type: "leave", lTime, node, prune };
}

/** What the machine says in a state exchange. */
export function stateOf(node: TestNode): SerfState {
  const answer = node.core.accept(addressOf("?"), {
    type: "push-pull",
    join: false,
    nodes: [],
    userState: null,
  });
  if (answer?.type !== "push-pull" || answer.userState === null) throw new Error("no state");
  const state = messageOf(answer.userState);
  if (state.type !== "push-pull") throw new Error("wrong state");
  return state;
}
