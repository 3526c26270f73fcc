/**
 * Settings of the membership machine, and the three profiles of the reference.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import type { Metrics } from "../base/metrics.ts";
import type { Versions } from "../wire/messages/messages.ts";

/** The settings that a profile decides. Times are milliseconds. */
export interface Profile {
  /** Bound on one stream exchange. */
  readonly tcpTimeoutMs: number;
  /** Members asked to ping on our behalf. */
  readonly indirectChecks: number;
  /** Factor of the retransmit limit: `mult * ceil(log10(n + 1))` sends of each broadcast. */
  readonly retransmitMult: number;
  /** Factor of the suspicion timeout. */
  readonly suspicionMult: number;
  /** How many times the minimum the longest suspicion lasts. */
  readonly suspicionMaxTimeoutMult: number;
  /** Between two exchanges of full state; stretched in clusters of more than 32 nodes. */
  readonly pushPullIntervalMs: number;
  /** How long a direct ping may take before others are asked. */
  readonly probeTimeoutMs: number;
  /** Between two probes, and how long one may take in all; stretched by a bad health score. */
  readonly probeIntervalMs: number;
  /** Upper end of the local health score, exclusive. */
  readonly awarenessMaxMultiplier: number;
  /** Members each gossip tick sends to. */
  readonly gossipNodes: number;
  /** Between two gossip ticks. */
  readonly gossipIntervalMs: number;
  /**
   * Whether news is sent to the first members at once instead of at the next gossip tick. It changes when packets are
   * sent, not how many times a message is.
   */
  readonly eagerGossip: boolean;
  /**
   * Whether a probe looks for evidence early, and ends when no more can come: a target that does not answer promptly is
   * also asked on a stream, and if that is refused, and nobody else reaches it, the rest of the probe's time is not
   * waited for. It changes how long a probe takes, not what is evidence, nor how long a suspicion lasts.
   */
  readonly eagerProbes: boolean;
  /**
   * Whether a late timer is taken for what it is, time that we lost: it counts against our own health, voids the probe
   * that was running, and does not count against those we suspect.
   */
  readonly stallAware: boolean;
  /** How long the dead are still gossiped to, and remembered. */
  readonly gossipToTheDeadMs: number;
  /** Datagram size that broadcasts are packed into, bytes. */
  readonly udpBufferSize: number;
}

const lan: Profile = {
  tcpTimeoutMs: 10_000,
  indirectChecks: 3,
  retransmitMult: 4,
  suspicionMult: 4,
  suspicionMaxTimeoutMult: 6,
  pushPullIntervalMs: 30_000,
  probeTimeoutMs: 500,
  probeIntervalMs: 1_000,
  awarenessMaxMultiplier: 8,
  gossipNodes: 3,
  gossipIntervalMs: 200,
  eagerGossip: true,
  eagerProbes: true,
  stallAware: true,
  gossipToTheDeadMs: 30_000,
  udpBufferSize: 1_400,
};

/** The reference's profiles: a local network, the internet, one machine. */
export const profiles = {
  lan,
  wan: {
    ...lan,
    tcpTimeoutMs: 30_000,
    suspicionMult: 6,
    pushPullIntervalMs: 60_000,
    probeTimeoutMs: 3_000,
    probeIntervalMs: 5_000,
    gossipNodes: 4,
    gossipIntervalMs: 500,
    gossipToTheDeadMs: 60_000,
  },
  local: {
    ...lan,
    tcpTimeoutMs: 1_000,
    indirectChecks: 1,
    retransmitMult: 2,
    suspicionMult: 3,
    pushPullIntervalMs: 15_000,
    probeTimeoutMs: 200,
    gossipIntervalMs: 100,
    gossipToTheDeadMs: 15_000,
  },
} as const satisfies Record<string, Profile>;

/** The name of a profile. */
export type ProfileName = keyof typeof profiles;

/** What one membership machine is made of. */
export interface SwimConfig {
  /** This node's name, unique in the cluster. */
  readonly name: string;
  /** The address we announce; its port also stands in for a port of 0 in what others announce. */
  readonly address: Address;
  readonly versions: Versions;
  /** The first meta we announce: encoded tags, at most 512 bytes. */
  readonly meta: Uint8Array | null;
  readonly profile: Profile;
  /** Bytes that label and encryption add to a datagram now; a keyring may be installed later. */
  readonly packetOverhead: () => number;
  /** Takes figures, if they are wanted. */
  readonly metrics?: Metrics;
}
