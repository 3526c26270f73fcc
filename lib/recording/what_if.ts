/**
 * How a recorded node might have gone on with other settings: a simulation among peers that behave as the node last saw them.
 * It is no replay. The node knows the members that it knew, and begins its probes and suspicions anew. All nodes have the
 * same settings, as in most clusters.
 *
 * @module
 */

import type { SerfConfig } from "../serf/config.ts";
import { SerfCore } from "../serf/core.ts";
import { type Cluster, simulate } from "../sim/cluster.ts";
import type { LinkOptions } from "../sim/network.ts";
import type { Profile } from "../swim/config.ts";
import { RecentProbes } from "./recent_probes.ts";
import { type RecordedRun, replayRun } from "./parts/run.ts";
import type { Divergence } from "./replay.ts";
import { Timeline, type TimelineEntry } from "./timeline.ts";

/** For how long the simulation goes on, virtual seconds: the longest suspicion of the profile `wan` among 30 is 266 s. */
const SECONDS = 300;
/** How many peers are simulated at most. */
const MAX_PEERS = 300;
/** The delay of peers that have not answered yet, one way, milliseconds: that of a local network. */
const DEFAULT_DELAY_MS = 0.3;

/** A peer in the simulation. */
export interface SimulatedPeer {
  readonly name: string;
  /** `refusing`: its process has ended, and its host says so. `silent`: nothing comes back. */
  readonly state: "answering" | "refusing" | "silent";
  /** Its round-trip time, milliseconds. */
  readonly rttMs: number;
}

/** A simulated continuation. */
export interface WhatIf {
  /** The node, and the recorded wall clock at which the simulation begins, milliseconds since 1970. */
  readonly node: string;
  readonly fromMs: number;
  readonly peers: readonly SimulatedPeer[];
  /** How many more there were. */
  readonly leftOut: number;
  /** The share of datagrams that are lost, from the probes of those that answer. */
  readonly loss: number;
  /** With the settings that the node had, for comparison. */
  readonly asItWas: readonly TimelineEntry[];
  /** With the other settings. */
  readonly changed: readonly TimelineEntry[];
  /** Where the replay up to the beginning was not the recorded run, if it was not. */
  readonly divergence: Divergence | undefined;
}

/**
 * Replays a run up to a time, milliseconds since 1970, or its end, and simulates how the node might have gone on with
 * another profile.
 */
export function whatIf(
  run: RecordedRun,
  { untilMs, profile }: { readonly untilMs: number; readonly profile: Profile },
): WhatIf {
  const { config } = run[0].header;
  const probes = new RecentProbes();
  const { core, endedAtMs, divergence } = replayRun(run, { observer: probes, untilMs });
  const fromMs = Math.min(untilMs, endedAtMs);
  const known = core.members().filter(({ name, status }) =>
    name !== config.name && (status === "alive" || status === "leaving")
  );
  const suspects = new Set(core.suspicions().map(({ node }) => node));
  let [sent, answered] = [0, 0];
  const peers = known.map(({ name }): SimulatedPeer => {
    const timeoutMs = config.profile.probeIntervalMs;
    const seen = probes.of(name, { nowMs: endedAtMs, timeoutMs });
    const rttMs = seen.rttMs ?? 2 * DEFAULT_DELAY_MS;
    if (suspects.has(name) || seen.isSilent) return { name, state: silence(core, name), rttMs };
    sent += seen.sent;
    answered += seen.answered;
    return { name, state: "answering", rttMs };
  });
  // Those that do not answer are what it is about.
  peers.sort((a, b) => Number(a.state === "answering") - Number(b.state === "answering"));
  const shown = peers.slice(0, MAX_PEERS);
  // A probe takes a datagram each way.
  const loss = sent === 0 ? 0 : 1 - Math.sqrt(answered / sent);
  const simulated = (tune: Profile) => simulateNode(config, { tune, peers: shown, loss, fromMs });
  return {
    node: config.name,
    fromMs,
    peers: shown,
    leftOut: peers.length - shown.length,
    loss,
    asItWas: simulated(config.profile),
    changed: simulated(profile),
    divergence,
  };
}

/** How a member does not answer: as the stream of the last probe says. */
function silence(core: SerfCore, name: string): SimulatedPeer["state"] {
  const last = core.why(name)?.entries.findLast(({ what }) => what.type === "probe")?.what;
  return last?.type === "probe" && last.stream === "refused" ? "refusing" : "silent";
}

interface NodeSimulation {
  readonly tune: Profile;
  readonly peers: readonly SimulatedPeer[];
  readonly loss: number;
  readonly fromMs: number;
}

/** Simulates the node as the first of a formed cluster, and tells what happens to it. */
function simulateNode(
  recorded: SerfConfig,
  { tune, peers, loss, fromMs }: NodeSimulation,
): readonly TimelineEntry[] {
  const { name, tags, address: _, profile: __, ...config } = recorded;
  const timeline = new Timeline({ node: name });
  let core: SerfCore | undefined;
  // What happens while the cluster is formed is no news.
  let hasBegun = false;
  const cluster: Cluster = simulate({
    nodes: 1 + peers.length,
    join: "formed",
    tune,
    // Events are told when they happen.
    config: { ...config, coalescePeriodMs: 0, userCoalescePeriodMs: 0 },
    loss,
    link: (from, to) => linkTo(peers[Math.max(from, to) - 1], Math.min(from, to)),
    node: (index) => index === 0 ? { name, tags } : { name: peers[index - 1].name },
    makeCore: ({ index }) => (...parts) => {
      const made = new SerfCore(...parts);
      if (index === 0) core = made;
      return made;
    },
    observer: {
      emitted: ({ index }, output) => {
        if (hasBegun && index === 0) timeline.emitted(output, fromMs + cluster.now);
      },
      handled: ({ index }) => {
        if (hasBegun && index === 0) timeline.handled(core!, fromMs + cluster.now);
      },
    },
    keepEvents: 0,
  });
  hasBegun = true;
  for (const [i, { state }] of peers.entries()) {
    if (state === "refusing") cluster.node(i + 1).kill();
    if (state === "silent") cluster.node(i + 1).pause();
  }
  cluster.run({ seconds: SECONDS });
  return timeline.entries.filter(({ type }) => type !== "log");
}

/** The network between the node, or a peer, and another peer. */
function linkTo(peer: SimulatedPeer | undefined, from: number): LinkOptions | undefined {
  if (peer === undefined || from !== 0) return undefined;
  const delayMs = peer.rttMs / 2;
  return { latencyMs: [0.9 * delayMs, 1.1 * delayMs] };
}
