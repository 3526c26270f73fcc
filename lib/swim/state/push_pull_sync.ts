/**
 * Push/pull: the exchange of full state between two nodes over a stream (memberlist's `pushPull`). It is how a node joins;
 * after that, regular exchanges with random members repair what gossip has missed, which is called anti-entropy.
 *
 * @module
 */

import { escapeControls } from "../../go/escape_controls.ts";
import type { Metrics } from "../../base/metrics.ts";
import type { Address } from "../../base/address.ts";
import type { Claim, PushPull, Reply } from "../../wire/messages/messages.ts";
import type { SwimContext } from "../context.ts";
import { streamFailure } from "../evidence/stream_failure.ts";
import { pushPullInterval } from "../formulas.ts";
import type { SwimTimer } from "../timer.ts";
import type { Membership } from "./membership.ts";
import { StateMerger } from "./state_merger.ts";

/**
 * When a node that has joined exchanges state again, milliseconds after the join. When many nodes join at once, each sends
 * its news to the few others that it knows so far, and gossip misses some. In 20 simulated runs each, the slowest of 60 nodes
 * that start within a millisecond knew all others after 0.3 s instead of 65 s, and of 30 nodes with 10 % loss after 1.4 s
 * instead of 32 s.
 */
const CATCH_UP_MS = [300, 1_000, 3_000];

/**
 * How far from those times an exchange may be, as a share of them. Nodes that join at once would all exchange state in the same
 * moment: among 30 agents on two cores, an event then took 58 ms instead of 18 to reach all.
 */
const CATCH_UP_SPREAD = 0.2;

/**
 * Where more nodes are known, a node that was alone when it joined catches up only if it has heard of further nodes since. An
 * exchange with 1,000 nodes takes each side 25 ms of processor time, and 3 MiB.
 */
const CATCH_UP_ALWAYS = 32;

/**
 * So does a node that knows only the one that it has joined, but for the last exchange, which it makes in any case: each takes an
 * agent 2 ms. Among three nodes or more, one may have missed another. If nodes made none of these exchanges without news, and
 * 4 joined each other in a chain and lost every tenth datagram, nine in ten of 400 simulated clusters were complete after 3 s
 * instead of 1.
 */
const CATCH_UP_OF_PAIR = 2;

/** In larger clusters only the last of these exchanges is made: each takes both sides as long as the join. */
const CATCH_UP_OFTEN = 1_024;

interface Target {
  readonly to: Address;
  /** Empty if we know only the address. */
  readonly name: string;
  readonly join: boolean;
  /** The node that had failed at this address, if that is why we join it. */
  readonly failed?: string;
}

/** Whom to join. */
export interface JoinTarget {
  readonly address: Address;
  /** Nothing is exchanged unless this is the node's name. */
  readonly node?: string;
  /** The node that has failed at this address. That it cannot be reached becomes evidence about it. */
  readonly failed?: string;
}

/** Starts state exchanges, and answers those that others start. */
export class PushPullSync {
  readonly #context: SwimContext;
  readonly #merger: StateMerger;
  /** How many joins have succeeded; it tells the timers of the last one from older ones. */
  #joins = 0;
  /** How many nodes were known after the join, or when the last exchange to catch up began. */
  #sizeAtLast = 0;

  constructor(context: SwimContext, membership: Membership) {
    this.#context = context;
    this.#merger = new StateMerger(context, membership);
  }

  /** Starts the regular exchanges, at a random phase. */
  start(): void {
    const { world, config } = this.#context;
    const delay = world.random() * config.profile.pushPullIntervalMs;
    world.after(delay, { type: "push-pull", exchange: false });
  }

  /** An interval is over, or the random delay before the first one, which ends without an exchange. */
  handle({ exchange }: SwimTimer & { type: "push-pull" }): void {
    const { world, config, nodes } = this.#context;
    const delay = pushPullInterval(config.profile.pushPullIntervalMs, nodes.size);
    world.after(delay, { type: "push-pull", exchange: true });
    if (exchange) this.#exchangeWithRandom();
  }

  /** Joins by way of the node at an address; `settle` gets the error, if there is one. */
  join({ address, node, failed }: JoinTarget, settle: (problem?: string) => void): void {
    const exchange = (problem?: string) => {
      if (problem !== undefined) return settle(problem);
      const isLone = this.#context.nodes.size === 1;
      this.#exchange({ to: address, name: "", join: true, failed }, (problem) => {
        if (problem === undefined) this.#awaitCatchUp(isLone);
        settle(problem);
      });
    };
    if (node === undefined) exchange();
    else this.#checkName(address, node, exchange);
  }

  /** Exchanges state once more, unless another join has followed, or there seems to be nothing to catch up with. */
  catchUp({ token, isLone, isLast }: SwimTimer & { type: "catch-up" }): void {
    if (token !== this.#joins) return;
    const { size } = this.#context.nodes;
    const hasNews = !isLone || size !== this.#sizeAtLast;
    const isFew = size <= CATCH_UP_ALWAYS && (isLast || size > CATCH_UP_OF_PAIR);
    if (!hasNews && !isFew) return;
    this.#sizeAtLast = size;
    this.#exchangeWithRandom();
  }

  /** Answers an exchange that another node has started, and then merges its state. */
  accept(from: Address, message: PushPull): PushPull {
    const { join } = message;
    const answer = this.#state(join);
    // The port is that of a connection, and of no member.
    const via = { how: "exchange", from: from.host } as const;
    this.#merger.merge(message, { join, trusted: false, via, isAwaited: true }, (problem) => {
      if (problem === undefined) return;
      this.#context.log("ERR", `Failed push/pull merge: ${problem} from=${from}`);
    });
    return answer;
  }

  /** Goes on with a merge that was too long for one turn. */
  resumeMerge(): void {
    this.#merger.resume();
  }

  /** Pings the node at an address by its name: a node of another name does not answer. */
  #checkName(to: Address, node: string, settle: (problem?: string) => void): void {
    const ping = { type: "ping", sequence: this.#context.nextSequence(), node } as const;
    const timeoutMs = this.#context.config.profile.tcpTimeoutMs;
    this.#context.request(to, { message: ping, timeoutMs }, (reply) => {
      if (!reply.ok) return settle(reply.error);
      settle(reply.message.type === "ack" ? undefined : `it is not ${node}`);
    });
  }

  /** A node that knew others before it joined has brought them along: then two clusters merge. */
  #awaitCatchUp(isLone: boolean): void {
    const { nodes, world } = this.#context;
    const token = ++this.#joins;
    this.#sizeAtLast = nodes.size;
    const last = CATCH_UP_MS.length - 1;
    for (let i = nodes.size > CATCH_UP_OFTEN ? last : 0; i <= last; i++) {
      const ms = CATCH_UP_MS[i] * (1 + CATCH_UP_SPREAD * (2 * world.random() - 1));
      world.after(ms, { type: "catch-up", token, isLone, isLast: i === last });
    }
  }

  #exchangeWithRandom(): void {
    const { nodes, log } = this.#context;
    const [peer] = nodes.randomNodes(1, (claim) => claim.state === "alive");
    if (peer === undefined) return;
    const { node: name, address: to } = peer;
    this.#exchange({ to, name, join: false }, (problem) => {
      if (problem !== undefined) log("ERR", `Push/Pull with ${name} failed: ${problem}`);
    });
  }

  #exchange(target: Target, settle: (problem?: string) => void): void {
    const { config, world, log } = this.#context;
    const { to, name, join, failed } = target;
    const startedAt = world.now;
    log("DEBUG", `Initiating push/pull sync with: ${name} ${to}`);
    const timeoutMs = config.profile.tcpTimeoutMs;
    this.#context.request(to, { message: this.#state(join), timeoutMs }, (reply) => {
      if (failed !== undefined && !reply.ok) this.#noteUnreached(failed, reply);
      this.#conclude(reply, target, (problem) => {
        settle(problem);
        config.metrics?.sample("memberlist.pushPullNode", world.now - startedAt);
      });
    });
  }

  #noteUnreached(node: string, reply: Reply & { ok: false }): void {
    const { nodes, evidence } = this.#context;
    // It may have come back meanwhile; who has been dead for a while is not known any more.
    if (nodes.get(node)?.state === "alive") return;
    evidence.record(node, { type: "reconnect", stream: streamFailure(reply) });
  }

  #conclude(
    reply: Reply,
    { to, join }: Target,
    settle: (problem?: string) => void,
  ): void {
    if (!reply.ok) return settle(reply.error);
    const { message } = reply;
    if (message.type === "err") return settle(`remote error: ${escapeControls(message.error)}`);
    if (message.type === "push-pull") {
      const via = { how: "exchange", from: to.text } as const;
      const options = { join, trusted: join, via, isAwaited: false };
      return this.#merger.merge(message, options, settle);
    }
    settle(`received invalid msgType (${message.type}), expected push-pull`);
  }

  #state(join: boolean): PushPull {
    const { nodes, delegate, config: { metrics } } = this.#context;
    const claims = [...nodes.claims()];
    if (metrics !== undefined) countStates(claims, metrics);
    const userState = delegate.localState(join);
    return { type: "push-pull", join, nodes: claims, userState };
  }

  /** Whether no state is being merged. */
  get isQuiet(): boolean {
    return this.#merger.isQuiet;
  }

  /** See {@link SerfCore.save}. */
  save() {
    return { joins: this.#joins, sizeAtLast: this.#sizeAtLast };
  }

  load({ joins, sizeAtLast }: ReturnType<PushPullSync["save"]>): void {
    this.#joins = joins;
    this.#sizeAtLast = sizeAtLast;
  }
}

function countStates(claims: readonly Claim[], metrics: Metrics): void {
  const counts = { alive: 0, suspect: 0, dead: 0, left: 0 };
  for (const { state } of claims) counts[state]++;
  for (const [node_state, count] of Object.entries(counts)) {
    metrics.gauge("memberlist.node.instances", count, { node_state });
  }
}
