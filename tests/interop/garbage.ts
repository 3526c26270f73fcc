/**
 * Garbage for a running agent: recorded traffic with damage done to it.
 *
 * What the agent can read it acts upon. Garbage that would make it send something to strangers, or believe in times and
 * incarnations after which there are no others, is therefore left out: that is what encryption is for.
 *
 * @module
 */

import type { Random } from "../../lib/sim/random.ts";
import type { KeyringCipher } from "../../lib/wire/framing/cipher.ts";
import { type Message, MessageType, type StreamMessage } from "../../lib/wire/messages/messages.ts";
import { decodePacket, encodePacket } from "../../lib/wire/framing/packet.ts";
import { decodeSerf } from "../../lib/wire/messages/serf_codec.ts";
import { StreamDecoder } from "../../lib/wire/framing/stream.ts";
import type { WireOptions } from "../../lib/wire/framing/wire_options.ts";
import { damage, packets, type Sample, streams } from "../fuzz/damage.ts";
import { damaged, requests } from "../rpc/server/damaged_requests.ts";
import { GOSSIP_PORT } from "../support/agent.ts";

const LARGEST_TIME = 1_000_000;
/** How many connections are open at once. */
const CONNECTIONS = 20;
/** As many datagrams as surely fit into a socket's receive buffer. */
const UDP_WINDOW = 64;

/** Endless damaged datagrams: half as strangers would send them, half encrypted after the damage was done. */
export function* damagedPackets(cipher: KeyringCipher, random: Random): Generator<Uint8Array> {
  for (;;) {
    const sealed = random.chance(0.5);
    const bytes = damagedSample(packets, random);
    const packet = sealed ? cipher.encrypt(bytes, new Uint8Array()) : bytes;
    if (!sealed || decodePacket(packet, { compress: false, cipher }).messages.every(isHarmless)) {
      yield packet;
    }
  }
}

/** Endless damaged streams, as {@link damagedPackets}. */
export function* damagedStreams(cipher: KeyringCipher, random: Random): Generator<Uint8Array> {
  for (;;) {
    const sealed = random.chance(0.5);
    const bytes = damagedSample(streams, random);
    const stream = sealed ? seal(bytes, cipher) : bytes;
    if (!sealed || isHarmlessStream(stream, { compress: false, cipher })) yield stream;
  }
}

/** Endless damaged requests, but for commands that end the agent, or change with whom and how it talks. */
export function* damagedRequests(random: Random): Generator<Uint8Array> {
  for (;;) {
    const request = damaged(requests[random.below(requests.length)], random);
    if (!/join|leave|-key/.test(new TextDecoder("latin1").decode(request))) yield request;
  }
}

function damagedSample(samples: readonly Sample[], random: Random): Uint8Array {
  return damage(samples[random.below(samples.length)].bytes, samples, random);
}

function seal(bytes: Uint8Array, cipher: KeyringCipher): Uint8Array {
  const header = new DataView(new ArrayBuffer(5));
  header.setUint8(0, MessageType.encrypt);
  header.setUint32(1, bytes.length + cipher.overhead);
  const associated = new Uint8Array(header.buffer);
  return Uint8Array.from([...associated, ...cipher.encrypt(bytes, associated)]);
}

function isHarmlessStream(bytes: Uint8Array, options: WireOptions): boolean {
  try {
    const message = new StreamDecoder(options, "server").push(bytes);
    return message === undefined || isHarmless(message);
  } catch {
    return true;
  }
}

function isHarmless(message: Message | StreamMessage): boolean {
  switch (message.type) {
    case "alive":
    case "push-pull":
    case "indirect-ping":
      return false;
    case "ping":
      return message.source === undefined;
    case "suspect":
    case "dead":
      return message.incarnation < LARGEST_TIME;
    case "user":
      return isHarmlessSerf(message.body.bytes);
    default:
      return true;
  }
}

function isHarmlessSerf(bytes: Uint8Array): boolean {
  try {
    const message = decodeSerf(bytes);
    if (message.type === "query" || message.type === "relay") return false;
    return !("lTime" in message) || message.lTime < LARGEST_TIME;
  } catch {
    return true;
  }
}

/** Sends datagrams to an agent, so many at a time that none is lost, and reports how often it answered in between. */
export async function flood(
  hostname: string,
  { bytes, count, cipher }: { bytes: Iterable<Uint8Array>; count: number; cipher: KeyringCipher },
): Promise<void> {
  const to = { transport: "udp", hostname, port: GOSSIP_PORT } as const;
  const socket = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
  using _closing = { [Symbol.dispose]: () => socket.close() };
  const wire = { compress: false, cipher };
  let sent = 0;
  for (const packet of bytes) {
    await socket.send(packet, to);
    sent++;
    if (sent % UDP_WINDOW !== 0 && sent < count) continue;
    const ping = { type: "ping", sequence: sent, node: "" } as const;
    await socket.send(encodePacket({ messages: [ping], crc: false }, wire), to);
    await untilAcked(socket, sent, wire);
    if (sent >= count) return;
  }
}

/** Waits until an agent has worked off what was sent before the ping of this number. */
async function untilAcked(
  socket: Deno.DatagramConn,
  sequence: number,
  wire: WireOptions,
): Promise<void> {
  for (;;) {
    const [bytes] = await socket.receive();
    const { messages } = decodePacket(bytes, wire);
    if (messages.some((message) => message.type === "ack" && message.sequence === sequence)) return;
  }
}

/** Opens connections, several at a time, says one thing on each, and waits for their ends. */
export async function converse(
  to: { readonly hostname: string; readonly port: number },
  { bytes, count }: { bytes: Iterator<Uint8Array>; count: number },
): Promise<void> {
  let left = count;
  const talk = async () => {
    while (left-- > 0) await say(to, bytes.next().value);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, talk));
}

async function say(to: Deno.ConnectOptions, bytes: Uint8Array): Promise<void> {
  using connection = await Deno.connect(to);
  try {
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
    await connection.closeWrite();
    const buffer = new Uint8Array(4096);
    while (await connection.read(buffer) !== null);
  } catch (error) {
    // The agent may well hang up on us.
    if (!(error instanceof Error && /reset|broken pipe/i.test(error.message))) throw error;
  }
}
