/**
 * The failure detector: asks one member after the other whether it is there.
 *
 * @module
 */

import type { Log } from "../../base/log.ts";
import type { Address } from "../../base/address.ts";
import type {
  Ack,
  Claim,
  Exchange,
  Nack,
  Ping,
  Reply,
  Source,
  Suspect,
} from "../../wire/messages/messages.ts";
import type { Awareness } from "./awareness.ts";
import type { SwimConfig } from "../config.ts";
import { earlyFallbackDelay } from "../formulas.ts";
import type { PacketSender } from "../gossip/packet_sender.ts";
import type { NodeList } from "../state/node_list.ts";
import type { SwimTimer, SwimWorld } from "../timer.ts";

/** From this membership protocol version on, a node answers pings on streams. */
const STREAM_PING_SINCE = 3;
/** From this membership protocol version on, a node sends nacks. */
const NACK_SINCE = 4;

/** What probes work with. */
export interface ProberParts {
  readonly config: SwimConfig;
  readonly world: SwimWorld;
  readonly nodes: NodeList;
  readonly awareness: Awareness;
  readonly sender: PacketSender;
  readonly log: Log;
  /** Who we are, for those who answer. */
  readonly source: Source;
  /** A sequence number that no other ping of ours has. */
  readonly nextSequence: () => number;
  /** Starts a stream exchange. */
  readonly request: (to: Address, exchange: Exchange, settle: (reply: Reply) => void) => void;
  /** Takes our own accusations. */
  readonly suspect: (message: Suspect) => void;
}

interface Probe {
  /** The target as it was known when the probe began. */
  readonly target: Claim;
  readonly ping: Ping;
  readonly sentAt: number;
  readonly endsAt: number;
  /** How many others have been asked to help; `undefined` before. */
  helpers: number | undefined;
  /** How many of them know nacks. */
  nacksExpected: number;
  /** Where nacks came from: a datagram may arrive twice. */
  readonly nackedBy: Set<string>;
  /** Whether the target answered over a stream. */
  reachedByStream: boolean;
  /** Whether its host refused one: nobody listens there. */
  refused: boolean;
}

/**
 * Probes one member at each tick (SWIM, section 4): a direct ping first; then, when there was no ack in time, through
 * other members and over a stream; and when the probe's time is over without an ack, the member is suspected.
 *
 * An eager probe does the same sooner: the stream is tried as soon as the ack is later than usual; if it is refused,
 * others are asked at once; and when all of them have said that they do not reach it either, the probe is over. Where
 * any of this is missing, all has its full time: silence alone never makes a probe shorter.
 *
 * Our own health decides how much our word is worth (Lifeguard): a bad score makes probes last longer. A probe during
 * which we stood still proves nothing about its target, for we were not there to hear it: it accuses nobody.
 */
export class Prober {
  readonly #parts: ProberParts;
  #probe: Probe | undefined;
  /** A tick came while a probe was running; the next probe follows at once. */
  #tickMissed = false;

  constructor(parts: ProberParts) {
    this.#parts = parts;
  }

  /** Starts the ticks, at a random phase. */
  start(): void {
    const { world, config } = this.#parts;
    this.#awaitTick(world.random() * config.profile.probeIntervalMs);
  }

  /** It is time for the next probe. */
  tick(): void {
    this.#awaitTick(this.#parts.config.profile.probeIntervalMs);
    if (this.#probe === undefined) this.#begin();
    else this.#tickMissed = true;
  }

  /** The direct ack is later than usual. */
  earlyFallback({ sequence }: SwimTimer & { type: "probe-fallback" }): void {
    const probe = this.#running(sequence);
    if (probe === undefined) return;
    this.#tryStream(probe);
    this.#awaitTimeout(probe);
  }

  /** The direct ping had its time. */
  timeout({ sequence }: SwimTimer & { type: "probe-timeout" }): void {
    const probe = this.#running(sequence);
    if (probe === undefined) return;
    if (probe.helpers === undefined) this.#askOthers(probe, "timeout reached");
    if (!probe.reachedByStream) this.#tryStream(probe);
    this.#awaitEnd(probe);
  }

  /** The whole probe had its time. */
  end({ sequence }: SwimTimer & { type: "probe-end" }): void {
    const probe = this.#running(sequence);
    if (probe === undefined) return;
    this.#judge(probe);
    this.#end();
  }

  /** We stood still: the running probe is void, for acks may have been waiting unread meanwhile. */
  stalled(): void {
    this.#end();
  }

  /** An ack came, straight from the target or by way of a helper; `false` if it is not for the running probe. */
  ack({ sequence, payload }: Ack): boolean {
    const { world, awareness } = this.#parts;
    const probe = this.#running(sequence);
    if (probe === undefined) return false;
    awareness.apply(-1);
    if (probe.helpers === undefined) {
      const rttMs = world.now - probe.sentAt;
      world.emit({ type: "ping-ack", node: probe.target.node, rttMs, payload });
    }
    this.#end();
    return true;
  }

  /** A helper did not reach the target either. */
  nack(from: Address, { sequence }: Nack): void {
    const probe = this.#running(sequence);
    if (probe === undefined) return;
    probe.nackedBy.add(from.text);
    this.#judgeEarly(probe);
  }

  #begin(): void {
    const { config, world, nodes, awareness, sender, source } = this.#parts;
    const target = nodes.nextProbe();
    if (target === undefined) return;
    if (awareness.score > 0) config.metrics?.count("memberlist.degraded.probe");
    const { node, incarnation } = target;
    const sequence = this.#parts.nextSequence();
    const ping: Ping = { type: "ping", sequence, node, source };
    const sentAt = world.now;
    const probe: Probe = {
      target,
      ping,
      sentAt,
      endsAt: sentAt + awareness.scale(config.profile.probeIntervalMs),
      helpers: undefined,
      nacksExpected: 0,
      nackedBy: new Set(),
      reachedByStream: false,
      refused: false,
    };
    this.#probe = probe;
    // A suspect should learn at once what it has to refute.
    if (target.state === "alive") sender.send(target.address, ping);
    else sender.sendTo(target, [ping, { type: "suspect", node, incarnation, from: config.name }]);
    if (config.profile.eagerProbes) this.#awaitEarlyFallback(probe);
    else this.#awaitTimeout(probe);
  }

  #askOthers(probe: Probe, reason: string): void {
    const { config, nodes, sender, source, log } = this.#parts;
    const { target, ping: { sequence, node } } = probe;
    log("DEBUG", `Failed ping: ${node} (${reason})`);
    const helpers = nodes.pick(
      config.profile.indirectChecks,
      (claim) => claim.state === "alive" && claim.node !== node,
    );
    for (const helper of helpers) {
      const nack = speaks(helper, NACK_SINCE);
      if (nack) probe.nacksExpected++;
      sender.send(helper.address, {
        type: "indirect-ping",
        sequence,
        node,
        target: target.address,
        nack,
        source,
      });
    }
    probe.helpers = helpers.length;
  }

  /** Datagrams may be lost where streams get through; a member that can be reached at all is not to be accused. */
  #tryStream(probe: Probe): void {
    const { target, ping, endsAt } = probe;
    if (!speaks(target, STREAM_PING_SINCE)) return;
    const timeoutMs = Math.max(1, endsAt - this.#parts.world.now);
    this.#parts.request(target.address, { message: ping, timeoutMs }, (reply) => {
      const problem = streamProblem(reply, ping);
      if (problem === undefined) probe.reachedByStream = true;
      else if (!reply.ok && reply.refused) this.#refused(probe);
      // That a dead node cannot be dialled is no news.
      else if (!problem.startsWith("dial ")) {
        this.#parts.log("ERR", `Failed fallback ping: ${problem}`);
      }
    });
  }

  #refused(probe: Probe): void {
    probe.refused = true;
    if (this.#probe !== probe) return;
    if (probe.helpers === undefined) this.#askOthers(probe, "connection refused");
    this.#judgeEarly(probe);
  }

  /** The target's host has said that it is gone, and so has everybody who was asked: nothing is left to wait for. */
  #judgeEarly(probe: Probe): void {
    const { eagerProbes } = this.#parts.config.profile;
    const { refused, helpers, nackedBy } = probe;
    if (!eagerProbes || !refused || helpers === undefined || nackedBy.size < helpers) return;
    this.#judge(probe);
    this.#end();
  }

  /** Nobody has brought an ack. */
  #judge(probe: Probe): void {
    const { config, awareness, log, suspect } = this.#parts;
    const { node, incarnation } = probe.target;
    if (probe.reachedByStream) {
      awareness.apply(-1);
      log(
        "WARN",
        `Was able to connect to ${node} but other probes failed, network may be misconfigured`,
      );
      return;
    }
    // Helpers that are silent too suggest that the fault is ours; without helpers any failure may be.
    const { nacksExpected, nackedBy } = probe;
    awareness.apply(nacksExpected > 0 ? Math.max(0, nacksExpected - nackedBy.size) : 1);
    log("INFO", `Suspect ${node} has failed, no acks received`);
    suspect({ type: "suspect", node, incarnation, from: config.name });
  }

  #end(): void {
    const { config: { metrics }, world } = this.#parts;
    if (this.#probe) metrics?.sample("memberlist.probeNode", world.now - this.#probe.sentAt);
    this.#probe = undefined;
    if (!this.#tickMissed) return;
    this.#tickMissed = false;
    this.#begin();
  }

  #running(sequence: number): Probe | undefined {
    return this.#probe?.ping.sequence === sequence ? this.#probe : undefined;
  }

  #awaitTick(ms: number): void {
    const { world } = this.#parts;
    world.after(ms, { type: "probe-tick", due: world.now + ms });
  }

  #awaitEarlyFallback({ ping: { sequence } }: Probe): void {
    const { world, config } = this.#parts;
    const ms = earlyFallbackDelay(config.profile.probeTimeoutMs);
    world.after(ms, { type: "probe-fallback", sequence, due: world.now + ms });
  }

  /** Not stretched by our health: waiting longer does not help a lost datagram, the other ways do. */
  #awaitTimeout({ sentAt, ping: { sequence } }: Probe): void {
    const { world, config } = this.#parts;
    const due = sentAt + config.profile.probeTimeoutMs;
    world.after(Math.max(0, due - world.now), { type: "probe-timeout", sequence, due });
  }

  #awaitEnd({ ping: { sequence }, endsAt: due }: Probe): void {
    const { world } = this.#parts;
    world.after(Math.max(0, due - world.now), { type: "probe-end", sequence, due });
  }
}

function speaks(claim: Claim, version: number): boolean {
  return claim.versions !== null && claim.versions.protocolMax >= version;
}

/** What is wrong with an answer to a ping on a stream; `undefined` if it is the ack. */
function streamProblem(reply: Reply, { sequence }: Ping): string | undefined {
  if (!reply.ok) return reply.error;
  if (reply.message.type !== "ack") return `Unexpected msgType (${reply.message.type}) from ping`;
  if (reply.message.sequence === sequence) return undefined;
  return `Sequence number from ack (${reply.message.sequence}) doesn't match ping (${sequence})`;
}
