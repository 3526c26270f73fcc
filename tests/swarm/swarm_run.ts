/**
 * One run of the swarm: a cluster in which the faults of a plan are injected, and which then comes to rest.
 *
 * @module
 */

import {
  type AddOptions,
  type Cluster,
  type SimNode,
  type SimOperation,
  simulate,
} from "../../lib/sim/mod.ts";
import type { SimulationRecording } from "../recording/simulation_recording.ts";
import { ClusterMemory } from "./cluster_memory.ts";
import { DeliveredEvents } from "./delivered_events.ts";
import { InvariantChecks } from "./invariants/invariants.ts";
import type { Plan, PlannedFault } from "./plan.ts";
import { comeToRest } from "./rest.ts";

/** What came of a run. */
export interface RunResult {
  readonly seed: number;
  /** Set if an invariant was violated, or something threw. */
  readonly failure?: { readonly invariant: string; readonly problem: string };
  /** How many faults of each kind were injected. */
  readonly injected: Readonly<Record<string, number>>;
  /** Virtual hours of all nodes together. */
  readonly nodeHours: number;
  /** Virtual seconds that the cluster took to come to rest after the last fault. */
  readonly restSeconds: number;
  /** A hash of all that happened. */
  readonly digest: string;
}

/** How a plan is run. */
export interface RunOptions {
  /** The faults that are injected, by their index; all by default. The times of the others do not change. */
  readonly keep?: ReadonlySet<number>;
  /** Takes a line for each fault and each line of a node's log. */
  readonly log?: (line: string) => void;
  /** Records the nodes. */
  readonly recording?: SimulationRecording;
}

/** Runs a plan to its end, or until an invariant is violated. Equal plans and options give equal results. */
export function runPlan(plan: Plan, { keep, ...options }: RunOptions = {}): RunResult {
  const run = new SwarmRun(plan, options);
  const injected: Record<string, number> = {};
  let restSeconds = 0;
  let failure: RunResult["failure"];
  try {
    run.begin();
    for (const fault of plan.faults) {
      run.cluster.run({ seconds: fault.afterSeconds });
      if (keep?.has(fault.index) === false || !run.inject(fault)) continue;
      injected[fault.kind] = (injected[fault.kind] ?? 0) + 1;
    }
    restSeconds = comeToRest(run);
  } catch (error) {
    failure = run.checks.describe(error);
  }
  const { nodeHours, cluster: { digest } } = run;
  return { seed: plan.seed, failure, injected, nodeHours, restSeconds, digest };
}

/** A run as faults and invariants see it. Nodes are named by their index in the plan. */
export class SwarmRun {
  readonly plan: Plan;
  readonly checks: InvariantChecks = new InvariantChecks();
  /** Which nodes can find which others. */
  readonly memory: ClusterMemory = new ClusterMemory();
  readonly deliveries: DeliveredEvents = new DeliveredEvents();
  readonly #log: RunOptions["log"];
  readonly #recording: RunOptions["recording"];
  #cluster: Cluster | undefined;
  #events = 0;
  /** Whether a key rotation is under way: operators do one at a time. */
  isRotating = false;

  constructor(plan: Plan, { log, recording }: Pick<RunOptions, "log" | "recording"> = {}) {
    this.plan = plan;
    this.#log = log;
    this.#recording = recording;
  }

  get cluster(): Cluster {
    if (this.#cluster === undefined) throw new Error("The run has not begun");
    return this.#cluster;
  }

  /** Starts the cluster. */
  begin(): void {
    const log = this.#log;
    this.#cluster = simulate({
      ...this.plan.cluster,
      nodes: this.plan.nodes.length,
      node: (index) => this.plan.nodes[index],
      settle: false,
      makeCore: this.#recording?.makeCore,
      observer: this.checks.observer(this.memory, this.deliveries),
      log: log &&
        (({ atMs, node, level, text }) => log(`${seconds(atMs)} ${node} ${level} ${text}`)),
    });
    this.cluster.answerQueries((node) => new TextEncoder().encode(node.name));
    this.cluster.run({ seconds: 1.5 });
  }

  /** Injects a fault; returns `false` if it does not apply. */
  inject(fault: PlannedFault): boolean {
    const applies = fault.inject(this);
    const note = applies ? "" : " (does not apply)";
    this.#log?.(`${seconds(this.cluster.now)} --- ${fault.index}: ${fault.text}${note}`);
    return applies;
  }

  /** Virtual hours of all nodes together, those that are down too. */
  get nodeHours(): number {
    const { cluster } = this;
    return cluster.nodes.length * cluster.now / 3_600_000;
  }

  get isEncrypted(): boolean {
    return this.plan.cluster.keys !== undefined;
  }

  /** The node, if it has a process. */
  readonly process = (index: number): SimNode | undefined =>
    this.#node(index, (node) => node.state !== "down");

  /** The node, if its process runs and is not paused. */
  readonly running = (index: number): SimNode | undefined =>
    this.#node(index, (node) => node.state === "running");

  /** The node, if it can be told to do something: it runs, and is not leaving. */
  readonly up = (index: number): SimNode | undefined =>
    this.#node(index, (node) => node.state === "running" && node.lifecycle === "alive");

  /** The node, if a new one can join it: it is up, and the keys do not change just now. */
  readonly host = (index: number): SimNode | undefined =>
    this.isRotating ? undefined : this.up(index);

  /** The node, if it is up and can send queries. */
  readonly asker = (index: number): SimNode | undefined =>
    this.canQuery(index) ? this.up(index) : undefined;

  /** The node, unless another one bears its name by now. */
  readonly startable = (index: number): SimNode | undefined =>
    this.#node(index, ({ name }) => {
      return this.cluster.nodes.every((other) =>
        other.index === index || other.name !== name || other.state === "down"
      );
    });

  /** Whether all nodes run and take part. */
  allRun(): boolean {
    return this.cluster.nodes.every(({ index }) => this.up(index) !== undefined);
  }

  /** Calls a function after some seconds, unless the process of the node has ended by then. */
  after(node: SimNode, seconds: number, act: () => void): void {
    const { generation } = node;
    this.cluster.after({ seconds }, () => {
      if (node.generation === generation && node.state !== "down") act();
    });
  }

  /** Adds and starts a node, with the keys that the cluster has by now. */
  addNode(options: AddOptions = {}): SimNode {
    const keys = this.isEncrypted ? this.cluster.running[0]?.keyring : undefined;
    return this.cluster.add({ ...this.plan.newcomer, keys, ...options });
  }

  /** Adds a node that has the name of another one, and lets it join a third one. */
  addRival(owner: number, target: SimNode): void {
    const config = { ...this.plan.newcomer.config, protocol: 5 };
    this.join(this.addNode({ name: this.cluster.node(owner).name, config }), target);
  }

  /** Whether a node has a protocol version that has queries. */
  canQuery(index: number): boolean {
    return (this.plan.nodes[index]?.config.protocol ?? 0) >= 4;
  }

  /** Lets a node leave. */
  leave(node: SimNode): void {
    this.memory.leaving(node.name);
    node.leave();
  }

  /** Lets a node remove a member. */
  forceLeave(node: SimNode, name: string, options: { readonly prune: boolean }): void {
    this.memory.leaving(name);
    node.forceLeave(name, options);
  }

  /** Lets a node join another one. */
  join(node: SimNode, target: SimNode): SimOperation {
    const operation = node.join(target);
    this.memory.joining(node, target, operation);
    return operation;
  }

  /** Lets a node send a user event that no other has sent; returns its id, which is its payload. */
  sendEvent(node: SimNode): string {
    const id = `${node.index}/${node.generation}/${this.#events++}`;
    node.userEvent("note", id);
    return id;
  }

  #node(index: number, condition: (node: SimNode) => boolean): SimNode | undefined {
    const node = this.cluster.node(index);
    return condition(node) ? node : undefined;
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(3)} s`;
}
