/**
 * Evidence: what a member has seen and heard of another one, apart from the routine. It explains why that one was
 * suspected, declared failed or believed again.
 *
 * @module
 */

import type { MemberStatus } from "../member.ts";

/**
 * How a stream to a member ended: it answered, its host refused the stream, it was accepted but nobody answered, or nothing
 * came back. `failed` is any other error, `open` means that the outcome was not known yet.
 */
export type StreamOutcome =
  | "untried"
  | "open"
  | "answered"
  | "refused"
  | "silent"
  | "unreachable"
  | "failed";

/** From whom something was heard. */
export interface Origin {
  /** By our own probes or by command, in a datagram, or in a state exchange. */
  readonly how: "own" | "gossip" | "exchange";
  /** The name of the member that sent it, or its address if that belongs to nobody; empty for `own`. */
  readonly from: string;
}

/** One observation about a member. */
export type Observation =
  /**
   * A probe without a punctual answer to its datagram. It was answered late, by way of a helper, only on a stream, or not
   * at all.
   */
  | {
    readonly type: "probe";
    readonly outcome: "late" | "helped" | "stream" | "unanswered";
    readonly tookMs: number;
    readonly stream: StreamOutcome;
    /** The members that were asked to ping it too. */
    readonly helpers: readonly string[];
    /** Those that said that they got no answer either. */
    readonly nacks: readonly string[];
    /** The one that got an answer; empty if none did. */
    readonly helper: string;
  }
  /** An answer came after its probe had ended, by way of a helper or directly. */
  | { readonly type: "late-ack"; readonly rttMs: number; readonly helper: string }
  /** It has pinged us although it does not answer: its packets arrive. */
  | { readonly type: "pinged" }
  /** It became suspect. It has `minMs` to `maxMs` to refute, depending on how many of `expected` members confirm. */
  | {
    readonly type: "suspected";
    readonly by: string;
    readonly origin: Origin;
    readonly incarnation: number;
    readonly expected: number;
    readonly minMs: number;
    readonly maxMs: number;
  }
  /** Another member suspects it too, which leaves it less time. */
  | {
    readonly type: "confirmed";
    readonly by: string;
    readonly origin: Origin;
    readonly confirmations: number;
    readonly leftMs: number;
  }
  /** It counts as failed. `suspectedMs` is 0 if it was not suspect before. */
  | {
    readonly type: "failed";
    readonly by: string;
    readonly origin: Origin;
    readonly incarnation: number;
    readonly suspectedMs: number;
    readonly confirmedBy: readonly string[];
  }
  /** It has left by itself. */
  | { readonly type: "left"; readonly origin: Origin; readonly incarnation: number }
  /** It had failed, and could not be reached by TCP when we tried whether it is back. */
  | { readonly type: "reconnect"; readonly stream: StreamOutcome }
  /** It has refuted a suspicion, or has come back. */
  | {
    readonly type: "alive";
    readonly was: "suspect" | "dead" | "left";
    readonly origin: Origin;
    readonly incarnation: number;
  }
  /** A leave was announced; `forced` if that was for a member that had failed. */
  | { readonly type: "leave-intent"; readonly forced: boolean }
  /** A node at another address uses the name. */
  | { readonly type: "conflict"; readonly address: string; readonly origin: Origin }
  /** About ourselves: others suspect us or have declared us failed, and we refute. */
  | {
    readonly type: "accused";
    readonly of: "suspect" | "dead";
    readonly by: string;
    readonly origin: Origin;
    readonly incarnation: number;
  }
  /** About ourselves: our process stood still. */
  | { readonly type: "stalled"; readonly ms: number };

/** An observation with its circumstances. Observations that repeat themselves are counted in one entry. */
export interface EvidenceEntry {
  /** When it was first made, milliseconds since 1970. */
  readonly timeMs: number;
  /** When it was last made. */
  readonly lastMs: number;
  /** How often it was made. */
  readonly times: number;
  /** The health score of the observer, 0 if all was well. */
  readonly healthScore: number;
  /** How late the timers of the observer were, milliseconds. */
  readonly lagMs: number;
  /** What was observed. */
  readonly what: Observation;
}

/** All that a member knows about why another one, or itself, is in its state. Times are milliseconds since 1970. */
export interface WhyReport {
  /** The member in question. */
  readonly node: string;
  /** The member that reports. */
  readonly observer: string;
  /** When it reported. */
  readonly timeMs: number;
  /** `none` if it is no member any more. */
  readonly status: MemberStatus;
  /** Whether it is suspect right now, which Serf's statuses do not show. */
  readonly suspect: boolean;
  /** The address that it advertises; empty if it is not known any more. */
  readonly address: string;
  /** Its incarnation number; 0 if it is not known any more. */
  readonly incarnation: number;
  /** The health score of the observer now. */
  readonly healthScore: number;
  /** How late the timers of the observer were lately, milliseconds. */
  readonly lagMs: number;
  /** The last punctual answer to a probe; `null` if there was none. */
  readonly lastAnswer: { readonly timeMs: number; readonly rttMs: number } | null;
  /**
   * The last ping of that member to the observer since it was in trouble first, with the address that it came from if its host is not the advertised
   * one; `null` if there was none.
   */
  readonly lastPing: { readonly timeMs: number; readonly elsewhere: string } | null;
  /** How many other members have answered the observer's probes since the trouble began. */
  readonly othersAnswering: number;
  /** The others that it has probed meanwhile, and that did not answer. */
  readonly othersFailing: readonly UnansweredPeer[];
  /** The evidence about the member, oldest first, with the stalls of the observer among it. */
  readonly entries: readonly EvidenceEntry[];
}

/** A member whose acks do not reach the observer. */
export interface UnansweredPeer {
  /** Its name. */
  readonly node: string;
  /** Whether its pings arrive all the same. */
  readonly heard: boolean;
  /** Whether it answers by TCP. */
  readonly byTcp: boolean;
}
