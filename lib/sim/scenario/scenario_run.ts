/**
 * Runs a scenario slice by slice and measures what an operator wants to know: how soon failures are noticed, how often
 * they are false, how soon events arrive, and what that costs.
 *
 * @module
 */

import { type Cluster, simulate } from "../cluster.ts";
import { Random } from "../random.ts";
import type { SimNode } from "../sim_node.ts";
import type { SerfOutput } from "../../serf/output.ts";
import { Cast } from "./cast.ts";
import { Distribution } from "./distribution.ts";
import { FailureViews, type FalseFailures } from "./failure_views.ts";
import type { EventLoad, NodeFault, Scenario } from "./scenario.ts";

/** A series has about so many points, as many as a chart can show. */
const POINTS = 120;
/** In this last part of the run no events are sent, so that they can arrive. */
const QUIET_END = 0.1;

/** What was measured at the end of a slice. */
export interface SeriesPoint {
  readonly seconds: number;
  /** Bytes of datagrams that a node sent per second, on average over nodes and the slice. */
  readonly bytesPerSecond: number;
  /** Share of what running nodes think of others that is wrong, 0 to 1. */
  readonly wrongShare: number;
}

/** The measurements of a run. Times are milliseconds. */
export interface ScenarioResult {
  /** Until all nodes knew each other; 0 if they did from the start. */
  readonly convergedMs: number;
  /** From the kill of a node until the first node knew, each node knew, and all did. */
  readonly detection: {
    readonly first: Distribution;
    readonly each: Distribution;
    readonly all: Distribution;
  };
  /** Of nodes to which nothing happens, and of those that the scenario slows, stops or kills. */
  readonly falseFailures: Readonly<Record<"healthy" | "impaired", FalseFailures>>;
  /** The incidents per day of such a node; `undefined` if there is none. */
  readonly perNodeDay: Readonly<Record<"healthy" | "impaired", number | undefined>>;
  /** After each partition: until nobody listed a running node as failed any more; `undefined` if somebody still does. */
  readonly healedMs: readonly (number | undefined)[];
  /** From the sending of an event until a node to which nothing happens got it. */
  readonly delivery: Distribution;
  readonly eventsSent: number;
  /** What a node sent per second on average. Packets are datagrams, without IP and UDP headers. */
  readonly traffic: {
    readonly packetsPerSecond: number;
    readonly bytesPerSecond: number;
    readonly streamsPerSecond: number;
  };
  readonly series: readonly SeriesPoint[];
  /** Equal runs have equal digests. */
  readonly digest: string;
}

/** Suspicions that a partition has raised may outlive it by so much. */
const AFTERMATH_MS = 30_000;

/** One run of a scenario. */
export class ScenarioRun {
  readonly #scenario: Scenario;
  readonly #random: Random;
  readonly #cast: Cast;
  readonly #cluster: Cluster;
  readonly #views: FailureViews;
  readonly #startMs: number;
  readonly #start: { readonly packets: number; readonly bytes: number; readonly streams: number };
  readonly #delivery = new Distribution();
  /** By number of the event. */
  readonly #sentAtMs: number[] = [];
  readonly #healedMs: (number | undefined)[] = [];
  readonly #series: SeriesPoint[] = [];
  /** One side of the latest partition, and when that ended. */
  #side = new Set<number>();
  #sideEndedMs = -Infinity;
  /** When a partition ended after which the views are not right yet, by its place in `#healedMs`. */
  readonly #healing = new Map<number, number>();

  /**
   * Starts the cluster.
   *
   * @throws {RangeError} if the scenario asks for more nodes than there are
   * @throws {SimulationError} if nodes that join do not get to know each other
   */
  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#random = new Random(scenario.seed).fork("scenario");
    this.#cast = new Cast(scenario, this.#random);
    const faults = this.#drawFaults();
    this.#cluster = simulate({
      ...scenario,
      join: scenario.formed ? "formed" : "first",
      link: this.#cast.link,
      countBytes: true,
      keepEvents: 0,
      observer: { emitted: (node, output) => this.#emitted(node, output) },
    });
    this.#views = new FailureViews(this.#cluster.nodes, {
      now: () => this.#cluster.now,
      connected: (a, b) => this.#connected(a.index, b.index),
      isImpaired: (index) => this.#cast.isImpaired(index),
    });
    this.#startMs = this.#cluster.now;
    this.#start = this.#sent();
    for (const schedule of faults) schedule();
    for (const load of scenario.events) this.#scheduleEvents(load);
  }

  /** Virtual seconds since all nodes knew each other. */
  get seconds(): number {
    return (this.#cluster.now - this.#startMs) / 1000;
  }

  /** Whether the time of the scenario is over. */
  get isOver(): boolean {
    return this.seconds >= this.#scenario.seconds;
  }

  /** Lets some virtual time pass, a second at least. */
  step(): void {
    const { nodes, seconds } = this.#scenario;
    const slice = Math.min(Math.ceil(seconds / POINTS), seconds - this.seconds);
    const bytesBefore = this.#cluster.statistics.bytes;
    this.#cluster.run({ seconds: slice });
    this.#series.push({
      seconds: this.seconds,
      bytesPerSecond: (this.#cluster.statistics.bytes - bytesBefore) / nodes / slice,
      wrongShare: this.#views.wrongShare(),
    });
  }

  /** What was measured so far. */
  result(): ScenarioResult {
    const { first, each, all, falseFailures } = this.#views;
    this.#views.countMissed();
    const { nodes } = this.#scenario;
    const steady = this.#cast.untouched.length;
    this.#delivery.missed = this.#sentAtMs.length * (steady - 1) - this.#delivery.count;
    const sent = this.#sent();
    const perSecond = (total: number) => total / nodes / this.seconds;
    const days = this.seconds / 86_400;
    const rate = (kind: "healthy" | "impaired", count: number) =>
      count === 0 ? undefined : falseFailures[kind].incidents / (count * days);
    return {
      convergedMs: this.#startMs,
      detection: { first, each, all },
      falseFailures,
      perNodeDay: { healthy: rate("healthy", steady), impaired: rate("impaired", nodes - steady) },
      healedMs: this.#healedMs,
      delivery: this.#delivery,
      eventsSent: this.#sentAtMs.length,
      traffic: {
        packetsPerSecond: perSecond(sent.packets - this.#start.packets),
        bytesPerSecond: perSecond(sent.bytes - this.#start.bytes),
        streamsPerSecond: perSecond(sent.streams - this.#start.streams),
      },
      series: this.#series,
      digest: this.#cluster.digest,
    };
  }

  #sent(): { packets: number; bytes: number; streams: number } {
    const { packets, bytes, exchanges } = this.#cluster.statistics;
    return { packets, bytes, streams: exchanges };
  }

  /** Draws the nodes of all faults, and returns what schedules them once the cluster is there. */
  #drawFaults(): (() => void)[] {
    const { kills, pauses, slow, partitions } = this.#scenario;
    return [
      ...kills.map((fault) =>
        this.#fault(fault, (node) => this.#kill(node), (node) => this.#restart(node))
      ),
      ...pauses.map((fault) => this.#fault(fault, (node) => node.pause(), (node) => node.resume())),
      ...slow.map((fault) =>
        this.#fault(fault, (node) => node.slowDown(fault.delayMs), (node) => node.slowDown(0))
      ),
      ...partitions.map((partition, i) => {
        const side = this.#cast.side(partition);
        return () => {
          this.#at(partition.atMs, () => this.#split(side));
          if (partition.forMs === undefined) return;
          this.#healedMs[i] = undefined;
          this.#at(partition.atMs + partition.forMs, () => this.#heal(i));
        };
      }),
    ];
  }

  #fault(
    fault: NodeFault,
    begin: (node: SimNode) => void,
    end: (node: SimNode) => void,
  ): () => void {
    const { atMs, forMs } = fault;
    const drawn = this.#cast.draw(fault);
    return () => {
      const nodes = drawn.map((index) => this.#cluster.node(index));
      this.#at(atMs, () => nodes.forEach(begin));
      if (forMs !== undefined) this.#at(atMs + forMs, () => nodes.forEach(end));
    };
  }

  #at(ms: number, run: () => void): void {
    this.#cluster.after({ ms }, run);
  }

  #kill(node: SimNode): void {
    this.#views.killing(node);
    node.kill();
  }

  #restart(node: SimNode): void {
    this.#views.restarting(node);
    node.restart();
  }

  #split(side: readonly number[]): void {
    this.#cluster.partition(side);
    this.#side = new Set(side);
    this.#sideEndedMs = Infinity;
  }

  #connected(a: number, b: number): boolean {
    return this.#side.has(a) === this.#side.has(b) ||
      this.#cluster.now > this.#sideEndedMs + AFTERMATH_MS;
  }

  #heal(partition: number): void {
    this.#cluster.heal();
    this.#sideEndedMs = this.#cluster.now;
    this.#healing.set(partition, this.#cluster.now);
    this.#checkHealing();
  }

  #checkHealing(): void {
    if (this.#healing.size === 0 || !this.#views.agreed) return;
    for (const [i, atMs] of this.#healing) this.#healedMs[i] = this.#cluster.now - atMs;
    this.#healing.clear();
  }

  /** Sends one event after the other. */
  #scheduleEvents({ atMs, forMs, perSecond, payloadBytes }: EventLoad): void {
    const gapMs = 1000 / perSecond;
    const endMs = Math.min(
      atMs + (forMs ?? Infinity),
      this.#scenario.seconds * 1000 * (1 - QUIET_END),
    );
    const payload = "x".repeat(payloadBytes);
    const senders = this.#cast.untouched;
    const send = (dueMs: number) => {
      const sender = senders[this.#random.below(senders.length)];
      const id = this.#sentAtMs.push(this.#cluster.now) - 1;
      this.#cluster.node(sender).userEvent(`event-${id}`, payload);
      schedule(dueMs + gapMs);
    };
    const schedule = (dueMs: number) => {
      if (dueMs < endMs) this.#at(dueMs - this.seconds * 1000, () => send(dueMs));
    };
    schedule(atMs + gapMs / 2);
  }

  #emitted(node: SimNode, output: SerfOutput): void {
    switch (output.type) {
      case "member-join":
      case "member-leave":
      case "member-failed":
      case "member-reap":
        // Nobody watches yet while the nodes join.
        this.#views?.changed(node, output);
        return this.#checkHealing();
      case "user":
        return this.#delivered(node, output.name);
    }
  }

  #delivered(node: SimNode, name: string): void {
    const tookMs = this.#cluster.now - this.#sentAtMs[Number(name.slice("event-".length))];
    // The sender has it at once, which says nothing.
    if (tookMs > 0 && !this.#cast.isImpaired(node.index)) this.#delivery.add(tookMs);
  }
}
