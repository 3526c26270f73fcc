/**
 * A few Serf machines in the simulator, on a network without faults, where everything arrives in order, a tenth of a
 * millisecond later. Tests see what a machine emits and what it sends to members that do not exist, and may speak to it
 * in the place of others.
 *
 * @module
 */

import type { LamportTime } from "../../lib/base/lamport_time.ts";
import type { LogLevel } from "../../lib/base/log.ts";
import type { Address } from "../../lib/base/address.ts";
import type { SerfEvent } from "../../lib/api/event.ts";
import type { MemberStatus } from "../../lib/api/member.ts";
import { compileExpression } from "../../lib/go/regexp.ts";
import { agentSettings, librarySettings, type SerfConfig } from "../../lib/serf/config.ts";
import type { SerfOutput } from "../../lib/serf/output.ts";
import {
  SerfCore,
  type SerfCoreOptions,
  type SerfTimer,
  type SerfWorld,
} from "../../lib/serf/core.ts";
import { EncodedMessage, messageOf } from "../../lib/serf/encoded_message.ts";
import type { SimHost } from "../../lib/sim/sim_host.ts";
import { Simulation } from "../../lib/sim/simulation.ts";
import { profiles } from "../../lib/swim/config.ts";
import type {
  Claim,
  Exchange,
  Message,
  Opaque,
  Packet,
  StreamMessage,
} from "../../lib/wire/messages/messages.ts";
import type { SerfMessage, SerfState } from "../../lib/wire/messages/serf_messages.ts";
import { encodeTags } from "../../lib/wire/messages/tags.ts";
import { addressOf, claimOf as claimWithTags } from "../swim/hand_world.ts";

export { addressOf };

const LATENCY_MS = [0.1, 0.1] as const;

/** The agent's settings, but with events one by one. */
export const settings = {
  ...librarySettings,
  ...agentSettings,
  coalescePeriodMs: 0,
  quiescentPeriodMs: 0,
  userCoalescePeriodMs: 0,
  userQuiescentPeriodMs: 0,
};

/** Settings for a node whose peers do not exist. None is probed, so none fails by itself. */
export const blind = {
  profile: { ...profiles.lan, probeIntervalMs: 1e12, pushPullIntervalMs: 1e12 },
};

/** A claim like those of current agents. */
export function claimOf(node: string, changes: Partial<Claim> = {}): Claim {
  return claimWithTags(node, { meta: encodeTags({}, 5), ...changes });
}

/** Nodes in the simulator, one for each name. */
export class SerfNetwork {
  readonly #simulation = new Simulation<SerfTimer, SerfOutput>({ seed: 7, latencyMs: LATENCY_MS }, {
    emitted: (host, output) => this.#nodes[host.index].outputs.push(output),
  });
  readonly #nodes: SerfNode[] = [];
  #wire = false;

  /** Lets messages go through their real encoding from now on. */
  encode(): void {
    this.#wire = true;
  }

  /** Starts a machine. */
  start(name: string, config: Partial<SerfConfig> = {}, options: SerfCoreOptions = {}): SerfNode {
    const host = this.#simulation.addHost();
    if (this.#wire) host.wire = { compress: true };
    const complete = { ...settings, tags: {}, ...config, name, address: addressOf(name) };
    const node = new SerfNode(host, complete, {
      ...options,
      isThere: (address) => this.#isThere(address),
    });
    this.#nodes.push(node);
    host.start(node.address, () => node.core);
    return node;
  }

  /** Starts machines and lets them join the first one. */
  cluster(names: readonly string[], config: Partial<SerfConfig> = {}): SerfNode[] {
    const nodes = names.map((name) => this.start(name, config));
    for (const node of nodes.slice(1)) node.core.join([nodes[0].address], { id: node.newId() });
    this.run(3_000);
    for (const node of nodes) node.outputs.length = 0;
    return nodes;
  }

  /** Lets time pass. */
  run(ms: number): void {
    this.#simulation.run(ms);
  }

  /** Cuts a machine off from all others, until {@link heal}. */
  isolate(node: SerfNode): void {
    this.#simulation.network.partition([[node.host.index]]);
  }

  /** Ends all isolation. */
  heal(): void {
    this.#simulation.network.heal();
  }

  #isThere(address: Address): boolean {
    return this.#nodes.some((node) => node.host.state !== "down" && node.address.equals(address));
  }
}

/** A node, what it has told its host, and what it has sent to addresses where no node is. */
export class SerfNode implements SerfWorld {
  readonly core: SerfCore;
  readonly address: Address;
  readonly host: SimHost<SerfTimer, SerfOutput>;
  /** Everything that was emitted, oldest first. */
  readonly outputs: SerfOutput[] = [];
  /** Serf messages that were sent to addresses where no machine is. */
  readonly lost: { readonly to: Address; readonly message: SerfMessage }[] = [];
  /** Numbers to be drawn before random ones. */
  readonly draws: number[] = [];
  readonly #isThere: (address: Address) => boolean;
  #lastId = 0;

  constructor(
    host: SimHost<SerfTimer, SerfOutput>,
    config: SerfConfig,
    { isThere, ...options }: SerfCoreOptions & {
      readonly isThere: (address: Address) => boolean;
    },
  ) {
    this.host = host;
    this.address = config.address;
    this.#isThere = isThere;
    this.core = new SerfCore(config, this, { compileExpression, ...options });
  }

  get now(): number {
    return this.host.now;
  }

  random(): number {
    return this.draws.shift() ?? this.host.random();
  }

  send(to: Address, packet: Packet): void {
    this.host.send(to, packet);
    if (this.#isThere(to)) return;
    for (const message of packet.messages) {
      if (message.type === "user" && message.body instanceof EncodedMessage) {
        this.lost.push({ to, message: message.body.message });
      }
    }
  }

  request(to: Address, exchange: Exchange, id: number): void {
    this.host.request(to, exchange, id);
  }

  after(ms: number, timer: SerfTimer): void {
    this.host.after(ms, timer);
  }

  emit(output: SerfOutput): void {
    this.host.emit(output);
  }

  /** An id for an operation. */
  newId(): number {
    return ++this.#lastId;
  }

  /** Hears messages from somebody else, each in a packet of its own. */
  hear(...messages: SerfMessage[]): void {
    for (const message of messages) {
      this.hearSwim({ type: "user", body: new EncodedMessage(message) });
    }
  }

  /** Hears messages of the membership layer in one packet. */
  hearSwim(...messages: Message[]): void {
    this.core.receive(addressOf("?"), { messages, crc: false });
  }

  /** Gets the state of somebody else, and merges it; returns the answer. */
  exchange(
    userState: Opaque | null,
    { join = false, nodes = [] }: { readonly join?: boolean; readonly nodes?: readonly Claim[] } =
      {},
  ): StreamMessage | null {
    const answer = this.core.accept(addressOf("?"), { type: "push-pull", join, nodes, userState });
    this.core.handle({ type: "merge" });
    return answer;
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
export function join(node: string, lTime: LamportTime): SerfMessage {
  return { type: "join", lTime, node };
}

/** A leave intent. */
export function leave(node: string, lTime: LamportTime, prune = false): SerfMessage {
  return { type: "leave", lTime, node, prune };
}

/** A node's part of a state exchange. */
export function stateOf(node: SerfNode): SerfState {
  const answer = node.exchange(null);
  if (answer?.type !== "push-pull" || answer.userState === null) throw new Error("no state");
  const state = messageOf(answer.userState);
  if (state.type !== "push-pull") throw new Error("wrong state");
  return state;
}
