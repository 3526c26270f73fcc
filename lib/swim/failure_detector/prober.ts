/**
 * The failure detector (SWIM, section 3.1; memberlist's `probe`): in every probe interval one member is pinged. It is
 * suspected if neither its own ack comes in time, nor one by way of other members, nor an answer on a stream.
 *
 *     probe      ping ──────────────────── indirect pings, stream ──────────────────── suspect
 *     ms         0                         500                                         1,000
 *
 *     eager      ping ── stream ─ refused: indirect pings ─ all nacks are in: suspect
 *     ms         0       125
 *
 * An eager probe looks for the same evidence sooner, and ends when no more can come. Silence never shortens it: the stream
 * must be refused and every helper must answer with a nack, otherwise it takes its full time.
 *
 * @module
 */

import type { Address } from "../../base/address.ts";
import { formatDuration } from "../../go/duration.ts";
import type { Ack, Claim, Nack, Ping, Reply } from "../../wire/messages/messages.ts";
import type { SwimContext } from "../context.ts";
import { earlyFallbackDelay } from "../formulas.ts";
import type { PacketSender } from "../gossip/packet_sender.ts";
import type { Membership } from "../state/membership.ts";
import type { SwimTimer } from "../timer.ts";

/** memberlist: since protocol version 3, nodes answer pings on streams. */
const STREAM_PING_SINCE = 3;
/** memberlist: since protocol version 4, nodes send nacks. */
const NACK_SINCE = 4;

interface Probe {
  /** The target as we knew it when the probe began. */
  readonly target: Claim;
  readonly ping: Ping;
  readonly sentAt: number;
  readonly endsAt: number;
  /** How many members were asked for indirect pings; `undefined` before that. */
  helpers: number | undefined;
  /** How many of them send nacks. */
  nacksExpected: number;
  /** The addresses that nacks came from: a datagram may arrive twice. */
  readonly nackedBy: Set<string>;
  /** Whether the target answered on a stream. */
  reachedByStream: boolean;
  /** Whether the target's host refused a stream: no process listens there. */
  refused: boolean;
}

/**
 * Probes one member after the other. A bad health score of our own makes probes last longer (Lifeguard). A probe during
 * which this process stood still ends without a result, because we could not have received an ack.
 */
export class Prober {
  readonly #context: SwimContext;
  readonly #sender: PacketSender;
  readonly #membership: Membership;
  #probe: Probe | undefined;
  /** A tick came while a probe was running; the next probe follows at once. */
  #tickMissed = false;

  constructor(
    context: SwimContext,
    { sender, membership }: { sender: PacketSender; membership: Membership },
  ) {
    this.#context = context;
    this.#sender = sender;
    this.#membership = membership;
  }

  /** Starts the ticks, at a random phase. */
  start(): void {
    const { world, config } = this.#context;
    this.#awaitTick(world.random() * config.profile.probeIntervalMs);
  }

  /** It is time for the next probe. */
  tick(): void {
    this.#awaitTick(this.#context.config.profile.probeIntervalMs);
    if (this.#probe === undefined) this.#begin();
    else this.#tickMissed = true;
  }

  /** The ack is later than usual. */
  earlyFallback({ sequence }: SwimTimer & { type: "probe-fallback" }): void {
    const probe = this.#running(sequence);
    if (probe === undefined) return;
    this.#tryStream(probe);
    this.#awaitTimeout(probe);
  }

  /** The time for the ack is over. */
  timeout({ sequence }: SwimTimer & { type: "probe-timeout" }): void {
    const probe = this.#running(sequence);
    if (probe === undefined) return;
    if (probe.helpers === undefined) this.#requestIndirectPings(probe, "timeout reached");
    if (!probe.reachedByStream) this.#tryStream(probe);
    this.#awaitEnd(probe);
  }

  /** The time of the whole probe is over. */
  end({ sequence }: SwimTimer & { type: "probe-end" }): void {
    const probe = this.#running(sequence);
    if (probe === undefined) return;
    this.#fail(probe);
    this.#end();
  }

  /** This process stood still: the running probe proves nothing, since acks may have come meanwhile. */
  stalled(): void {
    this.#end();
  }

  /** An ack came, from the target itself or by way of a helper; `false` if it is not for the running probe. */
  ack({ sequence, payload }: Ack): boolean {
    const { world, awareness } = this.#context;
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

  /** A helper got no ack from the target either. */
  nack(from: Address, { sequence }: Nack): void {
    const probe = this.#running(sequence);
    if (probe === undefined) return;
    probe.nackedBy.add(from.text);
    this.#failEarly(probe);
  }

  #begin(): void {
    const { config, world, nodes, awareness, source } = this.#context;
    const target = nodes.nextProbe();
    if (target === undefined) return;
    if (awareness.score > 0) config.metrics?.count("memberlist.degraded.probe");
    const { node, incarnation } = target;
    const sequence = this.#context.nextSequence();
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
    if (target.state === "alive" || !config.profile.buddySystem) {
      this.#sender.send(target.address, ping);
    } else {
      // Lifeguard's "buddy system": a suspect should learn as soon as possible that it has to refute.
      const suspect = { type: "suspect", node, incarnation, from: config.name } as const;
      this.#sender.sendRawTo(target, [ping, suspect]);
    }
    if (config.profile.eagerProbes) this.#awaitEarlyFallback(probe);
    else this.#awaitTimeout(probe);
  }

  #requestIndirectPings(probe: Probe, reason: string): void {
    const { config, nodes, source, log } = this.#context;
    const { target, ping: { sequence, node } } = probe;
    log("DEBUG", `Failed UDP ping: ${node} (${reason})`);
    const helpers = nodes.randomNodes(
      config.profile.indirectChecks,
      (claim) => claim.state === "alive" && claim.node !== node,
    );
    for (const helper of helpers) {
      const nack = speaks(helper, NACK_SINCE);
      if (nack) probe.nacksExpected++;
      this.#sender.send(helper.address, {
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

  /** memberlist's "fallback TCP ping": datagrams may be lost where streams get through, and then the member is alive all the same. */
  #tryStream(probe: Probe): void {
    const { config, world } = this.#context;
    const { target, ping, endsAt } = probe;
    if (!config.profile.streamProbes || !speaks(target, STREAM_PING_SINCE)) return;
    const timeoutMs = Math.max(1, endsAt - world.now);
    this.#context.request(target.address, { message: ping, timeoutMs }, (reply) => {
      const problem = streamProblem(reply, ping);
      if (problem === undefined) probe.reachedByStream = true;
      else if (!reply.ok && reply.refused) this.#refused(probe);
      // A dead node cannot be dialled; only other errors are worth a line.
      else if (!problem.startsWith("dial ")) {
        const interval = formatDuration(endsAt - probe.sentAt);
        const prefix = problem.endsWith(": i/o timeout") ? `timeout ${interval}: ` : "";
        this.#context.log("ERR", `Failed fallback TCP ping: ${prefix}${problem}`);
      }
    });
  }

  #refused(probe: Probe): void {
    probe.refused = true;
    if (this.#probe !== probe) return;
    if (probe.helpers === undefined) this.#requestIndirectPings(probe, "connection refused");
    this.#failEarly(probe);
  }

  /** Ends an eager probe when the stream was refused and all helpers have sent nacks: no other evidence can come. */
  #failEarly(probe: Probe): void {
    const { eagerProbes } = this.#context.config.profile;
    const { refused, helpers, nackedBy } = probe;
    if (!eagerProbes || !refused || helpers === undefined || nackedBy.size < helpers) return;
    this.#fail(probe);
    this.#end();
  }

  /** There was no ack: the target becomes suspect, unless it answered on a stream. */
  #fail(probe: Probe): void {
    const { config, awareness, log } = this.#context;
    const { node, incarnation } = probe.target;
    if (probe.reachedByStream) {
      awareness.apply(-1);
      log(
        "WARN",
        `Was able to connect to ${node} over TCP but UDP probes failed, network may be misconfigured`,
      );
      return;
    }
    // Lifeguard: missing nacks suggest that our own network is at fault. Without helpers, so does any failed probe.
    const { nacksExpected, nackedBy } = probe;
    awareness.apply(nacksExpected > 0 ? Math.max(0, nacksExpected - nackedBy.size) : 1);
    log("INFO", `Suspect ${node} has failed, no acks received`);
    this.#membership.suspectNode({ type: "suspect", node, incarnation, from: config.name });
  }

  #end(): void {
    const { config: { metrics }, world } = this.#context;
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
    const { world } = this.#context;
    world.after(ms, { type: "probe-tick", due: world.now + ms });
  }

  #awaitEarlyFallback({ ping: { sequence } }: Probe): void {
    const { world, config } = this.#context;
    const ms = earlyFallbackDelay(config.profile.probeTimeoutMs);
    world.after(ms, { type: "probe-fallback", sequence, due: world.now + ms });
  }

  /** Our health does not stretch this time: waiting longer does not bring back a lost datagram. */
  #awaitTimeout({ sentAt, ping: { sequence } }: Probe): void {
    const { world, config } = this.#context;
    const due = sentAt + config.profile.probeTimeoutMs;
    world.after(Math.max(0, due - world.now), { type: "probe-timeout", sequence, due });
  }

  #awaitEnd({ ping: { sequence }, endsAt: due }: Probe): void {
    const { world } = this.#context;
    world.after(Math.max(0, due - world.now), { type: "probe-end", sequence, due });
  }
}

function speaks(claim: Claim, version: number): boolean {
  return claim.versions !== null && claim.versions.protocolMax >= version;
}

/** The error in a reply to a ping on a stream; `undefined` if it is the ack. */
function streamProblem(reply: Reply, { sequence }: Ping): string | undefined {
  if (!reply.ok) return reply.error;
  if (reply.message.type !== "ack") return `unexpected msgType (${reply.message.type}) from ping`;
  if (reply.message.sequence === sequence) return undefined;
  return `sequence number from ack (${reply.message.sequence}) doesn't match ping (${sequence})`;
}
