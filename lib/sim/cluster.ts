/**
 * A simulated Serf cluster: starting nodes, letting virtual time pass, making faults, and waiting for conditions.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import type { LogLevel } from "../base/log.ts";
import type { QueryEvent, SerfEvent } from "../api/event.ts";
import type { MemberStatus } from "../api/member.ts";
import type { SerfOutput } from "../serf/output.ts";
import { librarySettings, type SerfSettings } from "../serf/config.ts";
import { type MakeCore, SerfCore, type SerfTimer } from "../serf/core.ts";
import { MemberRecord } from "../serf/members/member_table.ts";
import { type Profile, type ProfileName, profiles } from "../swim/config.ts";
import { KeyringCipher } from "../wire/framing/cipher.ts";
import { Keyring } from "../wire/framing/keyring.ts";
import { packetOverhead } from "../wire/framing/packet.ts";
import type { WireOptions } from "../wire/framing/wire_options.ts";
import type { ClusterObserver } from "./cluster_observer.ts";
import { Invariants } from "./invariants.ts";
import type { NetworkOptions } from "./network.ts";
import { type ClusterHooks, type SerfHost, SimNode } from "./sim_node.ts";
import { Simulation } from "./simulation.ts";
import { SimulationError } from "./simulation_error.ts";
import type { Statistics } from "./statistics.ts";

/** The cluster to simulate. */
export interface SimulateOptions extends NetworkOptions {
  /** How many nodes there are at the start, named `n0`, `n1`, … */
  readonly nodes: number;
  /** The seed of all random numbers. Default 1. */
  readonly seed?: number;
  /** The profile of all nodes. Default `"lan"`. */
  readonly profile?: ProfileName;
  /** Changes to that profile. */
  readonly tune?: Partial<Profile>;
  /** Changes to the Serf settings of all nodes, which are those of the library. */
  readonly config?: Partial<Omit<SerfSettings, "profile">>;
  /**
   * How the cluster comes about. `first` (the default): every node joins the first one. `chain`: every node joins the one
   * before it. `none`: nobody joins. `formed`: the nodes start as members of a cluster in which everybody knows everybody.
   * The number of messages that joining takes grows with the square of the number of nodes, so `formed` is for large
   * clusters: 1,000 nodes join in a minute of real time, and are formed in a few seconds.
   */
  readonly join?: "first" | "chain" | "none" | "formed";
  /** The nodes are started and join one after the other within this time, milliseconds. Default 1000. */
  readonly joinWithinMs?: number;
  /**
   * Whether the cluster runs until all nodes know each other before it is returned. Default: true, unless `join` is
   * `none`. It fails after 10 simulated minutes.
   */
  readonly settle?: boolean;
  /** Whether packets and streams are encoded and decoded. By default messages are passed by reference. */
  readonly wire?: boolean;
  /** Keys of 16, 24 or 32 bytes that every node starts with, the first one to encrypt with; implies `wire`. */
  readonly keys?: readonly Uint8Array[];
  /** Whether nodes keep a snapshot, with which they find the others again after a restart. Default false. */
  readonly snapshots?: boolean;
  /** Whether to count the bytes of datagrams. Default false. */
  readonly countBytes?: boolean;
  /** How many events of each node are kept at least, the newest. Default 1000. */
  readonly keepEvents?: number;
  /** Called with every line that a node writes to its log. */
  readonly log?: (line: SimLogLine) => void;
  /** Settings of single nodes beside those of the cluster, by the index of the node. */
  readonly node?: (index: number) => Omit<AddOptions, "start">;
  /** @internal Watches the nodes, beside the invariants that are always checked. */
  readonly observer?: ClusterObserver;
  /** @internal Makes the machines of nodes, each time that a process starts; for instance recorded ones. */
  readonly makeCore?: (node: SimNode) => MakeCore;
}

/** A line of a simulated node's log. */
export interface SimLogLine {
  /** Virtual milliseconds since the simulation began. */
  readonly atMs: number;
  /** The name of the node. */
  readonly node: string;
  /** The severity. */
  readonly level: LogLevel;
  /** Without time and level; it starts with its source, as in `serf: `. */
  readonly text: string;
}

/** A duration in virtual time: the sum of its parts, which must not be negative. */
export interface Span {
  /** Virtual seconds. */
  readonly seconds?: number;
  /** Virtual milliseconds. */
  readonly ms?: number;
}

/** Settings of a node that is added to a cluster. */
export interface AddOptions {
  /** Default: `n` and its number. */
  readonly name?: string;
  /** Default: none. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Changes to the profile of the cluster, for this node only. */
  readonly tune?: Partial<Profile>;
  /** Changes to the Serf settings of the cluster, for this node only. */
  readonly config?: Partial<Omit<SerfSettings, "profile">>;
  /** Its keys, if the cluster is encrypted. Default: those of the cluster at its start. */
  readonly keys?: readonly Uint8Array[];
  /** The address that it announces. Default: where it listens. */
  readonly advertise?: Address;
  /** Whether its process is started at once. Default true. */
  readonly start?: boolean;
}

/** An event that was delivered to the user of a node. */
export interface NodeEvent {
  /** The node to whose user it was delivered. */
  readonly node: SimNode;
  /** The event. */
  readonly event: SerfEvent;
}

/** Answers a query on behalf of a node's user; `undefined` means no answer. */
export type Answerer = (node: SimNode, query: QueryEvent) => Uint8Array | undefined;

/** The values of `SimulateOptions.join`. */
const JOINS = ["first", "chain", "none", "formed"];
/** The default of `joinWithinMs`. */
const JOIN_WITHIN_MS = 1000;
/** How long a cluster may take to settle, virtual seconds. */
const SETTLE_SECONDS = 600;
/** A broadcast queue is cut to its limit at intervals, and at once when it reaches so many times its limit. */
const QUEUE_FACTOR = 4;
/** How often a condition is checked, virtual milliseconds. */
const POLL_MS = 20;

/**
 * Starts a cluster in virtual time. Nothing in it depends on real time, and equal options give equal runs.
 *
 * @throws {RangeError} if an option is out of range
 * @throws {SimulationError} if the nodes do not get to know each other in time
 */
export function simulate(options: SimulateOptions): Cluster {
  checkOptions(options);
  const cluster = new Cluster(options);
  for (let i = 0; i < options.nodes; i++) cluster.add({ ...options.node?.(i), start: false });
  if (options.join === "formed") {
    startFormed(cluster.nodes);
    return cluster;
  }
  startJoining(cluster, options);
  if (options.join !== "none" && (options.settle ?? true)) {
    cluster.run({ ms: options.joinWithinMs ?? JOIN_WITHIN_MS });
    cluster.runUntil(() => cluster.converged(), { seconds: SETTLE_SECONDS });
  }
  return cluster;
}

/** Starts all nodes with a full view of each other. */
function startFormed(nodes: readonly SimNode[]): void {
  for (const node of nodes) node.start();
  const claims = nodes.flatMap((node) => [...node.claims()]);
  for (const node of nodes) node.preload(claims);
}

/** Starts the nodes one after the other; each joins as soon as it runs. */
function startJoining(
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
  readonly #hooks: ClusterHooks;
  readonly #invariants: Invariants;
  readonly #settings: SerfSettings;
  readonly #options: SimulateOptions;
  #answerer: Answerer = () => undefined;
  #slots = 0;
  /** Index of the node that disagreed when agreement was last checked; the next check begins with it. */
  #lastDissenter = 0;

  /** @internal Use {@link simulate}. */
  constructor(options: SimulateOptions) {
    MemberRecord.share();
    this.#options = options;
    this.#settings = {
      ...librarySettings,
      profile: { ...profiles[options.profile ?? "lan"], ...options.tune },
      ...options.config,
    };
    this.#simulation = new Simulation({ ...options, seed: options.seed ?? 1 }, {
      emitted: (host, output) => this.#emitted(host, output),
      handled: options.observer?.handled &&
        ((host) => options.observer?.handled?.(this.#nodes[host.index])),
      streamSent: (host, message) => {
        if (!this.#coalesces) this.#invariants.streamSent(host.index, message);
      },
    });
    this.#invariants = new Invariants((index, problem) =>
      this.fail(`${this.#nodes[index].name}: ${problem}`)
    );
    this.#hooks = {
      newSlot: () => this.#slots++,
      now: () => this.#simulation.now,
      after: (ms, run) => this.#simulation.after(ms, run),
      running: () => this.running,
      starting: (node) => {
        this.#invariants.started(node.index, node.name);
        options.observer?.started?.(node);
      },
      makeCore: options.makeCore ?? (() => (...parts) => new SerfCore(...parts)),
      answer: (node, query) => this.#answerer(node, query),
      report: (node, problem) => this.fail(`${node.name}: ${problem}`),
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

  /** A hash of all that happened so far, 16 hex digits. Equal runs have equal digests. */
  get digest(): string {
    return this.#simulation.digest;
  }

  /** The counters so far. */
  get statistics(): Readonly<Statistics> {
    return this.#simulation.statistics;
  }

  /** @internal How many timers, packets and streams are under way. */
  get pending(): number {
    return this.#simulation.pending;
  }

  /** All nodes, including those that are down. */
  get nodes(): readonly SimNode[] {
    return this.#nodes;
  }

  /** The nodes whose process runs and is not paused. */
  get running(): readonly SimNode[] {
    return this.#nodes.filter((node) => node.state === "running");
  }

  /** The node with an index, from 0. Throws a `RangeError` if there is none. */
  node(index: number): SimNode {
    const node = this.#nodes[index];
    if (node === undefined) {
      throw new RangeError(`Cannot find node ${index}: there are ${this.#nodes.length} nodes`);
    }
    return node;
  }

  /** Adds a node. It joins nobody until told to. */
  add(options: AddOptions = {}): SimNode {
    const host: SerfHost = this.#simulation.addHost();
    const { name = `n${host.index}`, tags = {}, start = true, tune, config } = options;
    const { keys = this.#options.keys, advertise } = options;
    const profile = { ...this.#settings.profile, ...tune };
    const keyring = keys === undefined ? undefined : new Keyring(keys);
    const wire: WireOptions = { compress: true, cipher: keyring && new KeyringCipher(keyring) };
    const overhead = packetOverhead(wire);
    if (this.#options.wire || keyring !== undefined) host.wire = wire;
    const node = new SimNode(this.#hooks, {
      host,
      config: { ...this.#settings, ...config, profile, name, tags },
      keyring,
      advertise,
      packetOverhead: () => overhead,
      snapshots: this.#options.snapshots ?? false,
    });
    this.#nodes.push(node);
    if (start) node.start();
    return node;
  }

  /** Lets virtual time pass. Throws a `RangeError` if the span is negative. */
  run(span: Span): void {
    this.#simulation.run(millisecondsOf(span));
    this.#measure();
  }

  /**
   * Lets virtual time pass until a condition holds; returns how many virtual milliseconds that took.
   *
   * @throws {RangeError} if the span is negative
   * @throws {SimulationError} if it does not hold in time
   */
  runUntil(condition: () => boolean, span: Span): number {
    const tookMs = this.wait(condition, span);
    if (tookMs !== undefined) return tookMs;
    return this.fail(`not reached within ${millisecondsOf(span) / 1000} s: ${condition}`);
  }

  /** Like {@link runUntil}, but returns `undefined` when the time is over. The condition is checked every 20 ms. */
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

  /** Calls a function when so much time has passed. */
  after(span: Span, run: () => void): void {
    this.#simulation.after(millisecondsOf(span), run);
  }

  /** Splits the network into groups of nodes, given by index; nodes that are not listed form one more group. */
  partition(...groups: readonly (readonly number[])[]): void {
    for (const index of groups.flat()) this.node(index);
    this.#simulation.network.partition(groups);
  }

  /** Cuts the link between two nodes, or only the direction from the first to the second, or only for datagrams. */
  cut(
    from: number,
    to: number,
    options: { readonly oneWay?: boolean; readonly datagrams?: boolean } = {},
  ): void {
    for (const index of [from, to]) this.node(index);
    this.#simulation.network.cut(from, to, options);
    if (!options.oneWay) this.#simulation.network.cut(to, from, options);
  }

  /** Ends the partition and restores cut links. */
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

  /** Share of datagrams that arrive twice, 0 to 1; may be changed at any time. */
  get duplicate(): number {
    return this.#simulation.network.duplicate;
  }

  set duplicate(share: number) {
    this.#simulation.network.duplicate = share;
  }

  /** Share of datagrams that are held back, 0 to 1; may be changed at any time. */
  get reorder(): number {
    return this.#simulation.network.reorder;
  }

  set reorder(share: number) {
    this.#simulation.network.reorder = share;
  }

  /** Sets the function that answers queries on behalf of the users of all nodes. Without it nobody answers. */
  answerQueries(answerer: Answerer): void {
    this.#answerer = answerer;
  }

  /** The events that were delivered to the users of all nodes, node by node, as far as they were kept. */
  events(): readonly NodeEvent[] {
    return this.#nodes.flatMap((node) => node.events().map((event) => ({ node, event })));
  }

  /**
   * Whether every running node sees every running node as alive, at the right address, and nobody else as alive except
   * nodes that are paused.
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

  /** Whether all running nodes but the member itself see it with a status; `undefined` means that they do not know it. */
  allSee(name: string, status: MemberStatus | undefined): boolean {
    const viewers = this.running.filter((node) => node.name !== name);
    return this.#agreed(viewers, (viewer) => viewer.status(name) === status);
  }

  /** Whether a condition holds for all nodes. The check begins with the node for which it last failed. */
  #agreed(nodes: readonly SimNode[], holds: (node: SimNode) => boolean): boolean {
    for (let i = 0; i < nodes.length; i++) {
      const at = (this.#lastDissenter + i) % nodes.length;
      if (!holds(nodes[at])) {
        this.#lastDissenter = at;
        return false;
      }
    }
    return true;
  }

  /** Whether member events are coalesced: then they do not show all that happens to members. */
  get #coalesces(): boolean {
    return this.#settings.coalescePeriodMs > 0;
  }

  #emitted(host: SerfHost, output: SerfOutput): void {
    const node = this.#nodes[host.index];
    if (!this.#coalesces) this.#invariants.emitted(host.index, output);
    this.#options.observer?.emitted?.(node, output);
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

  /** Ends the run: throws a {@link SimulationError} that has the time and the seed. */
  fail(problem: string): never {
    throw new SimulationError(problem, { seed: this.seed, atMs: this.now });
  }
}

function checkOptions(
  { nodes, join = "first", profile = "lan", ...options }: SimulateOptions,
): void {
  if (!(Number.isInteger(nodes) && nodes >= 0)) refuse("nodes", nodes, "a whole number, 0 or more");
  for (const name of ["joinWithinMs", "keepEvents"] as const) {
    const value = options[name] ?? 0;
    if (!(Number.isFinite(value) && value >= 0)) refuse(name, value, "a number, 0 or more");
  }
  if (!Number.isFinite(options.seed ?? 1)) refuse("seed", options.seed, "a finite number");
  if (!JOINS.includes(join)) refuse("join", join, `one of ${JOINS.join(", ")}`);
  const names = Object.keys(profiles);
  if (!names.includes(profile)) refuse("profile", profile, `one of ${names.join(", ")}`);
}

function millisecondsOf({ seconds = 0, ms = 0 }: Span): number {
  if (!(Number.isFinite(seconds) && seconds >= 0)) {
    refuse("seconds", seconds, "a number, 0 or more");
  }
  if (!(Number.isFinite(ms) && ms >= 0)) refuse("ms", ms, "a number, 0 or more");
  return seconds * 1000 + ms;
}

function refuse(name: string, got: unknown, expected: string): never {
  throw new RangeError(`Cannot use ${name}: got ${got}, expected ${expected}`);
}
