/**
 * What happened to a node, as a list of events in time order, told while its recording is replayed.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import { decodeText } from "../base/text.ts";
import type { SerfCore } from "../serf/core.ts";
import type { SerfOutput } from "../serf/output.ts";
import type { Exchange, Message, Packet, StreamMessage } from "../wire/messages/messages.ts";
import { decodeSerf } from "../wire/messages/serf_codec.ts";
import type { ReplayObserver } from "./replay.ts";
import type { Input } from "./steps.ts";

/** Something that happened. */
export interface TimelineEntry {
  /** The recorded wall clock, milliseconds since 1970. */
  readonly atMs: number;
  /** The node that was recorded. */
  readonly node: string;
  /** What kind of thing it was, for instance `member-failed`, `suspicion`, `user`, `command`. */
  readonly type: string;
  /** In words, without the node's name. */
  readonly text: string;
  /** The member that it is about, if it is about one. */
  readonly member?: string;
}

/** What a timeline tells. */
export interface TimelineOptions {
  /** The name of the node that was recorded. */
  readonly node: string;
  /** Only what is about this member, and all messages from and to it. */
  readonly follow?: string;
}

/** How each kind of member event is told. */
const MEMBER_TEXTS: Readonly<Record<string, string>> = {
  "member-join": "has joined",
  "member-leave": "has left",
  "member-failed": "has failed",
  "member-update": "has changed",
  "member-reap": "is forgotten",
};

/** How much of a payload is shown, characters. */
const SHOWN_PAYLOAD = 40;

/** Collects what happens in a replay. */
export class Timeline implements ReplayObserver {
  /** So far, in order. */
  readonly entries: TimelineEntry[] = [];
  readonly #options: TimelineOptions;
  /** Running suspicions, and who has confirmed them. */
  readonly #suspicions = new Map<string, number>();
  #core: SerfCore | undefined;

  constructor(options: TimelineOptions) {
    this.#options = options;
  }

  begun(core: SerfCore, atMs: number): void {
    const isFirst = this.#core === undefined;
    this.#core = core;
    // Before the start there are no members.
    const { length } = core.members();
    if (!isFirst || length === 0) return;
    const text = `goes on with ${length} members: what was before is not in the recording`;
    this.#add(atMs, { type: "start", text });
    for (const { node, suspectedBy } of core.suspicions()) {
      this.#suspicions.set(node, suspectedBy.length);
    }
  }

  input(input: Input, atMs: number): void {
    switch (input.type) {
      case "start":
        return this.#add(atMs, { type: "start", text: "starts" });
      case "command":
        return this.#add(atMs, { type: "command", ...commandText(input) });
      case "receive":
        return this.#packet(atMs, input.from, input.packet, "received");
      case "accept":
        return this.#stream(atMs, input.from, input.message, "received");
      case "timer":
      case "reply":
        return;
      default:
        input satisfies never;
    }
  }

  sent(to: Address, packet: Packet, atMs: number): void {
    this.#packet(atMs, to, packet, "sent");
  }

  requested(to: Address, { message }: Exchange, _id: number, atMs: number): void {
    this.#stream(atMs, to, message, "sent");
  }

  emitted(output: SerfOutput, atMs: number): void {
    switch (output.type) {
      case "log":
        if (output.level === "WARN" || output.level === "ERR") {
          this.#add(atMs, { type: "log", text: `logs [${output.level}] ${output.text}` });
        }
        return;
      case "user":
        return this.#add(atMs, {
          type: "user",
          text: `delivers the user event ${output.name}${payloadText(output.payload)}`,
        });
      case "query":
        return this.#add(atMs, {
          type: "query",
          text: `delivers the query ${output.name}${payloadText(output.payload)}`,
          member: output.sourceNode || undefined,
        });
      case "shutdown":
        return this.#add(atMs, { type: "shutdown", text: `shuts down: ${output.reason}` });
      case "joined":
        return this.#add(atMs, {
          type: "joined",
          text: [`has reached ${output.count} by joining`]
            .concat(output.failures.map(({ address, reason }) => `${address}: ${reason}`))
            .join("; "),
        });
      case "done":
        if (output.error === undefined) return;
        return this.#add(atMs, { type: "failure", text: `fails to do so: ${output.error}` });
      case "expressions-needed":
      case "query-record":
      case "key-result":
      case "why-answers":
      case "snapshot":
        return;
      default:
        for (const { name } of output.members) {
          const text = `sees that ${name} ${MEMBER_TEXTS[output.type]}`;
          this.#add(atMs, { type: output.type, text, member: name });
        }
    }
  }

  handled(core: SerfCore, atMs: number): void {
    this.#core = core;
    const running = core.suspicions();
    if (running.length === 0 && this.#suspicions.size === 0) return;
    for (const { node, suspectedBy, leftMs } of running) {
      const known = this.#suspicions.get(node);
      if (known === suspectedBy.length) continue;
      this.#suspicions.set(node, suspectedBy.length);
      const left = `${(leftMs / 1_000).toFixed(1)} s are left to refute it`;
      const text = known === undefined
        ? `suspects ${node}${this.#source(suspectedBy[0])}; ${left}`
        : `sees the suspicion of ${node} confirmed by ${suspectedBy.at(-1)}; ${left}`;
      this.#add(atMs, { type: "suspicion", text, member: node });
    }
    const suspects = new Set(running.map(({ node }) => node));
    for (const node of this.#suspicions.keys()) {
      if (suspects.has(node)) continue;
      this.#suspicions.delete(node);
      const failed = core.member(node)?.status === "failed";
      const text = failed ? `declares ${node} failed` : `suspects ${node} no longer`;
      this.#add(atMs, { type: "suspicion-end", text, member: node });
    }
  }

  /** Who has suspected a member first. */
  #source(from: string): string {
    return from === this.#options.node ? " itself" : `, as ${from} says`;
  }

  #add(atMs: number, entry: Omit<TimelineEntry, "atMs" | "node">): void {
    const { node, follow } = this.#options;
    const about = follow === undefined || entry.member === follow || entry.type === "start";
    if (about) this.entries.push({ atMs, node, ...entry });
  }

  #packet(atMs: number, peer: Address, { messages }: Packet, way: "sent" | "received"): void {
    if (!this.#isFollowed(peer, "datagram")) return;
    this.#message(atMs, messages.map(describeMessage).join(", "), way);
  }

  #stream(atMs: number, peer: Address, message: StreamMessage, way: "sent" | "received"): void {
    if (!this.#isFollowed(peer, way === "sent" ? "datagram" : "stream")) return;
    const text = message.type === "push-pull"
      ? `a state of ${message.nodes.length} nodes`
      : message.type === "err"
      ? message.error
      : describeMessage(message);
    this.#message(atMs, `${text} (stream)`, way);
  }

  #message(atMs: number, text: string, way: "sent" | "received"): void {
    const member = this.#options.follow;
    const told = way === "sent" ? `sends ${member} ${text}` : `gets from ${member} ${text}`;
    this.#add(atMs, { type: way, text: told, member });
  }

  /** Whether an address is that of the member that is followed. Streams come from other ports. */
  #isFollowed(peer: Address, kind: "datagram" | "stream"): boolean {
    const { follow } = this.#options;
    const known = follow === undefined ? undefined : this.#core?.member(follow)?.address;
    if (known === undefined) return false;
    return kind === "stream" ? known.host === peer.host : known.sameEndpoint(peer);
  }
}

function commandText(
  { name, args }: Input & { type: "command" },
): { readonly text: string; readonly member?: string } {
  const [first, second] = args;
  switch (name) {
    case "join":
      return { text: `is told to join ${(first as readonly Address[]).join(" ")}` };
    case "rejoin":
      return { text: `rejoins by way of ${first}, which its snapshot knows` };
    case "forceLeave":
      return { text: `is told to remove ${first}`, member: String(first) };
    case "setTags":
      return { text: `gets the tags ${JSON.stringify(first)}` };
    case "userEvent":
      return {
        text: `is told to send the user event ${first}${payloadText(second as Uint8Array | null)}`,
      };
    case "query":
      return {
        text: `is told to send the query ${first}${payloadText(second as Uint8Array | null)}`,
      };
    case "askWhy":
      return { text: `asks all members how they see ${first}`, member: String(first) };
    case "keys":
      return { text: `is told to ${String(first).replace("-", " ")}` };
    case "respond":
      return { text: "responds to a query" };
    case "failQuery":
      return { text: `cannot respond to a query: ${second}` };
    case "leave":
      return { text: "is told to leave" };
    case "shutdown":
      return { text: "stops" };
    case "loadExpressions":
      return { text: "loads RE2, for queries that filter by tags" };
    case "preload":
      return { text: "is a member of a formed cluster" };
    default:
      return name satisfies never;
  }
}

function payloadText(payload: Uint8Array | null): string {
  if (payload === null || payload.length === 0) return "";
  const text = decodeText(payload.subarray(0, SHOWN_PAYLOAD));
  return ` (${JSON.stringify(text)}${payload.length > SHOWN_PAYLOAD ? "…" : ""})`;
}

function describeMessage(message: Message): string {
  switch (message.type) {
    case "ping":
      return `ping ${message.sequence}`;
    case "indirect-ping":
      return `a request to ping ${message.node}`;
    case "ack":
      return `ack ${message.sequence}`;
    case "nack":
      return `nack ${message.sequence}`;
    case "suspect":
      return `"${message.from} suspects ${message.node}"`;
    case "dead":
      return `"${message.from} says that ${message.node} is ${
        message.from === message.node ? "leaving" : "dead"
      }"`;
    case "alive":
      return `"${message.claim.node} is alive" at incarnation ${message.claim.incarnation}`;
    case "user":
      return describeBody(message.body.bytes);
    default:
      return message satisfies never;
  }
}

function describeBody(bytes: Uint8Array): string {
  try {
    const message = decodeSerf(bytes);
    return "name" in message ? `${message.type} ${message.name}` : message.type;
  } catch {
    return "an unknown message";
  }
}
