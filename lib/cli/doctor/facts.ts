/**
 * What `serf doctor` has gathered, before anything is concluded from it. Times are milliseconds.
 *
 * @module
 */

import type { Member } from "../../api/member.ts";
import type { Explanation } from "../../api/why/story.ts";

/** The sizes of datagrams that are tried, bytes. memberlist fills its own to 1,400. */
export const PROBE_SIZES = [60, 600, 1_400] as const;

/** Everything that is known. */
export interface Facts {
  /** Of the configuration files and flags, if any were given. */
  readonly config?: ConfigFacts;
  /** Of the agent, or why it could not be asked; absent if it was not expected to run. */
  readonly agent?: AgentFacts | { readonly error: string };
  readonly host: HostFacts;
}

/** The machine that the doctor runs on. */
export interface HostFacts {
  /** The addresses of its interfaces. */
  readonly addresses: readonly string[];
  /** The agent's process and its UDP socket, if they are on this machine and may be seen. */
  readonly process?: ProcessFacts;
  /** Datagrams that this machine has dropped since it started because receive buffers were full (`RcvbufErrors`). */
  readonly receiveBufferErrors?: number;
}

/** A process that has the agent's sockets. */
export interface ProcessFacts {
  readonly pid: number;
  /** Datagrams that its gossip socket has dropped. */
  readonly udpDrops: number;
  readonly openDescriptors: number;
  /** `undefined` for no limit. */
  readonly descriptorLimit?: number;
}

/** What an agent said, and what was tried with its members. */
export interface AgentFacts {
  readonly name: string;
  readonly members: readonly Member[];
  /** The `serf` section of `info`, at the begin and at the end. */
  readonly stats: readonly [Readonly<Record<string, string>>, Readonly<Record<string, string>>];
  /** How long it took to answer. */
  readonly answerMs: number;
  /** Length of its encoded tags, bytes. */
  readonly tagBytes: number;
  /** Its recent log, oldest line first. */
  readonly log: readonly string[];
  /** Only of an encrypted cluster. */
  readonly keys?: KeyFacts;
  /** Answers of members that know the query; absent if the agent does not. */
  readonly checkups?: readonly Checkup[];
  readonly probes: readonly MemberProbe[];
  /** Why the agent itself and some of its members are in their state; absent if the agent keeps no evidence. */
  readonly explanations?: readonly Explanation[];
  /** What is wrong with its event handlers, by script; absent where they are not on this machine. */
  readonly handlers?: ReadonlyMap<string, string>;
}

/** The keys that members have installed. */
export interface KeyFacts {
  readonly members: number;
  /** By key, in base64: how many members have it. */
  readonly counts: ReadonlyMap<string, number>;
  /** By member: what it complained of. */
  readonly complaints: ReadonlyMap<string, string>;
}

/** The answer of a member to the query for a checkup. */
export interface Checkup {
  readonly member: string;
  /** Its clock minus ours. */
  readonly skewMs: number;
  /** Half of the time that the answer took: the skew is no more exact than that. */
  readonly uncertaintyMs: number;
  /** The address at which it sees the agent that was asked; `undefined` if it does not know it. */
  readonly seesAgentAt?: string;
}

/** What came of trying to reach a member from here. */
export interface MemberProbe {
  readonly member: string;
  readonly address: string;
  readonly status: string;
  /** For each size: after how many attempts it was answered; 0 if it never was. */
  readonly udp: Readonly<Record<number, number>>;
  /** Whether a stream was answered, or why not. */
  readonly tcp: true | string;
}

/** Whether a member has answered at all sizes, and by TCP. */
export function isReached({ udp, tcp }: MemberProbe): boolean {
  return tcp === true && PROBE_SIZES.every((size) => udp[size] > 0);
}

/** What a configuration says, and what was found of it. */
export interface ConfigFacts {
  /** What is wrong with it, if it cannot be used. Nothing else is known then. */
  readonly error?: string;
  /** Warnings about settings. */
  readonly notices: readonly string[];
  readonly ports: readonly PortFacts[];
  /** The address that would be advertised, if it is known before the start. */
  readonly advertise?: string;
  /** The addresses to join. */
  readonly joins: readonly string[];
  readonly tagBytes: number;
  readonly files: readonly FileFacts[];
  /** What is wrong with event handlers, by script. */
  readonly handlers: ReadonlyMap<string, string>;
  /** Whether somebody on another machine could give the agent commands without a token. */
  readonly openRpc: boolean;
}

/** An address that an agent would listen on. */
export interface PortFacts {
  /** As in `gossip UDP`. */
  readonly purpose: string;
  readonly address: string;
  /** Why it cannot be used; absent if it can. */
  readonly error?: "in use" | "not an address of this machine" | "not allowed";
  /** Who uses it; absent if this user may not see that. */
  readonly holder?: { readonly pid: number; readonly command: string };
  /** Whether the holder is the agent that answers on the RPC address of the configuration. */
  readonly isTheAgent?: boolean;
}

/** A file that an agent would use. */
export interface FileFacts {
  readonly purpose: "snapshot" | "keyring" | "tags";
  readonly path: string;
  /** Why it cannot be used. */
  readonly error?: string;
  readonly exists: boolean;
  /** Since it was last written. */
  readonly ageMs?: number;
  readonly readableByAll: boolean;
}
