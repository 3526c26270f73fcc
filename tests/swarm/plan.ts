/**
 * What a run of the swarm does, drawn from its seed: a cluster, and the faults that befall it.
 *
 * @module
 */

import type { Profile, SerfSettings, SimulateOptions } from "../../lib/sim/mod.ts";
import { Random } from "../../lib/sim/random.ts";
import { Draw } from "./draw.ts";
import { type Fault, faultKinds } from "./faults.ts";

/** A fault and its time. */
export interface PlannedFault extends Fault {
  /** Its number in the plan, from 0. */
  readonly index: number;
  readonly kind: string;
  /** Virtual seconds after the one before. */
  readonly afterSeconds: number;
}

/** How one node differs from the others. */
export interface NodePlan {
  readonly config: Partial<Omit<SerfSettings, "profile">>;
  readonly tune: Partial<Profile>;
}

/** Everything about a run that is random. */
export interface Plan {
  readonly seed: number;
  /** The cluster at its start, without its nodes. */
  readonly cluster: Omit<SimulateOptions, "nodes">;
  readonly nodes: readonly NodePlan[];
  /** How each of those that come later differs. */
  readonly newcomer: NodePlan;
  readonly faults: readonly PlannedFault[];
  /** Whether nodes that are down in the end are restarted. Otherwise the others must agree that they are gone. */
  readonly restartsDown: boolean;
  /** How long the cluster may take to come to rest, virtual seconds. */
  readonly restLimitSeconds: number;
}

/** Small clusters find most bugs in the shortest time, so large ones are rare. */
const SIZES = [[3, 2], [4, 2], [5, 3], [6, 2], [8, 2], [10, 2], [12, 1], [16, 0.5], [
  30,
  0.15,
]] as const;
const FAULTS = { least: 3, most: 60 };

/**
 * Parts that have forgotten each other are looked for at a falling rate, in the end every 16 minutes by one in four, and an
 * address that only one node remembers has its turn after others that are gone for good. Few runs take more than minutes.
 */
const REST_LIMIT_SECONDS = 24 * 3_600;

/** Without our additions. */
const LIKE_SERF: Partial<Profile> = {
  eagerGossip: false,
  eagerProbes: false,
  stallAware: false,
  directRefutation: false,
};

/** Draws the plan of a seed. */
export function drawPlan(seed: number): Plan {
  const random = new Random(seed).fork("swarm");
  const draw = new Draw(random.fork("cluster"), 0);
  const size = draw.weighted(SIZES);
  const isMixed = draw.chance(0.4);
  const cluster = drawCluster(draw, seed);
  const nodes = Array.from({ length: size }, () => drawNode(draw, isMixed));
  const newcomer = drawNode(draw, isMixed);
  const restartsDown = draw.chance(0.6);
  // Half of all runs have few faults, which are the ones that are easy to understand.
  const most = draw.chance(0.5) ? 12 : FAULTS.most;
  const count = draw.integer(FAULTS.least, most);
  const pace = draw.of(1, 4, 10);
  const load = draw.of(0.3, 1, 4);
  const faults = Array.from(
    { length: count },
    (_, index) => drawFault(new Draw(random.fork(`fault ${index}`), size), { index, pace, load }),
  );
  return {
    seed,
    cluster,
    nodes,
    newcomer,
    faults,
    restartsDown,
    restLimitSeconds: REST_LIMIT_SECONDS,
  };
}

function drawCluster(draw: Draw, seed: number): Plan["cluster"] {
  const profile = draw.weighted([["lan", 7], ["local", 2], ["wan", 1]]);
  const latencyMs = draw.weighted<readonly [number, number]>([
    [profile === "wan" ? [20, 150] : [0.2, 1], 3],
    [[5, 30], 1],
  ]);
  const isEncrypted = draw.chance(0.2);
  const firstKey = new Uint8Array(draw.of(16, 24, 32)).fill(1);
  // Short timeouts make members forget each other within the run.
  const forgets = draw.chance(0.4);
  const coalesces = draw.chance(0.15);
  return {
    seed,
    profile,
    latencyMs,
    loss: noneOr(draw, 0.2),
    duplicate: noneOr(draw, 0.1),
    reorder: noneOr(draw, 0.1),
    join: draw.weighted([["first", 3], ["chain", 1], ["formed", 2]]),
    wire: isEncrypted || draw.chance(0.1),
    keys: isEncrypted ? [firstKey] : undefined,
    snapshots: draw.chance(0.6),
    keepEvents: 0,
    config: {
      reapIntervalMs: draw.of(5_000, 15_000),
      ...(forgets && {
        reconnectTimeoutMs: draw.integer(20, 120) * 1_000,
        tombstoneTimeoutMs: draw.integer(60, 180) * 1_000,
      }),
      ...(coalesces && {
        coalescePeriodMs: 3_000,
        quiescentPeriodMs: 1_000,
        userCoalescePeriodMs: 3_000,
        userQuiescentPeriodMs: 1_000,
      }),
    },
  };
}

/** Protocol versions, and without our additions, as stands for a node of Serf's. */
function drawNode(draw: Draw, isMixed: boolean): NodePlan {
  const protocol = isMixed ? draw.weighted([[2, 1], [3, 1], [4, 3], [5, 5]]) : 5;
  const isLikeSerf = isMixed && draw.chance(0.5);
  return { config: { protocol }, tune: isLikeSerf ? LIKE_SERF : {} };
}

function drawFault(
  draw: Draw,
  { index, pace, load }: { readonly index: number; readonly pace: number; readonly load: number },
): PlannedFault {
  const afterSeconds = draw.between(0, pace);
  const kinds = Object.entries(faultKinds).map(([kind, { weight, isLoad }]) =>
    [kind, isLoad ? load * weight : weight] as const
  );
  const kind = draw.weighted(kinds);
  return { index, kind, afterSeconds, ...faultKinds[kind].draw(draw) };
}

function noneOr(draw: Draw, most: number): number {
  return draw.chance(0.6) ? 0 : draw.between(0, most);
}
