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

import type { Observation, StreamOutcome } from "../../api/why/evidence.ts";
import type { Address } from "../../base/address.ts";
import { formatDuration } from "../../go/duration.ts";
import type { Ack, Claim, Nack, Ping, Reply } from "../../wire/messages/messages.ts";
import type { SwimContext } from "../context.ts";
import type { StoredEntry } from "../evidence/evidence_store.ts";
import { streamFailure } from "../evidence/stream_failure.ts";
import { earlyFallbackDelay } from "../formulas.ts";
import type { PacketSender } from "../gossip/packet_sender.ts";
import type { Membership } from "../state/membership.ts";
import type { SwimTimer } from "../timer.ts";

/** memberlist: since protocol version 3, nodes answer pings on streams. */
const STREAM_PING_SINCE = 3;
/** memberlist: since protocol version 4, nodes send nacks. */
const NACK_SINCE = 4;

/** How many of the last probes without an ack are remembered, in case acks or nacks come after all. */
const REMEMBERED_PROBES = 8;

interface Probe {
  /** The target as we knew it when the probe began. */
  readonly target: Claim;
  readonly ping: Ping;
  readonly sentAt: number;
  readonly endsAt: number;
  /** The members that were asked for indirect pings; `undefined` before that. */
  helpers: readonly Claim[] | undefined;
  /** How many of them send nacks. */
  nacksExpected: number;
  /** The addresses that nacks came from: a datagram may arrive twice. */
  readonly nackedBy: Set<string>;
  /** `answered` if the target answered on a stream; `refused` if its host did so: no process listens there. */
  stream: StreamOutcome;
  /** The evidence that was recorded when it ended. */
  entry?: StoredEntry;
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
  /** The last probes without an ack, oldest first. */
  #unanswered: Probe[] = [];
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
    if (probe.stream !== "answered") this.#tryStream(probe);
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
  ack(from: Address, { sequence, payload }: Ack): boolean {
    const { world, awareness, evidence } = this.#context;
    const probe = this.#running(sequence);
    if (probe === undefined) {
      this.#noteLateAck(from, sequence);
      return false;
    }
    awareness.apply(-1);
    if (probe.helpers === undefined) {
      const { node } = probe.target;
      const rttMs = world.now - probe.sentAt;
      evidence.answered(node, rttMs);
      world.emit({ type: "ping-ack", node, rttMs, payload });
    } else {
      const helper = helperAt(from, probe);
      this.#note(probe, helper === "" ? "late" : "helped", helper);
    }
    this.#end();
    return true;
  }

  /** A helper got no ack from the target either. */
  nack(from: Address, { sequence }: Nack): void {
    const probe = this.#running(sequence);
    if (probe === undefined) return this.#noteLateNack(from, sequence);
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
      stream: "untried",
    };
    this.#probe = probe;
    if (target.state === "alive" || !config.profile.buddySystem) {
      this.#sender.send(target, ping);
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
      this.#sender.send(helper, {
        type: "indirect-ping",
        sequence,
        node,
        target: target.address,
        nack,
        source,
      });
    }
    probe.helpers = helpers;
  }

  /** memberlist's "fallback TCP ping": datagrams may be lost where streams get through, and then the member is alive all the same. */
  #tryStream(probe: Probe): void {
    const { config, world } = this.#context;
    const { target, ping, endsAt } = probe;
    if (!config.profile.streamProbes || !speaks(target, STREAM_PING_SINCE)) return;
    const timeoutMs = Math.max(1, endsAt - world.now);
    if (probe.stream === "untried") probe.stream = "open";
    this.#context.request(target.address, { message: ping, timeoutMs }, (reply) => {
      const problem = streamProblem(reply, ping);
      this.#settleStream(probe, streamOutcome(reply, problem));
      if (problem === undefined) return;
      if (!reply.ok && reply.refused) this.#refused(probe);
      // A dead node cannot be dialled; only other errors are worth a line.
      else if (!problem.startsWith("dial ")) {
        const interval = formatDuration(endsAt - probe.sentAt);
        const prefix = problem.endsWith(": i/o timeout") ? `timeout ${interval}: ` : "";
        this.#context.log("ERR", `Failed fallback TCP ping: ${prefix}${problem}`);
      }
    });
  }

  /** Of several outcomes the one that tells most counts. */
  #settleStream(probe: Probe, outcome: StreamOutcome): void {
    if (STREAM_OUTCOMES.indexOf(outcome) > STREAM_OUTCOMES.indexOf(probe.stream)) return;
    probe.stream = outcome;
    this.#amend(probe);
  }

  #refused(probe: Probe): void {
    if (this.#probe !== probe) return;
    if (probe.helpers === undefined) this.#requestIndirectPings(probe, "connection refused");
    this.#failEarly(probe);
  }

  /** Ends an eager probe when the stream was refused and all helpers have sent nacks: no other evidence can come. */
  #failEarly(probe: Probe): void {
    const { eagerProbes } = this.#context.config.profile;
    const { stream, helpers } = probe;
    if (!eagerProbes || stream !== "refused") return;
    // Nacks from elsewhere prove nothing.
    if (helpers === undefined || nacksOf(probe).length < helpers.length) return;
    this.#fail(probe);
    this.#end();
  }

  /** There was no ack: the target becomes suspect, unless it answered on a stream. */
  #fail(probe: Probe): void {
    const { config, awareness, log } = this.#context;
    const { node, incarnation } = probe.target;
    if (this.#unanswered.push(probe) > REMEMBERED_PROBES) this.#unanswered.shift();
    if (probe.stream === "answered") {
      this.#note(probe, "stream");
      awareness.apply(-1);
      log(
        "WARN",
        `Was able to connect to ${node} over TCP but UDP probes failed, network may be misconfigured`,
      );
      return;
    }
    this.#note(probe, "unanswered");
    // Lifeguard: missing nacks suggest that our own network is at fault. Without helpers, so does any failed probe.
    const { nacksExpected, nackedBy } = probe;
    awareness.apply(nacksExpected > 0 ? Math.max(0, nacksExpected - nackedBy.size) : 1);
    log("INFO", `Suspect ${node} has failed, no acks received`);
    this.#membership.suspectNode({ type: "suspect", node, incarnation, from: config.name });
  }

  /** Records a probe that was not answered as usual; `helper` is the member that got the answer. */
  #note(probe: Probe, outcome: (Observation & { type: "probe" })["outcome"], helper = ""): void {
    const { world, evidence } = this.#context;
    const { target, sentAt, stream, helpers = [] } = probe;
    probe.entry = evidence.record(target.node, {
      type: "probe",
      outcome,
      tookMs: world.now - sentAt,
      stream,
      helpers: helpers.map(({ node }) => node),
      nacks: nacksOf(probe),
      helper,
    });
  }

  #noteLateAck(from: Address, sequence: number): void {
    const { world, evidence } = this.#context;
    const probe = this.#unanswered.find(({ ping }) => ping.sequence === sequence);
    if (probe === undefined) return;
    const rttMs = world.now - probe.sentAt;
    evidence.record(probe.target.node, { type: "late-ack", rttMs, helper: helperAt(from, probe) });
  }

  /** A helper takes as long as the rest of the probe to find that it gets no ack, so its nack usually comes after the end. */
  #noteLateNack(from: Address, sequence: number): void {
    const probe = this.#unanswered.find(({ ping }) => ping.sequence === sequence);
    if (probe === undefined || helperAt(from, probe) === "") return;
    probe.nackedBy.add(from.text);
    this.#amend(probe);
  }

  /** Adds to the evidence of a probe what became known after its end. */
  #amend(probe: Probe): void {
    const { entry, stream, target: { node } } = probe;
    if (entry?.what.type !== "probe") return;
    const what = { ...entry.what, stream, nacks: nacksOf(probe) };
    probe.entry = this.#context.evidence.amend(node, entry, what);
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

  /** See {@link SerfCore.save}. The evidence of a probe is that in the store. */
  save() {
    return { probe: this.#probe, unanswered: this.#unanswered, tickMissed: this.#tickMissed };
  }

  load({ probe, unanswered, tickMissed }: ReturnType<Prober["save"]>): void {
    this.#probe = probe;
    this.#unanswered = unanswered;
    this.#tickMissed = tickMissed;
  }
}

/** The name of the helper that sends from an address; empty if it is none. */
function helperAt(from: Address, { helpers = [] }: Probe): string {
  return helpers.find(({ address }) => address.sameEndpoint(from))?.node ?? "";
}

/** The helpers that got no ack either. */
function nacksOf({ helpers = [], nackedBy }: Probe): string[] {
  return helpers.filter(({ address }) => nackedBy.has(address.text)).map(({ node }) => node);
}

function speaks(claim: Claim, version: number): boolean {
  return claim.versions !== null && claim.versions.protocolMax >= version;
}

/** What streams can end with, the most telling first: a probe may try two. */
const STREAM_OUTCOMES: readonly StreamOutcome[] = [
  "answered",
  "refused",
  "silent",
  "unreachable",
  "failed",
  "open",
  "untried",
];

/** What a reply to a ping on a stream tells; `problem` is what is wrong with it. */
function streamOutcome(reply: Reply, problem: string | undefined): StreamOutcome {
  if (!reply.ok) return streamFailure(reply);
  return problem === undefined ? "answered" : "failed";
}

/** The error in a reply to a ping on a stream; `undefined` if it is the ack. */
function streamProblem(reply: Reply, { sequence }: Ping): string | undefined {
  if (!reply.ok) return reply.error;
  if (reply.message.type !== "ack") return `unexpected msgType (${reply.message.type}) from ping`;
  if (reply.message.sequence === sequence) return undefined;
  return `sequence number from ack (${reply.message.sequence}) doesn't match ping (${sequence})`;
}
