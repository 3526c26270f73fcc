/**
 * One Swim machine in a world that is driven by hand: it records what the machine does, nothing that is sent arrives
 * anywhere by itself, and time passes when a test says so. It is for tests of what a machine does with a message or timer.
 *
 * @module
 */

import { Address } from "../../lib/base/address.ts";
import { TimerHeap } from "../../lib/base/timer_heap.ts";
import { Random } from "../../lib/sim/random.ts";
import { type Profile, profiles } from "../../lib/swim/config.ts";
import type { Delegate, SwimEvent } from "../../lib/swim/delegate.ts";
import { Swim, type SwimTimer, type SwimWorld } from "../../lib/swim/swim.ts";
import type {
  Claim,
  Exchange,
  Message,
  Opaque,
  Packet,
  Ping,
  PushPull,
  Reply,
  StreamMessage,
  Suspect,
  Versions,
} from "../../lib/wire/messages/messages.ts";

/** What current agents announce. */
export const versions: Versions = {
  protocolMin: 1,
  protocolMax: 5,
  protocolCur: 2,
  delegateMin: 2,
  delegateMax: 5,
  delegateCur: 5,
};

/** The address of node `n1`, `n2`, …; of other names by their first letter. */
export function addressOf(node: string): Address {
  const number = Number(node.slice(1)) || node.charCodeAt(0);
  return new Address(Uint8Array.of(10, 0, number >> 8, number & 0xff), 7946);
}

/** The claim that a node is alive at its own address, with some changes. */
export function claimOf(node: string, changes: Partial<Claim> = {}): Claim {
  return {
    node,
    incarnation: 1,
    state: "alive",
    address: addressOf(node),
    meta: null,
    versions,
    ...changes,
  };
}

/** An alive message about a node. */
export function aliveOf(node: string, changes: Partial<Claim> = {}): Message {
  return { type: "alive", claim: claimOf(node, changes) };
}

/** A message by which `from` suspects a node. */
export function suspectOf(node: string, from: string): Suspect {
  return { type: "suspect", node, incarnation: 1, from };
}

/** A user message of so many bytes, with its type byte. */
export function userMessage(length: number): Message {
  return { type: "user", body: { bytes: new Uint8Array(length - 1) } };
}

/** A merge that is over at once. */
export const noSteps: Iterator<undefined> = { next: () => ({ done: true, value: undefined }) };

/** A delegate that has nothing to say. */
export const silentDelegate: Delegate = {
  broadcasts: () => [],
  waitingBytes: () => 0,
  localState: () => null,
  mergeRemoteState: () => noSteps,
  ackPayload: () => null,
};

/** A packet that was sent, and when. */
export interface Sent {
  readonly at: number;
  readonly to: Address;
  readonly packet: Packet;
}

/** A stream exchange that was started. */
export interface Requested {
  readonly to: Address;
  readonly exchange: Exchange;
  readonly id: number;
}

/** Records what the machine does. Nothing that is sent arrives anywhere by itself. */
export class HandWorld implements SwimWorld {
  now = 1_000_000;
  /** Packets that were sent, oldest first. */
  readonly sent: Sent[] = [];
  readonly requests: Requested[] = [];
  readonly events: SwimEvent[] = [];
  /** The user states that arrived in state exchanges. */
  readonly remoteStates: { readonly state: Opaque; readonly join: boolean }[] = [];
  /** The machine that gets the timers. */
  machine!: Swim;
  /** Whether pings are answered at once. */
  peersAnswer = true;
  #unanswered: Ping[] = [];
  readonly #timers = new TimerHeap<SwimTimer>();
  readonly #random: Random;

  constructor(seed = 1) {
    this.#random = new Random(seed);
  }

  random(): number {
    return this.#random.next();
  }

  send(to: Address, packet: Packet): void {
    this.sent.push({ at: this.now, to, packet });
    if (!this.peersAnswer) return;
    for (const message of packet.messages) {
      if (message.type === "ping") this.#unanswered.push(message);
    }
  }

  request(to: Address, exchange: Exchange, id: number): void {
    this.requests.push({ to, exchange, id });
  }

  after(ms: number, timer: SwimTimer): void {
    this.#timers.push(this.now + ms, timer);
  }

  emit(event: SwimEvent): void {
    this.events.push(event);
  }

  /** Lets time pass, and fires the timers that become due. */
  run(ms: number): void {
    const until = this.now + ms;
    for (let at = this.#timers.peekTime(); at !== undefined && at <= until;) {
      this.now = Math.max(this.now, at);
      this.machine.handle(this.#timers.pop() as SwimTimer);
      for (const { sequence } of this.#unanswered.splice(0)) {
        hear(this.machine, { type: "ack", sequence, payload: null });
      }
      at = this.#timers.peekTime();
    }
    this.now = until;
  }

  /** Runs until something holds, and fails if that takes longer than a virtual hour. */
  runUntil(holds: () => boolean): void {
    const end = this.now + 3_600_000;
    while (!holds()) {
      const at = this.#timers.peekTime();
      if (at === undefined || at > end) {
        throw new Error("The condition was not met within a virtual hour");
      }
      this.run(Math.max(0, at - this.now));
    }
  }

  /** Lets time pass without firing timers, as for a process that is stopped: they become late. */
  stall(ms: number): void {
    this.now += ms;
  }

  /** Removes and returns all messages that were sent, with their receivers. */
  takeSent(): { readonly to: string; readonly message: Message }[] {
    return this.sent.splice(0).flatMap(({ to, packet }) =>
      packet.messages.map((message) => ({ to: to.text, message }))
    );
  }

  /** The texts of the log lines of a level. */
  log(level: string): string[] {
    return this.events.flatMap((e) => e.type === "log" && e.level === level ? [e.text] : []);
  }

  /** The events of one type. */
  eventsOf<Type extends SwimEvent["type"]>(type: Type): Extract<SwimEvent, { type: Type }>[] {
    return this.events.filter((e): e is Extract<SwimEvent, { type: Type }> => e.type === type);
  }
}

/** Settings of {@link startNode}. */
export interface NodeOptions {
  readonly maxMembers?: number;
  readonly profile?: Partial<Profile>;
  readonly delegate?: Partial<Delegate>;
  readonly meta?: Uint8Array | null;
  readonly packetOverhead?: number;
  readonly seed?: number;
  /** Whether pings are answered; they are unless told otherwise. */
  readonly peersAnswer?: boolean;
  /** The names of the nodes that it knows. */
  readonly knows?: readonly string[];
}

/** A machine and its world. */
export interface StartedNode {
  readonly swim: Swim;
  readonly world: HandWorld;
}

/** Starts a machine named `self` in a world of its own. Its events so far have been removed. */
export function startNode(options: NodeOptions = {}): StartedNode {
  const world = new HandWorld(options.seed);
  world.peersAnswer = options.peersAnswer ?? true;
  const config = {
    name: "self",
    address: addressOf("self"),
    versions,
    meta: options.meta ?? null,
    profile: { ...profiles.lan, ...options.profile },
    maxMembers: options.maxMembers ?? 65_536,
    packetOverhead: () => options.packetOverhead ?? 0,
  };
  const delegate: Delegate = {
    ...silentDelegate,
    mergeRemoteState(state, join) {
      world.remoteStates.push({ state, join });
      return noSteps;
    },
    ...options.delegate,
  };
  const swim = new Swim(config, world, delegate);
  world.machine = swim;
  swim.start();
  hear(swim, ...(options.knows ?? []).map((node) => aliveOf(node)));
  world.events.length = 0;
  return { swim, world };
}

/** Hands messages to a machine, as one datagram from node `from`. */
export function hear(swim: Swim, ...messages: Message[]): void {
  hearFrom("from", swim, ...messages);
}

/** Hands messages to a machine, as one datagram from a node. */
export function hearFrom(from: string, swim: Swim, ...messages: Message[]): void {
  swim.receive(addressOf(from), { messages, crc: false });
}

/** Hands a machine the state of a node that has begun an exchange, lets it merge that, and returns its answer. */
export function exchange(
  { swim, world }: StartedNode,
  from: string,
  state: PushPull,
): StreamMessage | null {
  const answer = swim.accept(addressOf(from), state);
  world.run(0);
  return answer;
}

/** Ends a stream exchange with an answer. */
export function answer(swim: Swim, id: number, message: StreamMessage): void {
  swim.reply(id, { ok: true, message });
}

/** Ends a stream exchange as one that failed. */
export function fail(swim: Swim, id: number, error: string): void {
  const reply: Reply = { ok: false, error, refused: error.endsWith("connection refused") };
  swim.reply(id, reply);
}

/** State and incarnation of a node, such as `suspect 5`; `unknown` if there is no such node. */
export function viewOf(swim: Swim, node: string): string {
  const claim = swim.claim(node);
  return claim === undefined ? "unknown" : `${claim.state} ${claim.incarnation}`;
}
