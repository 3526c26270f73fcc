/**
 * Tries to reach members by UDP and TCP from a socket of our own, as a member does: with SWIM's ping, which every agent of ours
 * and of Serf answers with an ack, whoever asks. Nobody's list of members changes by that.
 *
 * A ping is made as long as wanted by a field that does not belong to it. MessagePack is decoded by field names, so agents skip
 * it.
 *
 * @module
 */

import type { Member } from "../../../api/member.ts";
import type { Address } from "../../../base/address.ts";
import { after } from "../../../base/timer.ts";
import { availableBindUdp } from "../../../host/transport/bind.ts";
import { exchangeOverTcp } from "../../../host/transport/tcp_client.ts";
import type { UdpSocket } from "../../../host/transport/udp.ts";
import { addLabel, labelBytes } from "../../../wire/framing/label.ts";
import { decodePacket, packetOverhead } from "../../../wire/framing/packet.ts";
import type { WireOptions } from "../../../wire/framing/wire_options.ts";
import { MessageType } from "../../../wire/messages/messages.ts";
import { binary, encodeTyped, struct, text, u32 } from "../../../wire/msgpack/struct.ts";
import { type MemberProbe, PROBE_SIZES } from "../facts.ts";

/** How long an answer may take, and how often it is asked for. A member's own probes wait half a second. */
const ANSWER_MS = 1_000;
const ATTEMPTS = 3;
/** So many members are tried at the same time, which bounds the packets per second. */
const AT_ONCE = 32;

const paddedPing = struct({ SeqNo: u32, Node: text, Padding: binary });

/** A datagram of a size with a ping in it, or a larger one if the name is too long. */
export function encodePaddedPing(
  { sequence, node, size }: { sequence: number; node: string; size: number },
  wire: WireOptions,
): Uint8Array {
  const encode = (padding: number) =>
    encodeTyped(MessageType.ping, paddedPing, {
      SeqNo: sequence,
      Node: node,
      Padding: new Uint8Array(Math.max(0, padding)),
    });
  const room = size - packetOverhead(wire);
  // The header of the padding grows with its length.
  const roughly = room - encode(0).length;
  const ping = encode(roughly - (encode(roughly).length - room));
  const sealed = wire.cipher?.encrypt(ping, labelBytes(wire.label)) ?? ping;
  return addLabel(sealed, wire.label);
}

/** A socket that pings members. */
export class MemberProber implements AsyncDisposable {
  readonly #socket: UdpSocket;
  readonly #wire: WireOptions;
  readonly #closing = new AbortController();
  /** By sequence number. */
  readonly #waiting = new Map<number, () => void>();
  #lastSequence = 0;

  private constructor(socket: UdpSocket, wire: WireOptions) {
    this.#socket = socket;
    this.#wire = wire;
    socket.start((_from, bytes) => this.#receive(bytes));
  }

  /** Binds a socket on a port that the system chooses. */
  static async open(
    wire: WireOptions,
    { ipv6 }: { readonly ipv6: boolean },
  ): Promise<MemberProber> {
    const bind = await availableBindUdp();
    // What cannot be sent shows in the missing answer.
    const socket = await bind({ host: ipv6 ? "::" : "0.0.0.0", port: 0, log: () => {} });
    return new MemberProber(socket, wire);
  }

  /** Tries to reach all members. */
  async probeAll(members: readonly Member[]): Promise<MemberProbe[]> {
    const probes: MemberProbe[] = [];
    for (let i = 0; i < members.length; i += AT_ONCE) {
      const batch = members.slice(i, i + AT_ONCE);
      probes.push(...await Promise.all(batch.map((member) => this.#probe(member))));
    }
    return probes;
  }

  async #probe({ name, address, status }: Member): Promise<MemberProbe> {
    const udp = PROBE_SIZES.map(async (size) =>
      [size, await this.#pingUdp(name, address, size)] as const
    );
    const tcp = this.#pingTcp(name, address);
    return {
      member: name,
      address: address.text,
      status,
      udp: Object.fromEntries(await Promise.all(udp)),
      tcp: await tcp,
    };
  }

  /** After how many attempts a ping was answered; 0 if it never was. */
  async #pingUdp(node: string, to: Address, size: number): Promise<number> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const sequence = ++this.#lastSequence;
      const { promise, resolve } = Promise.withResolvers<boolean>();
      this.#waiting.set(sequence, () => resolve(true));
      using _timer = after(ANSWER_MS, () => resolve(false));
      this.#socket.send(encodePaddedPing({ sequence, node, size }, this.#wire), to);
      const answered = await promise;
      this.#waiting.delete(sequence);
      if (answered) return attempt;
    }
    return 0;
  }

  async #pingTcp(node: string, to: Address): Promise<true | string> {
    const sequence = ++this.#lastSequence;
    const reply = await exchangeOverTcp(
      to,
      { message: { type: "ping", sequence, node }, timeoutMs: ATTEMPTS * ANSWER_MS },
      { wire: this.#wire, signal: this.#closing.signal, log: () => {} },
    );
    if (!reply.ok) return reply.error;
    return reply.message.type === "ack" ? true : `answers with ${reply.message.type}`;
  }

  #receive(bytes: Uint8Array): void {
    for (const message of decodePacket(bytes, this.#wire).messages) {
      if (message.type === "ack") this.#waiting.get(message.sequence)?.();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#socket.close();
  }
}
