/**
 * The membership machine: which nodes are in the cluster, which have failed, and how news of that spreads.
 *
 * It follows SWIM (Das, Gupta, Motivala 2002) with the changes of HashiCorp's memberlist: full state exchanges, and the
 * local health of Lifeguard (Dadgar, Phillips, Currey 2017). This file joins the parts and gives each message and timer to the
 * part that handles it:
 *
 *     failure_detector/   Prober, IndirectPinger, Awareness, StallWatch
 *     state/              Membership, NodeList, Suspicion, PushPullSync
 *     gossip/             Gossip, GossipBudget, BroadcastQueue, PacketSender
 *     evidence/           EvidenceStore
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import { equalBytes } from "../base/bytes.ts";
import { RateLimiter } from "../base/rate_limiter.ts";
import type { Machine } from "../base/world.ts";
import type {
  Ack,
  Claim,
  GossipMessage,
  Message,
  Opaque,
  Packet,
  Ping,
  Reply,
  StreamMessage,
} from "../wire/messages/messages.ts";
import type { SwimConfig } from "./config.ts";
import { SwimContext } from "./context.ts";
import type { Delegate } from "./delegate.ts";
import type { EvidenceStore } from "./evidence/evidence_store.ts";
import { IndirectPinger } from "./failure_detector/indirect_pinger.ts";
import { Prober } from "./failure_detector/prober.ts";
import { StallWatch } from "./failure_detector/stall_watch.ts";
import { Gossip, type News } from "./gossip/gossip.ts";
import { PacketSender } from "./gossip/packet_sender.ts";
import { Membership } from "./state/membership.ts";
import { type JoinTarget, PushPullSync } from "./state/push_pull_sync.ts";
import type { SuspicionInfo } from "./state/suspicion.ts";
import type { SwimTimer, SwimWorld } from "./timer.ts";

export type { SwimConfig } from "./config.ts";
export type { SwimTimer, SwimWorld } from "./timer.ts";

/**
 * An address gets one direct refutation in this time, milliseconds: a datagram can suspect us hundreds of times, and its
 * sender can be forged.
 */
const REFUTATION_INTERVAL_MS = 100;

/** An operation that ends when its broadcast has been sent as often as the retransmit limit says, or when its time is over. */
export interface OperationOptions {
  /** The operation ends with a `done` event of this id. */
  readonly id: number;
  /** 0 sets no limit. */
  readonly timeoutMs: number;
}

/** One member of a cluster. Call {@link Swim.start} first. Whatever the network sends, no call throws. */
export class Swim implements Machine<Packet, StreamMessage, Reply, SwimTimer> {
  readonly #context: SwimContext;
  readonly #sender: PacketSender;
  readonly #gossip: Gossip;
  readonly #membership: Membership;
  readonly #prober: Prober;
  readonly #indirectPinger: IndirectPinger;
  readonly #pushPull: PushPullSync;
  readonly #stallWatch: StallWatch;
  readonly #operations = new Set<number>();
  /** The hosts that pings of the current datagram were answered to: nobody sends two pings in one, but to attack others. */
  readonly #answered: Address[] = [];
  /** Whether the current datagram has asked for an indirect ping. Nobody asks for two in one. */
  #wasAsked = false;
  /** Limits direct refutations for each address. */
  readonly #refutations = new RateLimiter(REFUTATION_INTERVAL_MS);

  constructor(config: SwimConfig, world: SwimWorld, delegate: Delegate) {
    const context = new SwimContext(config, world, delegate);
    const sender = new PacketSender(context);
    const gossip = new Gossip(context, sender);
    const membership = new Membership(context, { gossip, sender });
    this.#context = context;
    this.#sender = sender;
    this.#gossip = gossip;
    this.#membership = membership;
    this.#prober = new Prober(context, { sender, membership });
    this.#indirectPinger = new IndirectPinger(context, sender);
    this.#pushPull = new PushPullSync(context, membership);
    this.#stallWatch = new StallWatch(config.profile);
  }

  /** How many nodes are known: ourselves, and also those that are dead or have left, until they are forgotten. */
  get size(): number {
    return this.#context.nodes.size;
  }

  /** How many of them are alive or suspect, ourselves included. */
  get aliveCount(): number {
    return this.#context.nodes.aliveCount;
  }

  /** Whether the only other node that is alive or suspect is the one at this address. */
  isOnlyPeer(address: Address): boolean {
    const { nodes } = this.#context;
    return nodes.aliveCount === 2 && nodes.successor?.address.sameEndpoint(address) === true;
  }

  /** The local health score: 0 is healthy. */
  get healthScore(): number {
    return this.#context.awareness.score;
  }

  /** What was observed about the members that explains their states. */
  get evidence(): EvidenceStore {
    return this.#context.evidence;
  }

  /** All running suspicions. */
  suspicions(): SuspicionInfo[] {
    return this.#membership.suspicions();
  }

  /** How many membership messages wait to be gossiped. */
  get queued(): number {
    return this.#sender.queued;
  }

  /** How many packets gossip may send at once now; less than 0 is credit. */
  get gossipBudget(): number {
    return this.#gossip.budget;
  }

  /** The latest claim about a node. */
  claim(node: string): Claim | undefined {
    return this.#context.nodes.get(node);
  }

  /** The latest claims about all known nodes. */
  claims(): IterableIterator<Claim> {
    return this.#context.nodes.claims();
  }

  start(): void {
    this.#membership.start();
    this.#prober.start();
    this.#pushPull.start();
  }

  /** Adds nodes that are alive, without gossip: every one of them knows us and all the others too. */
  preload(claims: Iterable<Claim>): void {
    for (const claim of claims) this.#membership.preload(claim);
  }

  /** Joins by way of a node. Ends in `done`; an error starts with `failed to join` and the address. */
  join(target: JoinTarget, id: number): void {
    this.#pushPull.join(target, (problem) => {
      if (problem === undefined) return this.#context.world.emit({ type: "done", id });
      const error = `failed to join ${target.address}: ${problem}`;
      this.#context.log("DEBUG", error);
      this.#context.world.emit({ type: "done", id, error });
    });
  }

  /** Announces new meta with a higher incarnation. Ends in `done`, at once if no other node is alive. */
  update(meta: Uint8Array | null, { id, timeoutMs }: OperationOptions): void {
    this.#operations.add(id);
    this.#membership.update(meta, id);
    this.#limit(id, { timeoutMs, error: "timeout waiting for update broadcast" });
  }

  /**
   * Announces that we leave for good. Ends in `done`, at once if no other node is alive. The machine goes on answering for
   * as long as it gets messages.
   */
  leave({ id, timeoutMs }: OperationOptions): void {
    this.#operations.add(id);
    if (this.#membership.leaving) return this.#context.endSoon(id);
    this.#membership.leave(id);
    this.#limit(id, { timeoutMs, error: "timeout waiting for leave broadcast" });
  }

  /** Sends a message of the layer above to one address, in a datagram of its own. */
  sendUser(to: Address, body: Opaque): void {
    this.#sender.sendRaw(to, [{ type: "user", body }]);
  }

  /** From now on, sends what is queued as fast as others can take it, because we are about to leave. */
  drain(): void {
    this.#gossip.drain();
  }

  /** Whether a message fits into a packet; others cannot be gossiped. */
  fits(message: Message): boolean {
    return this.#sender.fits(message);
  }

  /** The layer above has queued something for gossip. What is urgent may exceed the budget of packets. */
  wake(news?: News): void {
    this.#gossip.wake(news);
  }

  /**
   * Handles a packet in memberlist's order: first what is not gossip, then alive messages, then all other gossip. Gossip is
   * handled from the last message to the first, because the newest comes first in a packet.
   */
  receive(from: Address, { messages }: Packet): void {
    this.#answered.length = 0;
    this.#wasAsked = false;
    const gossip: GossipMessage[] = [];
    for (const message of messages) {
      if (isGossip(message)) gossip.push(message);
      else this.#receive(from, message);
    }
    for (let i = gossip.length - 1; i >= 0; i--) {
      if (gossip[i].type === "alive") this.#receive(from, gossip[i]);
    }
    for (let i = gossip.length - 1; i >= 0; i--) {
      if (gossip[i].type !== "alive") this.#receive(from, gossip[i]);
    }
    this.#gossip.sendEarly();
  }

  accept(from: Address, message: StreamMessage): StreamMessage | null {
    switch (message.type) {
      case "push-pull":
        return this.#pushPull.accept(from, message);
      case "ping":
        return this.#isForUs(message, message.node, from) ? ackOf(message, null) : null;
      case "user":
        this.#context.world.emit({ type: "user-message", from, body: message.body });
        return null;
      case "ack":
      case "err":
        this.#context.log("ERR", `Received invalid msgType (${message.type}) from=${from}`);
        return null;
      default:
        return message satisfies never;
    }
  }

  reply(id: number, reply: Reply): void {
    this.#context.settle(id, reply);
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
      case "merge":
        return this.#pushPull.resumeMerge();
      case "operation-end":
        return this.#end(timer.id, timer.error);
      default:
        timer satisfies never;
    }
  }

  isStale(timer: SwimTimer): boolean {
    return timer.type === "gossip" && this.#gossip.isStale(timer);
  }

  /** A late timer shows that this process stood still. That counts against our own health, and against no other node. */
  #noticeLateness(due: number): void {
    const { world, config, evidence } = this.#context;
    evidence.timerLate(world.now - due);
    const lostMs = this.#stallWatch.lostMs(due, world.now);
    if (lostMs === 0) return;
    evidence.record(config.name, { type: "stalled", ms: lostMs });
    const { probeIntervalMs } = config.profile;
    this.#context.log(
      "WARN",
      `Timers fired ${Math.round(lostMs)} ms late, not accusing others meanwhile`,
    );
    // Every missed probe counts like one that failed through our own fault.
    this.#context.awareness.apply(Math.max(1, Math.floor(lostMs / probeIntervalMs)));
    this.#prober.stalled();
    this.#indirectPinger.stalled();
    this.#membership.stalled(lostMs);
  }

  #receive(from: Address, message: Message): void {
    switch (message.type) {
      case "ping":
        return this.#answer(from, message);
      case "indirect-ping":
        if (!this.#wasAsked) this.#indirectPinger.request(from, message);
        this.#wasAsked = true;
        return;
      case "ack":
        if (!this.#prober.ack(from, message)) this.#indirectPinger.ack(message.sequence);
        return;
      case "nack":
        return this.#prober.nack(from, message);
      case "alive":
        return this.#membership.aliveNode(message.claim, { via: from });
      case "suspect":
        this.#membership.suspectNode(message, from);
        return this.#sendRefutation(from, message.node);
      case "dead":
        this.#membership.deadNode(message, { via: from });
        return this.#sendRefutation(from, message.node);
      case "user":
        return this.#context.world.emit({ type: "user-message", from, body: message.body });
      default:
        message satisfies never;
    }
  }

  #answer(from: Address, ping: Ping): void {
    if (!this.#isForUs(ping, `'${ping.node}'`, from)) return;
    this.#notePing(from, ping);
    const to = ping.source ?? { address: from, node: "" };
    const { ip } = to.address;
    if (this.#answered.some((answered) => equalBytes(answered.ip, ip))) return;
    this.#answered.push(to.address);
    this.#sender.sendTo(to, ackOf(ping, this.#context.delegate.ackPayload()));
  }

  /** A member that pings us is alive. Its packets may come from another host than it advertises, and then nobody reaches it. */
  #notePing(from: Address, { source }: Ping): void {
    const { evidence } = this.#context;
    if (source === undefined || evidence.log(source.node) === undefined) return;
    const claim = this.claim(source.node);
    if (claim === undefined) return;
    const elsewhere = equalBytes(claim.address.ip, from.ip) ? undefined : from;
    evidence.pinged(source.node, elsewhere);
  }

  /**
   * Answers a suspect or dead message about us with our alive message. It may be too old to be refuted again: then our
   * refutation has been gossiped, but has not reached the sender.
   */
  #sendRefutation(from: Address, node: string): void {
    if (!this.#context.config.profile.directRefutation) return;
    const own = this.claim(this.#context.config.name);
    if (own === undefined || own.node !== node || own.state !== "alive") return;
    if (!this.#refutations.allows(from.text, this.#context.world.now)) return;
    this.#sender.sendRaw(from, [{ type: "alive", claim: own }]);
  }

  /**
   * A ping for another name may come from a node that knew another one at our address. memberlist quotes that name in the
   * log line for a datagram, and not in that for a stream.
   */
  #isForUs({ node }: Ping, shown: string, from: Address): boolean {
    if (node === "" || node === this.#context.config.name) return true;
    this.#context.log("WARN", `Got ping for unexpected node ${shown} from=${from}`);
    return false;
  }

  /** Limits the time of an operation. Without other nodes to send to, it ends at once. */
  #limit(id: number, { timeoutMs, error }: { timeoutMs: number; error: string }): void {
    if (!this.#context.nodes.anyOtherAlive) return this.#context.endSoon(id);
    if (timeoutMs > 0) this.#context.world.after(timeoutMs, { type: "operation-end", id, error });
  }

  #end(id: number, error?: string): void {
    if (this.#operations.delete(id)) this.#context.world.emit({ type: "done", id, error });
  }

  /** Whether no stream exchange and no operation is under way, and no state is being merged. */
  get isQuiet(): boolean {
    return this.#context.isQuiet && this.#operations.size === 0 && this.#pushPull.isQuiet;
  }

  /** See {@link SerfCore.save}. No operation is under way then. */
  save() {
    return {
      context: this.#context.save(),
      sender: this.#sender.save(),
      gossip: this.#gossip.save(),
      membership: this.#membership.save(),
      prober: this.#prober.save(),
      indirectPinger: this.#indirectPinger.save(),
      pushPull: this.#pushPull.save(),
      stallWatch: this.#stallWatch.save(),
      refutations: this.#refutations.save(),
    };
  }

  load(saved: ReturnType<Swim["save"]>): void {
    this.#context.load(saved.context);
    this.#sender.load(saved.sender);
    this.#gossip.load(saved.gossip);
    this.#membership.load(saved.membership);
    this.#prober.load(saved.prober);
    this.#indirectPinger.load(saved.indirectPinger);
    this.#pushPull.load(saved.pushPull);
    this.#stallWatch.load(saved.stallWatch);
    this.#refutations.load(saved.refutations);
  }
}

function ackOf({ sequence }: Ping, payload: Uint8Array | null): Ack {
  return { type: "ack", sequence, payload };
}

/** Whether a message is one of those that are gossiped, all others being the failure detector's. */
function isGossip(message: Message): message is GossipMessage {
  const { type } = message;
  return type === "alive" || type === "suspect" || type === "dead" || type === "user";
}
