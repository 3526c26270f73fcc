/**
 * The settings of a membership machine, and memberlist's three profiles of them.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import type { Metrics } from "../base/metrics.ts";
import type { Versions } from "../wire/messages/messages.ts";

/**
 * The timing of a membership machine. Times are milliseconds. The names are memberlist's, except for those of switches.
 * `eagerGossip`, `eagerProbes`, `stallAware` and `directRefutation` are what memberlist does not have: without them a member
 * keeps to memberlist's timing. `deno task bench:papers` uses the other switches to measure SWIM without Lifeguard.
 */
export interface Profile {
  /** How long one stream exchange may take. */
  readonly tcpTimeoutMs: number;
  /** How many members are asked for an indirect ping when a ping is not answered. */
  readonly indirectChecks: number;
  /** Factor of the retransmit limit: each member sends each broadcast `retransmitMult * ceil(log10(n + 1))` times. */
  readonly retransmitMult: number;
  /** Factor of the minimum suspicion timeout, `suspicionMult * max(1, log10(n)) * probeIntervalMs`. */
  readonly suspicionMult: number;
  /** The maximum suspicion timeout, as a multiple of the minimum; 1 makes it constant (without Lifeguard's LHA-Suspicion). */
  readonly suspicionMaxTimeoutMult: number;
  /** Between two state exchanges that a member starts. It grows in clusters of more than 32 nodes. */
  readonly pushPullIntervalMs: number;
  /** How long a ping may take before other members are asked. */
  readonly probeTimeoutMs: number;
  /** Between two probes, and how long a probe may take; multiplied by the health score plus one. */
  readonly probeIntervalMs: number;
  /** The health score stays below this; 1 turns it off (Lifeguard's LHA-Probe). */
  readonly awarenessMaxMultiplier: number;
  /** To how many members gossip is sent at a time. */
  readonly gossipNodes: number;
  /** Between two ticks of gossip. */
  readonly gossipIntervalMs: number;
  /**
   * Whether broadcasts are sent to the first members at once instead of at the next tick. It changes when packets are sent,
   * not how often each message is.
   */
  readonly eagerGossip: boolean;
  /**
   * Whether a probe tries a stream as soon as the ack is later than usual, and ends when the stream is refused and all
   * helpers have sent nacks. It changes how long a probe takes, but not the evidence that it needs, and not the suspicion
   * timeout.
   */
  readonly eagerProbes: boolean;
  /**
   * Whether a very late timer counts as time during which this process stood still. That raises the own health score, ends
   * the running probe without a result, and postpones the end of running suspicions.
   */
  readonly stallAware: boolean;
  /**
   * Whether a suspect is told directly, apart from probes, and answers directly whoever suspects it. It changes who learns of
   * a suspicion and of its refutation sooner, not what they mean.
   */
  readonly directRefutation: boolean;
  /** Whether a probe of a suspect tells it that it is suspected (Lifeguard's buddy system). */
  readonly buddySystem: boolean;
  /** Whether probes try a stream when a datagram is not answered (the opposite of memberlist's `DisableTcpPings`). */
  readonly streamProbes: boolean;
  /** How long dead nodes are still gossiped to, and remembered. */
  readonly gossipToTheDeadMs: number;
  /** The size to which datagrams are filled with broadcasts, bytes. */
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
  directRefutation: true,
  buddySystem: true,
  streamProbes: true,
  gossipToTheDeadMs: 30_000,
  udpBufferSize: 1_400,
};

/**
 * memberlist's profiles `DefaultLANConfig`, `DefaultWANConfig` and `DefaultLocalConfig`: for a local network, for the internet,
 * and for one machine.
 */
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

/** What a membership machine is started with. */
export interface SwimConfig {
  /** This node's name, unique in the cluster. */
  readonly name: string;
  /** The address that we announce. Its port also replaces port 0 in what others announce. */
  readonly address: Address;
  readonly versions: Versions;
  /** The first meta that we announce: encoded tags, at most 512 bytes. */
  readonly meta: Uint8Array | null;
  readonly profile: Profile;
  /** How many nodes are remembered at most; new names beyond that are ignored. */
  readonly maxMembers: number;
  /** Whether a node may have this address; others' claims are ignored. Default: any. */
  readonly allows?: (ip: Uint8Array) => boolean;
  /** The bytes that label and encryption add to a datagram now; a keyring may be installed later. */
  readonly packetOverhead: () => number;
  /** How much evidence about members is kept, bytes; 0 keeps none. Default: see `EvidenceStore`. */
  readonly evidenceBytes?: number;
  /** Takes metrics, if they are wanted. */
  readonly metrics?: Metrics;
}
