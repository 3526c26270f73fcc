/**
 * The membership machine: who is in the cluster, who has failed, and how news reaches everybody.
 *
 * It follows SWIM (Das, Gupta, Motivala 2002) with the changes of HashiCorp's memberlist: full state exchanges, and
 * the local health of Lifeguard (Dadgar, Phillips, Currey 2017).
 *
 * @module
 */

import type { Log } from "../base/log.ts";
import type { Address } from "../base/address.ts";
import type { Machine } from "../base/world.ts";
import type {
  Ack,
  Claim,
  Exchange,
  Message,
  Opaque,
  Packet,
  Ping,
  Reply,
  StreamMessage,
} from "../wire/messages/messages.ts";
import { Awareness } from "./failure_detector/awareness.ts";
import { BroadcastQueue } from "./gossip/broadcast_queue.ts";
import type { SwimConfig } from "./config.ts";
import type { Delegate } from "./delegate.ts";
import { retransmitLimit } from "./formulas.ts";
import { Gossip } from "./gossip/gossip.ts";
import { Membership } from "./state/membership.ts";
import { PacketSender } from "./gossip/packet_sender.ts";
import { Prober } from "./failure_detector/prober.ts";
import { PushPullSync } from "./state/push_pull_sync.ts";
import { IndirectPinger } from "./failure_detector/indirect_pinger.ts";
import { NodeList } from "./state/node_list.ts";
import { StallWatch } from "./failure_detector/stall_watch.ts";
import type { SwimTimer, SwimWorld } from "./timer.ts";

export type { SwimConfig } from "./config.ts";
export type { SwimTimer, SwimWorld } from "./timer.ts";

/** An operation that ends when its broadcast has been sent its full count, or with an error when that takes too long. */
export interface OperationOptions {
  /** The operation ends with a `done` event of this id. */
  readonly id: number;
  /** 0 means: wait as long as it takes. */
  readonly timeoutMs: number;
}

/** One member of a cluster. {@link Swim.start} comes first; nothing that the network sends makes a call throw. */
export class Swim implements Machine<Packet, StreamMessage, Reply, SwimTimer> {
  readonly #config: SwimConfig;
  readonly #world: SwimWorld;
  readonly #delegate: Delegate;
  readonly #nodes: NodeList;
  readonly #awareness: Awareness;
  readonly #sender: PacketSender;
  readonly #gossip: Gossip;
  readonly #membership: Membership;
  readonly #prober: Prober;
  readonly #indirectPinger: IndirectPinger;
  readonly #pushPull: PushPullSync;
  readonly #stallWatch: StallWatch;
  readonly #log: Log;
  readonly #requests = new Map<number, (reply: Reply) => void>();
  readonly #operations = new Set<number>();
  #lastSequence = 0;
  #lastRequest = 0;

  constructor(config: SwimConfig, world: SwimWorld, delegate: Delegate) {
    const { profile, name, address } = config;
    this.#config = config;
    this.#world = world;
    this.#delegate = delegate;
    this.#log = (level, text) => world.emit({ type: "log", level, text: `memberlist: ${text}` });
    this.#nodes = new NodeList(name, { world, memoryMs: profile.gossipToTheDeadMs });
    this.#awareness = new Awareness(profile.awarenessMaxMultiplier, config.metrics);
    this.#stallWatch = new StallWatch(profile);
    const limit = () => retransmitLimit(profile.retransmitMult, this.#nodes.size);
    const queue = new BroadcastQueue(limit);
    const parts = {
      config,
      world,
      delegate,
      queue,
      nodes: this.#nodes,
      awareness: this.#awareness,
      log: this.#log,
      source: { address, node: name },
      nextSequence: () => this.#nextSequence(),
      request: this.#request.bind(this),
    };
    this.#sender = new PacketSender(parts);
    const sending = { ...parts, sender: this.#sender };
    this.#gossip = new Gossip(sending);
    this.#indirectPinger = new IndirectPinger(sending);
    this.#membership = new Membership({
      ...parts,
      broadcast: (broadcast) => {
        if (!this.fits(broadcast.message)) return broadcast.finished?.();
        queue.queue(broadcast);
        this.#gossip.wake({ urgent: broadcast.message.type !== "alive" });
      },
      tell: (claim, message) => this.#sender.sendTo(claim, [message]),
    });
    this.#prober = new Prober({
      ...sending,
      suspect: (message) => this.#membership.suspect(message),
    });
    this.#pushPull = new PushPullSync({
      ...parts,
      merge: (claim) => this.#membership.merge(claim),
    });
  }

  /** How many nodes are known: ourselves, and the dead and the left too until they are forgotten. */
  get size(): number {
    return this.#nodes.size;
  }

  /** How many of them are alive or suspect, ourselves included. */
  get aliveCount(): number {
    return this.#nodes.aliveCount;
  }

  /** The local health score: 0 is healthy. */
  get healthScore(): number {
    return this.#awareness.score;
  }

  /** The latest claim about a node. */
  claim(node: string): Claim | undefined {
    return this.#nodes.get(node);
  }

  /** The latest claims about all known nodes. */
  claims(): IterableIterator<Claim> {
    return this.#nodes.claims();
  }

  start(): void {
    this.#membership.start();
    this.#prober.start();
    this.#pushPull.start();
  }

  /** Takes the living nodes of a cluster as known to all its members, ourselves among them: nothing is gossiped. */
  preload(claims: Iterable<Claim>): void {
    for (const claim of claims) this.#membership.preload(claim);
  }

  /**
   * Exchanges state with the node at an address, as one who joins. Ends in `done`, with an error that starts with
   * `Failed to join` and the address.
   */
  join(address: Address, id: number): void {
    this.#pushPull.join(address, (problem) => {
      if (problem === undefined) return this.#world.emit({ type: "done", id });
      const error = `Failed to join ${address.host}: ${problem}`;
      this.#log("DEBUG", error);
      this.#world.emit({ type: "done", id, error });
    });
  }

  /** Announces new meta under a new incarnation. Ends in `done`, at once where nobody else is alive. */
  update(meta: Uint8Array | null, { id, timeoutMs }: OperationOptions): void {
    this.#membership.update(meta, this.#begin(id));
    this.#limit(id, { timeoutMs, error: "timeout waiting for update broadcast" });
  }

  /**
   * Announces that we leave for good. Ends in `done`, at once where nobody else is alive. The machine goes on answering
   * until it is abandoned.
   */
  leave({ id, timeoutMs }: OperationOptions): void {
    const finished = this.#begin(id);
    if (this.#membership.leaving) return this.#endSoon(id);
    this.#membership.leave(finished);
    this.#limit(id, { timeoutMs, error: "timeout waiting for leave broadcast" });
  }

  /** Sends a message of the layer above to one address: one datagram, with nothing else in it. */
  sendUser(to: Address, body: Opaque): void {
    this.#sender.sendBare(to, [{ type: "user", body }]);
  }

  /** We are about to leave: from now on what is queued is sent as fast as others can take it. */
  drain(): void {
    this.#gossip.drain();
  }

  /** Whether a packet has room for a message, so that it can be gossiped at all. */
  fits(message: Message): boolean {
    return this.#sender.fits(message);
  }

  /** The layer above has queued something for gossip, which is urgent if it cannot wait for the budget of packets. */
  wake(options: { urgent?: boolean } = {}): void {
    this.#gossip.wake(options);
  }

  receive(from: Address, packet: Packet): void {
    for (const message of packet.messages) this.#receive(from, message);
  }

  accept(from: Address, message: StreamMessage): StreamMessage | null {
    switch (message.type) {
      case "push-pull":
        return this.#pushPull.accept(from, message);
      case "ping":
        return this.#isForUs(from, message) ? ackOf(message, null) : null;
      case "user":
        this.#world.emit({ type: "user-message", from, body: message.body });
        return null;
      case "ack":
      case "err":
        this.#log("ERR", `Received invalid msgType (${message.type}) from=${from}`);
        return null;
      default:
        return message satisfies never;
    }
  }

  reply(id: number, reply: Reply): void {
    const settle = this.#requests.get(id);
    this.#requests.delete(id);
    settle?.(reply);
  }

  handle(timer: SwimTimer): void {
    if ("due" in timer) this.#noticeLateness(timer.due);
    switch (timer.type) {
      case "probe-tick":
        return this.#prober.tick();
      case "probe-fallback":
        return this.#prober.earlyFallback(timer);
      case "probe-timeout":
        return this.#prober.timeout(timer);
      case "probe-end":
        return this.#prober.end(timer);
      case "indirect-fallback":
        return this.#indirectPinger.earlyFallback(timer);
      case "indirect-timeout":
        return this.#indirectPinger.timeout(timer);
      case "suspicion-timeout":
        return this.#membership.suspicionTimeout(timer);
      case "notify-suspect":
        return this.#membership.notifySuspect(timer);
      case "gossip":
        return this.#gossip.handle(timer);
      case "push-pull":
        return this.#pushPull.handle(timer);
      case "catch-up":
        return this.#pushPull.catchUp(timer);
      case "operation-end":
        return this.#end(timer.id, timer.error);
      default:
        timer satisfies never;
    }
  }

  /** Time that we lost speaks against our own health, and against nobody else. */
  #noticeLateness(due: number): void {
    const lostMs = this.#stallWatch.lostMs(due, this.#world.now);
    if (lostMs === 0) return;
    const { probeIntervalMs } = this.#config.profile;
    this.#log("WARN", `Timers fired ${Math.round(lostMs)} ms late, not accusing others meanwhile`);
    // Every probe that we have missed counts like one that failed by our own fault.
    this.#awareness.apply(Math.max(1, Math.floor(lostMs / probeIntervalMs)));
    this.#prober.stalled();
    this.#indirectPinger.stalled();
    this.#membership.stalled(lostMs);
  }

  #receive(from: Address, message: Message): void {
    switch (message.type) {
      case "ping":
        return this.#answer(from, message);
      case "indirect-ping":
        return this.#indirectPinger.request(from, message);
      case "ack":
        if (!this.#prober.ack(message)) this.#indirectPinger.ack(message.sequence);
        return;
      case "nack":
        return this.#prober.nack(from, message);
      case "alive":
        return this.#membership.alive(message.claim);
      case "suspect":
        this.#membership.suspect(message);
        return this.#sendRefutation(from, message.node);
      case "dead":
        this.#membership.dead(message);
        return this.#sendRefutation(from, message.node);
      case "user":
        return this.#world.emit({ type: "user-message", from, body: message.body });
      default:
        message satisfies never;
    }
  }

  #answer(from: Address, ping: Ping): void {
    if (!this.#isForUs(from, ping)) return;
    const ack = ackOf(ping, this.#delegate.ackPayload());
    this.#sender.send(ping.source?.address ?? from, ack);
  }

  /**
   * Whoever accuses us gets our word directly. Our refutation may have been gossiped already without reaching it; and
   * what it says is then too old for another one.
   */
  #sendRefutation(from: Address, accused: string): void {
    const own = this.#nodes.get(this.#config.name);
    if (own === undefined || own.node !== accused || own.state !== "alive") return;
    this.#sender.sendBare(from, [{ type: "alive", claim: own }]);
  }

  /** Another node may have had our address before, or have it by mistake. */
  #isForUs(from: Address, { node }: Ping): boolean {
    if (node === "" || node === this.#config.name) return true;
    this.#log("WARN", `Got ping for unexpected node '${node}' from=${from}`);
    return false;
  }

  #nextSequence(): number {
    this.#lastSequence = (this.#lastSequence + 1) >>> 0;
    return this.#lastSequence;
  }

  #request(to: Address, exchange: Exchange, settle: (reply: Reply) => void): void {
    const id = ++this.#lastRequest;
    this.#requests.set(id, settle);
    this.#world.request(to, exchange, id);
  }

  /** Begins an operation; what it returns ends it, though not while the packet is being filled that finished it. */
  #begin(id: number): () => void {
    this.#operations.add(id);
    return () => this.#endSoon(id);
  }

  /** Limits how long an operation may take; where nobody else could hear of it, there is nothing to wait for. */
  #limit(id: number, { timeoutMs, error }: { timeoutMs: number; error: string }): void {
    if (!this.#nodes.anyOtherAlive) return this.#endSoon(id);
    if (timeoutMs > 0) this.#world.after(timeoutMs, { type: "operation-end", id, error });
  }

  #endSoon(id: number): void {
    this.#world.after(0, { type: "operation-end", id });
  }

  #end(id: number, error?: string): void {
    if (this.#operations.delete(id)) this.#world.emit({ type: "done", id, error });
  }
}

function ackOf({ sequence }: Ping, payload: Uint8Array | null): Ack {
  return { type: "ack", sequence, payload };
}
