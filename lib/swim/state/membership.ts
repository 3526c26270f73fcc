/**
 * The handlers of what is said about nodes.
 *
 * @module
 */

import { equalBytes } from "../../base/bytes.ts";
import type { Log } from "../../base/log.ts";
import { Address } from "../../base/address.ts";
import type { Alive, Claim, Dead, Message, Suspect } from "../../wire/messages/messages.ts";
import type { Awareness } from "../failure_detector/awareness.ts";
import type { Broadcast } from "../gossip/broadcast_queue.ts";
import { isUp, withState } from "./claims.ts";
import type { SwimConfig } from "../config.ts";
import { suspicionMinTimeout } from "../formulas.ts";
import { decideAlive, decideDead, decideSuspect } from "./override_rules.ts";
import type { NodeList } from "./node_list.ts";
import { Suspicion } from "./suspicion.ts";
import type { SwimTimer, SwimWorld } from "../timer.ts";

/** Nodes are numbered like this in the reference's log. */
const STATE_NUMBERS = { alive: 0, suspect: 1, dead: 2, left: 3 } as const;

const MAX_INCARNATION = 0xffff_ffff;

/** More nodes than a state exchange can carry are not taken in, whoever claims that they exist. */
const MAX_NODES = 1_048_576;

/** What the handlers work with. */
export interface MembershipParts {
  readonly config: SwimConfig;
  readonly world: SwimWorld;
  readonly nodes: NodeList;
  readonly awareness: Awareness;
  readonly log: Log;
  /** Queues a message for gossip. */
  readonly broadcast: (broadcast: Broadcast) => void;
  /** Sends a message to one node directly. */
  readonly tell: (claim: Claim, message: Message) => void;
}

/** Applies alive, suspect and dead messages to the node list, gossips what is news, and refutes what is false about us. */
export class Membership {
  readonly #parts: MembershipParts;
  readonly #suspicions = new Map<string, Suspicion>();
  #lastToken = 0;
  #leaving = false;

  constructor(parts: MembershipParts) {
    this.#parts = parts;
  }

  /** Whether we have begun to leave. */
  get leaving(): boolean {
    return this.#leaving;
  }

  /** Makes ourselves known, for the first time. */
  start(): void {
    const { name: node, address, meta, versions } = this.#parts.config;
    this.alive({ node, incarnation: 1, state: "alive", address, meta, versions }, { own: true });
  }

  /** Announces new meta under a new incarnation; `finished` is called when that has been broadcast. */
  update(meta: Uint8Array | null, finished: () => void): void {
    const own = this.#own();
    this.alive({ ...own, meta, incarnation: next(own.incarnation) }, { own: true, finished });
  }

  /** Announces that we leave; `finished` is called when that has been broadcast. */
  leave(finished: () => void): void {
    this.#leaving = true;
    const { node, incarnation } = this.#own();
    this.dead({ type: "dead", node, incarnation, from: node }, finished);
  }

  /** Takes a living node as known to everybody: nothing is passed on. */
  preload(claim: Claim): void {
    const { world, nodes } = this.#parts;
    if (nodes.get(claim.node) !== undefined) return;
    nodes.put(claim);
    world.emit({ type: "node-join", claim });
  }

  /** Takes in one entry of the other side's state. Of the death of a node we want to convince ourselves. */
  merge(claim: Claim): void {
    const { node, incarnation, state } = claim;
    switch (state) {
      case "alive":
        return this.alive(claim);
      case "left":
        return this.dead({ type: "dead", node, incarnation, from: node });
      case "suspect":
      case "dead":
        return this.suspect({ type: "suspect", node, incarnation, from: this.#parts.config.name });
      default:
        state satisfies never;
    }
  }

  /** Somebody says that a node is alive; ourselves if `own`. `finished` is called when that has been passed on. */
  alive(said: Claim, options: { own?: boolean; finished?: () => void } = {}): void {
    const { config, nodes } = this.#parts;
    const claim = this.#withPort(said);
    const { node } = claim;
    const found = nodes.get(node);
    if (found === claim || (found === undefined && nodes.size >= MAX_NODES)) return;
    const known = found ?? { ...claim, incarnation: 0, state: "dead" };
    const self = node === config.name;
    const action = decideAlive(known, claim, { self, own: options.own, leaving: this.#leaving });
    switch (action) {
      case "ignore":
        return;
      case "malformed":
        return this.#logMalformed(claim);
      case "conflict":
        return this.#conflict(known, claim);
      case "refute":
        config.metrics?.count("memberlist.msg.alive");
        this.#refute(claim.incarnation);
        return this.#logRefuted(known, claim);
      case "accept":
        config.metrics?.count("memberlist.msg.alive");
        return this.#accept(known, claim, options.finished);
      default:
        action satisfies never;
    }
  }

  /** Somebody says that a node does not answer. */
  suspect(message: Suspect): void {
    const { config, nodes, log } = this.#parts;
    const known = nodes.get(message.node);
    if (known === undefined) return;
    const action = decideSuspect(known, message, { self: message.node === config.name });
    switch (action) {
      case "ignore":
        return;
      case "confirm":
        return this.#confirm(message);
      case "refute":
        this.#refute(message.incarnation);
        return log("WARN", `Refuting a suspect message (from: ${message.from})`);
      case "accept":
        config.metrics?.count("memberlist.msg.suspect");
        this.#broadcast(message);
        nodes.put(withState(known, "suspect", message.incarnation));
        return this.#startSuspicion(message);
      default:
        action satisfies never;
    }
  }

  /** Somebody says that a node is dead, or that itself has left. `finished` is called when that has been passed on. */
  dead(message: Dead, finished?: () => void): void {
    const { config, world, nodes, log } = this.#parts;
    const { node, incarnation, from } = message;
    const known = nodes.get(node);
    if (known === undefined) return;
    const self = node === config.name;
    const action = decideDead(known, message, { self, leaving: this.#leaving });
    switch (action) {
      case "ignore":
        return;
      case "refute":
        this.#refute(incarnation);
        return log("WARN", `Refuting a dead message (from: ${from})`);
      case "accept": {
        config.metrics?.count("memberlist.msg.dead");
        this.#suspicions.delete(node);
        this.#broadcast(message, finished);
        const claim = withState(known, from === node ? "left" : "dead", incarnation);
        nodes.put(claim);
        return world.emit({ type: "node-leave", claim });
      }
      default:
        action satisfies never;
    }
  }

  /** A suspicion may be over: nobody has refuted it in time. */
  suspicionTimeout({ node, token }: SwimTimer & { type: "suspicion-timeout" }): void {
    const { config, nodes, log } = this.#parts;
    const suspicion = this.#suspicions.get(node);
    const known = nodes.get(node);
    if (suspicion === undefined || suspicion.token !== token || known === undefined) return;
    if (!suspicion.isConfirmed) config.metrics?.count("memberlist.degraded.timeout");
    const confirmations = `${suspicion.confirmations} peer confirmations`;
    log("INFO", `Marking ${node} as failed, suspect timeout reached (${confirmations})`);
    this.dead({ type: "dead", node, incarnation: known.incarnation, from: config.name });
  }

  /**
   * The accused is told what it is accused of. Usually gossip has done so long before; but if gossip has failed to bring
   * us its refutation, this is what saves it, because it answers us directly.
   */
  notifySuspect(timer: SwimTimer & { type: "notify-suspect" }): void {
    const { config, world, nodes, tell } = this.#parts;
    const { node, token } = timer;
    const suspicion = this.#suspicions.get(node);
    const known = nodes.get(node);
    if (suspicion === undefined || suspicion.token !== token || known === undefined) return;
    tell(known, { type: "suspect", node, incarnation: known.incarnation, from: config.name });
    world.after(suspicion.notifyIntervalMs, timer);
  }

  /**
   * We stood still for so long: that time does not count against those we suspect, for their refutations may not have
   * got through to us. They are told what they are accused of, and get the time to answer.
   */
  stalled(ms: number): void {
    const { probeTimeoutMs } = this.#parts.config.profile;
    for (const [node, suspicion] of this.#suspicions) {
      const token = ++this.#lastToken;
      suspicion.postpone(ms + probeTimeoutMs, token);
      this.#awaitEnd(node, suspicion);
      this.notifySuspect({ type: "notify-suspect", node, token });
    }
  }

  #accept(known: Claim, claim: Claim, finished?: () => void): void {
    const { world, nodes, log } = this.#parts;
    const { node } = claim;
    const accepted = claim.versions !== null || known.versions === null
      ? claim
      : { ...claim, versions: known.versions };
    if (!known.address.equals(claim.address)) {
      const change = `from ${endpoint(known)} to ${endpoint(claim)}`;
      log("INFO", `Updating address for left or failed node ${node} ${change}`);
    }
    this.#suspicions.delete(node);
    this.#broadcast({ type: "alive", claim: accepted }, finished);
    nodes.put(accepted);
    if (!isUp(known)) world.emit({ type: "node-join", claim: accepted });
    else if (!equalBytes(known.meta, claim.meta)) {
      world.emit({ type: "node-update", claim: accepted });
    }
  }

  #conflict(known: Claim, claimed: Claim): void {
    const { world, log } = this.#parts;
    const sides = `Mine: ${endpoint(known)} Theirs: ${endpoint(claimed)}`;
    const state = STATE_NUMBERS[known.state];
    log("ERR", `Conflicting address for ${known.node}. ${sides} Old state: ${state}`);
    world.emit({ type: "conflict", known, claimed });
  }

  /** Contradicts what is said about us, with an incarnation that beats it. That it was said speaks against our health. */
  #refute(accused: number): void {
    const { nodes, awareness } = this.#parts;
    const own = this.#own();
    const claim = { ...own, incarnation: next(Math.max(own.incarnation, accused)) };
    nodes.put(claim);
    awareness.apply(1);
    this.#broadcast({ type: "alive", claim });
  }

  #startSuspicion({ node, from }: Suspect): void {
    const { config, world, nodes } = this.#parts;
    const { suspicionMult, suspicionMaxTimeoutMult, probeIntervalMs } = config.profile;
    const minMs = suspicionMinTimeout(suspicionMult, nodes.size, probeIntervalMs);
    // Who suspects so far and who is suspected cannot confirm; where the others are too few, none is waited for.
    const wanted = suspicionMult - 2;
    const suspicion = new Suspicion(from, {
      token: ++this.#lastToken,
      now: world.now,
      expected: nodes.size - 2 < wanted ? 0 : wanted,
      minMs,
      maxMs: suspicionMaxTimeoutMult * minMs,
    });
    this.#suspicions.set(node, suspicion);
    this.#awaitEnd(node, suspicion);
    const { token, notifyIntervalMs } = suspicion;
    world.after(notifyIntervalMs, { type: "notify-suspect", node, token });
  }

  #confirm(message: Suspect): void {
    const suspicion = this.#suspicions.get(message.node);
    if (!suspicion?.confirm(message.from)) return;
    this.#broadcast(message);
    this.#awaitEnd(message.node, suspicion);
  }

  #awaitEnd(node: string, { token, endsAt }: Suspicion): void {
    const { world } = this.#parts;
    const ms = Math.max(0, endsAt - world.now);
    world.after(ms, { type: "suspicion-timeout", node, token, due: world.now + ms });
  }

  /** Queues a message under the name of its node: a newer word about a node replaces an older one. */
  #broadcast(message: Alive | Suspect | Dead, finished?: () => void): void {
    const name = message.type === "alive" ? message.claim.node : message.node;
    this.#parts.broadcast({ message, name, finished });
  }

  #own(): Claim {
    const own = this.#parts.nodes.get(this.#parts.config.name);
    if (own === undefined) {
      throw new Error("Cannot speak for ourselves: the machine was not started");
    }
    return own;
  }

  /** Very old nodes announce no port and use the one that all use. */
  #withPort(claim: Claim): Claim {
    if (claim.address.port !== 0) return claim;
    return { ...claim, address: new Address(claim.address.ip, this.#parts.config.address.port) };
  }

  #logMalformed(claim: Claim): void {
    const { node, versions } = claim;
    const range =
      `${versions?.protocolMin} <= ${versions?.protocolCur} <= ${versions?.protocolMax}`;
    this.#parts.log(
      "WARN",
      `Ignoring an alive message for '${node}' (${endpoint(claim)}) because protocol version(s) ` +
        `are wrong: ${range} should be >0`,
    );
  }

  #logRefuted(known: Claim, claim: Claim): void {
    const metas = `meta:(${list(claim.meta)} VS ${list(known.meta)})`;
    const versions = `vsn:(${versionList(claim)} VS ${versionList(known)})`;
    const about = `'${claim.node}' (${endpoint(claim)})`;
    this.#parts.log("WARN", `Refuting an alive message for ${about} ${metas}, ${versions}`);
  }
}

function next(incarnation: number): number {
  return Math.min(incarnation + 1, MAX_INCARNATION);
}

function endpoint({ address }: Claim): string {
  return `${address.host}:${address.port}`;
}

/** Numbers as Go prints a slice of them. */
function list(numbers: Uint8Array | number[] | null): string {
  return `[${numbers?.join(" ") ?? ""}]`;
}

function versionList({ versions: v }: Claim): string {
  if (v === null) return list(null);
  return list([
    v.protocolMin,
    v.protocolMax,
    v.protocolCur,
    v.delegateMin,
    v.delegateMax,
    v.delegateCur,
  ]);
}
