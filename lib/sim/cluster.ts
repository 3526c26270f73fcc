/**
 * A simulated Serf cluster, with an interface that lets a scenario read as prose.
 *
 * @module
 */

import type { LogLevel } from "../base/log.ts";
import type { QueryEvent, SerfEvent } from "../api/event.ts";
import type { MemberStatus } from "../api/member.ts";
import type { SerfOutput } from "../serf/contract.ts";
import type { SerfTimer } from "../serf/core.ts";
import { librarySettings, type SerfSettings } from "../serf/defaults.ts";
import { type Profile, type ProfileName, profiles } from "../swim/config.ts";
import { Keyring } from "../wire/framing/keyring.ts";
import { packetOverhead } from "../wire/framing/packet.ts";
import type { WireOptions } from "../wire/framing/wire_options.ts";
import { Invariants } from "./invariants.ts";
import type { NetworkOptions } from "./network.ts";
import { type NodeContext, type SerfHost, SimNode } from "./sim_node.ts";
import { Simulation } from "./simulation.ts";
import { SimulationError } from "./simulation_error.ts";
import type { Statistics } from "./statistics.ts";

/** What to simulate. */
export interface SimulateOptions extends NetworkOptions {
  /** How many nodes there are at the start, named `n0`, `n1`, … */
  readonly nodes: number;
  /** Decides everything that is random. Default 1. */
  readonly seed?: number;
  /** The profile of all nodes. Default `"lan"`. */
  readonly profile?: ProfileName;
  /** Changes to that profile. */
  readonly tune?: Partial<Profile>;
  /** Changes to the Serf settings of all nodes, which are those of the library. */
  readonly config?: Partial<Omit<SerfSettings, "profile">>;
  /**
   * Whether all nodes join the first one (the default), each the one before it, or nobody; or whether they start as a
   * cluster that has long been formed, in which everybody knows everybody. Joining takes messages by the square of the
   * number of nodes, so the latter is for thousands.
   */
  readonly join?: "first" | "chain" | "none" | "formed";
  /** Over what time the nodes are started and join, milliseconds. Default 1000. */
  readonly joinWithinMs?: number;
  /**
   * Whether the cluster runs until all nodes know each other before it is returned: the default, unless nobody joins.
   * It fails after 10 simulated minutes.
   */
  readonly settle?: boolean;
  /** Whether packets and streams are really encoded and decoded; by default messages are passed by reference. */
  readonly wire?: boolean;
  /** Keys of 16, 24 or 32 bytes that every node starts with, the first one to encrypt with; implies `wire`. */
  readonly keys?: readonly Uint8Array[];
  /** Whether nodes keep a snapshot, by which they find the others again after a restart. */
  readonly snapshots?: boolean;
  /** Whether to count the bytes of datagrams. */
  readonly countBytes?: boolean;
  /** How many events each node keeps at least, if there were as many. Default 1000. */
  readonly keepEvents?: number;
  /** Called with every line that a node writes to its log. */
  readonly log?: (line: SimLogLine) => void;
}

/** A line of a simulated node's log. */
export interface SimLogLine {
  /** Virtual milliseconds since the simulation began. */
  readonly atMs: number;
  /** The name of the node. */
  readonly node: string;
  /** How severe it is. */
  readonly level: LogLevel;
  /** Without time and level; it starts with its source, as in `serf: `. */
  readonly text: string;
}

/** A stretch of virtual time. */
export interface Span {
  /** Virtual seconds. */
  readonly seconds?: number;
  /** Virtual milliseconds, added to the seconds. */
  readonly ms?: number;
}

/** How a node is added to a cluster. */
export interface AddOptions {
  /** Default: `n` and its number. */
  readonly name?: string;
  /** Default: none. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Whether its process is started at once. Default true. */
  readonly start?: boolean;
}

/** An event that was delivered to the user of a node. */
export interface NodeEvent {
  /** Whose user. */
  readonly node: SimNode;
  /** What was delivered. */
  readonly event: SerfEvent;
}

/** What a node's user answers to queries; `undefined` for no answer. */
export type Answerer = (node: SimNode, query: QueryEvent) => Uint8Array | undefined;

/** Over what time nodes are started, virtual milliseconds. */
const JOIN_WITHIN_MS = 1000;
/** How long a cluster may take to settle, virtual seconds. */
const SETTLE_SECONDS = 600;
/** Serf cuts its queues now and then, and in between when they have grown so many times too long. */
const QUEUE_FACTOR = 4;
/** How often a condition is looked at, virtual milliseconds. */
const POLL_MS = 20;

/**
 * Starts a cluster in virtual time. Nothing in it depends on real time, and equal options give equal runs.
 *
 * @throws {SimulationError} if it does not settle
 */
export function simulate(options: SimulateOptions): Cluster {
  const cluster = new Cluster(options);
  for (let i = 0; i < options.nodes; i++) cluster.add({ start: false });
  if (options.join === "formed") {
    form(cluster.nodes);
    return cluster;
  }
  enrol(cluster, options);
  if (options.join !== "none" && (options.settle ?? true)) {
    cluster.run({ ms: options.joinWithinMs ?? JOIN_WITHIN_MS });
    cluster.runUntil(() => cluster.converged(), { seconds: SETTLE_SECONDS });
  }
  return cluster;
}

/** Starts the nodes with a full view of each other. */
function form(nodes: readonly SimNode[]): void {
  for (const node of nodes) node.start();
  const claims = nodes.flatMap((node) => [...node.claims()]);
  for (const node of nodes) node.preload(claims);
}

/** Starts the nodes one after the other, and lets each join somebody as soon as it runs. */
function enrol(
  cluster: Cluster,
  { join = "first", joinWithinMs = JOIN_WITHIN_MS }: SimulateOptions,
): void {
  const gap = joinWithinMs / cluster.nodes.length;
  for (const [i, node] of cluster.nodes.entries()) {
    cluster.after({ ms: i * gap }, () => {
      node.start();
      if (join !== "none" && i > 0) node.join(cluster.node(join === "chain" ? i - 1 : 0));
    });
  }
  cluster.run({ ms: 0 });
}

/** A cluster of Serf nodes in virtual time. Made by {@link simulate}. */
export class Cluster {
  readonly #simulation: Simulation<SerfTimer, SerfOutput>;
  readonly #nodes: SimNode[] = [];
  readonly #context: NodeContext;
  readonly #invariants: Invariants;
  readonly #settings: SerfSettings;
  readonly #options: SimulateOptions;
  #answerer: Answerer = () => undefined;
  #places = 0;
  /** The node at which the last look for agreement ended; the next one begins there. */
  #doubtful = 0;

  /** @internal Use {@link simulate}. */
  constructor(options: SimulateOptions) {
    this.#options = options;
    this.#settings = {
      ...librarySettings,
      profile: { ...profiles[options.profile ?? "lan"], ...options.tune },
      ...options.config,
    };
    this.#simulation = new Simulation({ ...options, seed: options.seed ?? 1 }, {
      emitted: (host, output) => this.#emitted(host, output),
      spoke: (host, message) => this.#invariants.spoke(host.index, message),
    });
    this.#invariants = new Invariants((index, problem) =>
      this.#fail(`${this.#nodes[index].name}: ${problem}`)
    );
    this.#context = {
      newPlace: () => this.#places++,
      after: (ms, run) => this.#simulation.after(ms, run),
      running: () => this.running,
      starting: (node) => this.#invariants.started(node.index, node.name),
      answer: (node, query) => this.#answerer(node, query),
      report: (node, problem) => this.#fail(`${node.name}: ${problem}`),
      log: ({ name: node }, { level, text }) =>
        options.log?.({ atMs: this.now, node, level, text }),
      keepEvents: options.keepEvents ?? 1000,
    };
  }

  /** The seed that repeats this run. */
  get seed(): number {
    return this.#simulation.seed;
  }

  /** Virtual milliseconds since the simulation began. */
  get now(): number {
    return this.#simulation.now;
  }

  /** A fingerprint of all that happened so far: 16 hex digits, equal if and only if runs were equal. */
  get digest(): string {
    return this.#simulation.digest;
  }

  /** What was counted so far. */
  get statistics(): Readonly<Statistics> {
    return this.#simulation.statistics;
  }

  /** All nodes, those that are down too. */
  get nodes(): readonly SimNode[] {
    return this.#nodes;
  }

  /** The nodes whose process runs and is not paused. */
  get running(): readonly SimNode[] {
    return this.#nodes.filter((node) => node.state === "running");
  }

  /** The node of a number. Throws a `RangeError` if there is none. */
  node(index: number): SimNode {
    const node = this.#nodes[index];
    if (node === undefined) throw new RangeError(`Cannot find node ${index}: there is none`);
    return node;
  }

  /** Adds a node, which joins nobody by itself. */
  add(options: AddOptions = {}): SimNode {
    const host: SerfHost = this.#simulation.addHost();
    const { name = `n${host.index}`, tags = {}, start = true } = options;
    const keyring = this.#options.keys === undefined ? undefined : new Keyring(this.#options.keys);
    const wire: WireOptions = { compress: true, keyring };
    const overhead = packetOverhead(wire);
    if (this.#options.wire || keyring !== undefined) host.wire = wire;
    const node = new SimNode(this.#context, {
      host,
      config: { ...this.#settings, name, tags },
      keyring,
      packetOverhead: () => overhead,
      snapshots: this.#options.snapshots ?? false,
    });
    this.#nodes.push(node);
    if (start) node.start();
    return node;
  }

  /** Lets virtual time pass. */
  run(span: Span): void {
    this.#simulation.run(millisecondsOf(span));
    this.#measure();
  }

  /**
   * Lets virtual time pass until a condition holds; returns how many virtual milliseconds that took.
   *
   * @throws {SimulationError} if it does not hold in time
   */
  runUntil(condition: () => boolean, span: Span): number {
    const tookMs = this.wait(condition, span);
    if (tookMs !== undefined) return tookMs;
    return this.#fail(`not reached within ${millisecondsOf(span) / 1000} s: ${condition}`);
  }

  /** Like {@link runUntil}, but returns `undefined` when the time is over. The condition is looked at every 20 ms. */
  wait(condition: () => boolean, span: Span): number | undefined {
    const from = this.now;
    const until = from + millisecondsOf(span);
    while (!condition()) {
      if (this.now >= until) return undefined;
      this.#simulation.run(Math.min(POLL_MS, until - this.now));
    }
    this.#measure();
    return this.now - from;
  }

  /** Does something when so much time has passed. */
  after(span: Span, run: () => void): void {
    this.#simulation.after(millisecondsOf(span), run);
  }

  /** Splits the network into groups of nodes; nodes that are not listed make up one more group. */
  partition(...groups: readonly (readonly number[])[]): void {
    this.#simulation.network.partition(groups);
  }

  /** Cuts the link between two nodes, or only the direction from the first to the second. */
  cut(from: number, to: number, options: { readonly oneWay?: boolean } = {}): void {
    this.#simulation.network.cut(from, to);
    if (!options.oneWay) this.#simulation.network.cut(to, from);
  }

  /** Ends partitions and mends cut links. */
  heal(): void {
    this.#simulation.network.heal();
  }

  /** Share of datagrams that are lost, 0 to 1; may be changed at any time. */
  get loss(): number {
    return this.#simulation.network.loss;
  }

  set loss(share: number) {
    this.#simulation.network.loss = share;
  }

  /** Decides from now on what the users of the nodes answer to queries. Without it, nothing. */
  answerQueries(answerer: Answerer): void {
    this.#answerer = answerer;
  }

  /** What was delivered to the users of all nodes, node by node, as far as it was kept. */
  events(): readonly NodeEvent[] {
    return this.#nodes.flatMap((node) => node.events().map((event) => ({ node, event })));
  }

  /**
   * Whether every running node sees every running node as alive, at the right address, and nobody else but nodes
   * that are paused.
   */
  converged(): boolean {
    const running = this.running;
    const expected = new Map(running.map((node) => [node.name, node]));
    const paused = new Set(
      this.#nodes.filter((node) => node.state === "paused").map((node) => node.name),
    );
    return this.#agreed(running, (viewer) => {
      let seen = 0;
      for (const { name, status, address } of viewer.members()) {
        if (status !== "alive" || paused.has(name)) continue;
        if (!expected.get(name)?.address.equals(address)) return false;
        seen++;
      }
      return seen === running.length;
    });
  }

  /** Whether every running node other than that one sees a member in a state; `undefined` means not at all. */
  allSee(name: string, status: MemberStatus | undefined): boolean {
    const viewers = this.running.filter((node) => node.name !== name);
    return this.#agreed(viewers, (viewer) => viewer.status(name) === status);
  }

  /** Whether something holds for all nodes. Begins with the one for which it did not hold the last time. */
  #agreed(nodes: readonly SimNode[], holds: (node: SimNode) => boolean): boolean {
    for (let i = 0; i < nodes.length; i++) {
      const at = (this.#doubtful + i) % nodes.length;
      if (!holds(nodes[at])) {
        this.#doubtful = at;
        return false;
      }
    }
    return true;
  }

  #emitted(host: SerfHost, output: SerfOutput): void {
    const node = this.#nodes[host.index];
    if (this.#settings.coalescePeriodMs === 0) this.#invariants.emitted(host.index, output);
    node.emitted(output);
  }

  #measure(): void {
    const { maxQueueDepth, minQueueDepth } = this.#settings;
    const depth = Math.max(maxQueueDepth, minQueueDepth, 2 * this.#nodes.length);
    for (const node of this.running) {
      const gauges = { stats: node.stats(), maxQueueDepth: QUEUE_FACTOR * depth };
      this.#invariants.measured(node.index, gauges);
    }
  }

  #fail(problem: string): never {
    throw new SimulationError(problem, { seed: this.seed, atMs: this.now });
  }
}

function millisecondsOf({ seconds = 0, ms = 0 }: Span): number {
  return seconds * 1000 + ms;
}
