/**
 * The state of every node: what alive, suspect and dead messages change (memberlist's `aliveNode`, `suspectNode` and
 * `deadNode`; SWIM, section 4.2).
 *
 * Messages spread like an infection: each that overrides what is known is gossiped further, and any other ends here. A node
 * that is suspected, or declared dead, although it is alive refutes with a higher incarnation, which overrides both.
 *
 * @module
 */

import { Address } from "../../base/address.ts";
import { equalBytes } from "../../base/bytes.ts";
import { LOG_INTERVAL_MS, RateLimiter } from "../../base/rate_limiter.ts";
import { MAX_META, MAX_NAME } from "../../wire/messages/claim_codec.ts";
import type { Alive, Claim, Dead, Suspect } from "../../wire/messages/messages.ts";
import type { SwimContext } from "../context.ts";
import { StateEvidence, type Via } from "../evidence/state_evidence.ts";
import { suspicionMinTimeout } from "../formulas.ts";
import type { Gossip } from "../gossip/gossip.ts";
import type { PacketSender } from "../gossip/packet_sender.ts";
import type { SwimTimer } from "../timer.ts";
import { isOversized, isUp, withState } from "./claims.ts";
import { decideAlive, decideDead, decideSuspect } from "./override_rules.ts";
import { Suspicion, type SuspicionInfo } from "./suspicion.ts";

/** The numbers of the states in memberlist's log. */
const STATE_NUMBERS = { alive: 0, suspect: 1, dead: 2, left: 3 } as const;

const MAX_INCARNATION = 0xffff_ffff;

/** Applies messages to the node list, gossips what is new, runs suspicions, and refutes what is false about us. */
export class Membership {
  readonly #context: SwimContext;
  readonly #gossip: Gossip;
  readonly #sender: PacketSender;
  readonly #evidence: StateEvidence;
  readonly #suspicions = new Map<string, Suspicion>();
  readonly #warnings = new RateLimiter(LOG_INTERVAL_MS);
  #lastToken = 0;
  #leaving = false;

  constructor(
    context: SwimContext,
    { gossip, sender }: { gossip: Gossip; sender: PacketSender },
  ) {
    this.#context = context;
    this.#gossip = gossip;
    this.#sender = sender;
    this.#evidence = new StateEvidence(context.evidence);
  }

  /** Whether we have begun to leave. */
  get leaving(): boolean {
    return this.#leaving;
  }

  /** All running suspicions. */
  suspicions(): SuspicionInfo[] {
    const { now } = this.#context.world;
    return Array.from(this.#suspicions, ([node, suspicion]) => suspicion.info(node, now));
  }

  /** Announces ourselves for the first time. */
  start(): void {
    const { name: node, address, meta, versions } = this.#context.config;
    this.aliveNode({ node, incarnation: 1, state: "alive", address, meta, versions }, {
      own: true,
    });
  }

  /** Announces new meta under a new incarnation, which ends an operation when it has been broadcast. */
  update(meta: Uint8Array | null, operation: number): void {
    const own = this.#own();
    this.aliveNode({ ...own, meta, incarnation: next(own.incarnation) }, { own: true, operation });
  }

  /** Announces that we leave, which ends an operation when it has been broadcast. */
  leave(operation: number): void {
    this.#leaving = true;
    const { node, incarnation } = this.#own();
    this.deadNode({ type: "dead", node, incarnation, from: node }, { operation });
  }

  /** Adds a node that is alive, without gossip: all others know it too. */
  preload(claim: Claim): void {
    const { world, nodes } = this.#context;
    if (nodes.get(claim.node) !== undefined) return;
    nodes.put(claim);
    world.emit({ type: "node-join", claim });
  }

  /**
   * Applies one entry of another node's state (memberlist's `mergeState`). A dead node only becomes suspect, so that it can
   * still refute. If `quiet`, a node that is alive is not gossiped on.
   */
  mergeState(claim: Claim, { via, quiet }: { via: Via; quiet?: boolean }): void {
    const { node, incarnation, state } = claim;
    switch (state) {
      case "alive":
        return this.aliveNode(claim, { via, quiet });
      case "left":
        return this.deadNode({ type: "dead", node, incarnation, from: node }, { via });
      case "suspect":
      case "dead": {
        const from = this.#context.config.name;
        return this.suspectNode({ type: "suspect", node, incarnation, from }, via);
      }
      default:
        state satisfies never;
    }
  }

  /**
   * Applies an alive message; `own` if it is ours. The operation ends when it has been gossiped, which it is not if `quiet`.
   */
  aliveNode(
    announced: Claim,
    options: { own?: boolean; via?: Via; quiet?: boolean; operation?: number } = {},
  ): void {
    const { config, nodes, log } = this.#context;
    if (isOversized(announced)) return this.#logOversized(announced);
    const claim = this.#withPort(announced);
    const { node } = claim;
    const found = nodes.get(node);
    if (found === claim || (found === undefined && nodes.size >= config.maxMembers)) return;
    if (!options.own && config.allows?.(claim.address.ip) === false) {
      return log("DEBUG", `Blocked alive message: ${claim.address.host} is not allowed`);
    }
    const known = found ?? { ...claim, incarnation: 0, state: "dead" };
    const self = node === config.name;
    const action = decideAlive(known, claim, { self, own: options.own, leaving: this.#leaving });
    switch (action) {
      case "ignore":
        return;
      case "malformed":
        return this.#logMalformed(claim);
      case "conflict":
        return this.#conflict(known, claim, options.via);
      case "refute":
        config.metrics?.count("memberlist.msg.alive");
        this.#refute(claim.incarnation);
        return this.#logRefuted(known, claim);
      case "accept":
        config.metrics?.count("memberlist.msg.alive");
        if (!self) this.#evidence.alive(found, claim, options.via);
        return this.#accept(known, claim, options);
      default:
        action satisfies never;
    }
  }

  /** Applies a suspect message. */
  suspectNode(message: Suspect, via?: Via): void {
    const { config, nodes, log } = this.#context;
    const known = nodes.get(message.node);
    if (known === undefined || message.from.length > MAX_NAME) return;
    const action = decideSuspect(known, message, { self: message.node === config.name });
    switch (action) {
      case "ignore":
        return;
      case "confirm":
        return this.#confirm(message, via);
      case "refute":
        this.#evidence.accused(message, via);
        this.#refute(message.incarnation);
        return log("WARN", `Refuting a suspect message (from: ${message.from})`);
      case "accept":
        config.metrics?.count("memberlist.msg.suspect");
        this.#broadcast(message);
        nodes.put(withState(known, "suspect", message.incarnation));
        return this.#startSuspicion(message, via);
      default:
        action satisfies never;
    }
  }

  /**
   * Applies a dead message. A node that says so about itself has left. The operation ends when the message has been
   * gossiped.
   */
  deadNode(message: Dead, { via, operation }: { via?: Via; operation?: number } = {}): void {
    const { config, world, nodes, log } = this.#context;
    const { node, incarnation, from } = message;
    const known = nodes.get(node);
    if (known === undefined || from.length > MAX_NAME) return;
    const self = node === config.name;
    const action = decideDead(known, message, { self, leaving: this.#leaving });
    switch (action) {
      case "ignore":
        return;
      case "refute":
        this.#evidence.accused(message, via);
        this.#refute(incarnation);
        return log("WARN", `Refuting a dead message (from: ${from})`);
      case "accept": {
        config.metrics?.count("memberlist.msg.dead");
        this.#evidence.dead(message, this.#suspicions.get(node)?.info(node, world.now), via);
        this.#suspicions.delete(node);
        this.#broadcast(message, { waiter: operation });
        const claim = withState(known, from === node ? "left" : "dead", incarnation);
        nodes.put(claim);
        return world.emit({ type: "node-leave", claim });
      }
      default:
        action satisfies never;
    }
  }

  /** A suspicion is over without a refutation: the node is dead. */
  suspicionTimeout({ node, token }: SwimTimer & { type: "suspicion-timeout" }): void {
    const { config, nodes, log } = this.#context;
    const suspicion = this.#suspicions.get(node);
    const known = nodes.get(node);
    if (suspicion === undefined || suspicion.token !== token || known === undefined) return;
    if (!suspicion.isConfirmed) config.metrics?.count("memberlist.degraded.timeout");
    const confirmations = `${suspicion.confirmations} peer confirmations`;
    log("INFO", `Marking ${node} as failed, suspect timeout reached (${confirmations})`);
    this.deadNode({ type: "dead", node, incarnation: known.incarnation, from: config.name });
  }

  /**
   * Tells a suspect directly that we suspect it, and again after a while. Usually gossip has done so long before. But if its
   * refutation did not get through to us, this saves it, because it answers a suspect message directly.
   */
  notifySuspect(timer: SwimTimer & { type: "notify-suspect" }): void {
    const { config, world, nodes } = this.#context;
    if (!config.profile.directRefutation) return;
    const { node, token } = timer;
    const suspicion = this.#suspicions.get(node);
    const known = nodes.get(node);
    if (suspicion === undefined || suspicion.token !== token || known === undefined) return;
    const { incarnation } = known;
    this.#sender.sendRawTo(known, [{ type: "suspect", node, incarnation, from: config.name }]);
    world.after(suspicion.notifyIntervalMs, timer);
  }

  /**
   * This process stood still for `ms`. Running suspicions last longer by that time, because refutations may have been lost
   * meanwhile. The suspects are told once more, and have the time to answer.
   */
  stalled(ms: number): void {
    const { probeTimeoutMs } = this.#context.config.profile;
    for (const [node, suspicion] of this.#suspicions) {
      const token = ++this.#lastToken;
      suspicion.postpone(ms + probeTimeoutMs, token);
      this.#awaitEnd(node, suspicion);
      this.notifySuspect({ type: "notify-suspect", node, token });
    }
  }

  #accept(
    known: Claim,
    claim: Claim,
    { quiet = false, operation }: { quiet?: boolean; operation?: number },
  ): void {
    const { world, nodes, log } = this.#context;
    const { node } = claim;
    const accepted = claim.versions !== null || known.versions === null
      ? claim
      : { ...claim, versions: known.versions };
    if (!known.address.equals(claim.address)) {
      const change = `from ${endpoint(known)} to ${endpoint(claim)}`;
      log("INFO", `Updating address for left or failed node ${node} ${change}`);
    }
    this.#suspicions.delete(node);
    nodes.put(accepted);
    if (!quiet) this.#broadcast({ type: "alive", claim: accepted }, { waiter: operation });
    if (!isUp(known)) world.emit({ type: "node-join", claim: accepted });
    else if (!equalBytes(known.meta, claim.meta)) {
      world.emit({ type: "node-update", claim: accepted });
    }
  }

  #conflict(known: Claim, claimed: Claim, via: Via): void {
    const { world, log } = this.#context;
    this.#evidence.conflict(claimed, via);
    const sides = `Mine: ${endpoint(known)} Theirs: ${endpoint(claimed)}`;
    const state = STATE_NUMBERS[known.state];
    log("ERR", `Conflicting address for ${known.node}. ${sides} Old state: ${state}`);
    world.emit({ type: "conflict", known, claimed });
  }

  /** Announces us with a higher incarnation than a false message about us has. Being suspected is a sign of bad health. */
  #refute(incarnation: number): void {
    const { nodes, awareness } = this.#context;
    const own = this.#own();
    const claim = { ...own, incarnation: next(Math.max(own.incarnation, incarnation)) };
    nodes.put(claim);
    awareness.apply(1);
    this.#broadcast({ type: "alive", claim }, { isAwaited: true });
  }

  #startSuspicion(message: Suspect, via: Via): void {
    const { config, world, nodes } = this.#context;
    const { node, from } = message;
    const { suspicionMult, suspicionMaxTimeoutMult, probeIntervalMs } = config.profile;
    const minMs = suspicionMinTimeout(suspicionMult, nodes.size, probeIntervalMs);
    // The suspect and the node that suspects it cannot confirm. If the others are too few, or the timeout is constant, no
    // confirmations are expected.
    const wanted = suspicionMaxTimeoutMult > 1 ? suspicionMult - 2 : 0;
    const expected = nodes.size - 2 < wanted ? 0 : wanted;
    const maxMs = expected === 0 ? minMs : suspicionMaxTimeoutMult * minMs;
    const range = { expected, minMs, maxMs };
    const suspicion = new Suspicion(from, {
      ...range,
      token: ++this.#lastToken,
      now: world.now,
    });
    this.#evidence.suspected(message, range, via);
    this.#suspicions.set(node, suspicion);
    this.#awaitEnd(node, suspicion);
    const { token, notifyIntervalMs } = suspicion;
    world.after(notifyIntervalMs, { type: "notify-suspect", node, token });
  }

  #confirm(message: Suspect, via: Via): void {
    const { now } = this.#context.world;
    const suspicion = this.#suspicions.get(message.node);
    if (!suspicion?.confirm(message.from)) return;
    this.#evidence.confirmed(message, suspicion.info(message.node, now), via);
    this.#broadcast(message);
    this.#awaitEnd(message.node, suspicion);
  }

  #awaitEnd(node: string, { token, endsAt }: Suspicion): void {
    const { world } = this.#context;
    const ms = Math.max(0, endsAt - world.now);
    world.after(ms, { type: "suspicion-timeout", node, token, due: world.now + ms });
  }

  /** Gossips a message. It replaces an older one about the same node that still waits. */
  #broadcast(
    message: Alive | Suspect | Dead,
    { waiter, isAwaited = waiter !== undefined }: { waiter?: number; isAwaited?: boolean } = {},
  ): void {
    const name = message.type === "alive" ? message.claim.node : message.node;
    this.#gossip.broadcast({ message, name, waiter }, { isAwaited });
  }

  #own(): Claim {
    const own = this.#context.nodes.get(this.#context.config.name);
    if (own === undefined) {
      throw new Error("Cannot announce this node: the machine was not started");
    }
    return own;
  }

  /** Very old nodes announce port 0, which means the port that the whole cluster uses. */
  #withPort(claim: Claim): Claim {
    if (claim.address.port !== 0) return claim;
    return { ...claim, address: new Address(claim.address.ip, this.#context.config.address.port) };
  }

  #logOversized({ node, meta, address }: Claim): void {
    const { world, log } = this.#context;
    if (!this.#warnings.allows("oversized", world.now)) return;
    const sizes = `a name of ${node.length} characters and ${meta?.length ?? 0} bytes of meta`;
    log(
      "WARN",
      `Ignoring an alive message for '${
        node.slice(0, 64)
      }' (${address.text}) because of its size: ${sizes}, ` +
        `at most ${MAX_NAME} and ${MAX_META} are allowed`,
    );
  }

  #logMalformed(claim: Claim): void {
    const { node, versions } = claim;
    const range =
      `${versions?.protocolMin} <= ${versions?.protocolCur} <= ${versions?.protocolMax}`;
    this.#context.log(
      "WARN",
      `Ignoring an alive message for '${node}' (${endpoint(claim)}) because protocol version(s) ` +
        `are wrong: ${range} should be >0`,
    );
  }

  #logRefuted(known: Claim, claim: Claim): void {
    const metas = `meta:(${list(claim.meta)} VS ${list(known.meta)})`;
    const versions = `vsn:(${versionList(claim)} VS ${versionList(known)})`;
    const about = `'${claim.node}' (${endpoint(claim)})`;
    this.#context.log("WARN", `Refuting an alive message for ${about} ${metas}, ${versions}`);
  }

  /** See {@link SerfCore.save}. */
  save() {
    return {
      suspicions: Array.from(
        this.#suspicions,
        ([node, suspicion]) => ({ node, suspicion: suspicion.save() }),
      ),
      warnings: this.#warnings.save(),
      lastToken: this.#lastToken,
      leaving: this.#leaving,
    };
  }

  load({ suspicions, warnings, lastToken, leaving }: ReturnType<Membership["save"]>): void {
    for (const { node, suspicion } of suspicions) {
      this.#suspicions.set(node, Suspicion.restore(suspicion));
    }
    this.#warnings.load(warnings);
    this.#lastToken = lastToken;
    this.#leaving = leaving;
  }
}

function next(incarnation: number): number {
  return Math.min(incarnation + 1, MAX_INCARNATION);
}

function endpoint({ address }: Claim): string {
  return `${address.host}:${address.port}`;
}

/** Numbers as Go prints a slice. */
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
