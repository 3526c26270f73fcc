/**
 * DNS packets as bytes, through the library that the agent uses.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { EventEmitter } from "node:events";
import multicastDns, { type Answer, type Packet } from "multicast-dns";

/** A socket of the library that is connected to nothing. */
class DeadSocket extends EventEmitter {
  sent: Uint8Array | undefined;

  send(bytes: Uint8Array, ...rest: unknown[]): void {
    this.sent = bytes;
    (rest.at(-1) as () => void)();
  }

  close(done: () => void): void {
    done();
  }
}

function library() {
  const socket = new DeadSocket();
  return { socket, dns: multicastDns({ socket, bind: false, multicast: false }) };
}

/** Reads a packet. */
export function decodePacket(hex: string): Packet {
  const { socket, dns } = library();
  let packet: Packet | undefined;
  for (const type of ["query", "response"] as const) dns.on(type, (got) => packet = got);
  socket.emit("message", Buffer.from(hex, "hex"), {});
  if (packet === undefined) throw new Error(`Not a packet: ${hex}`);
  return packet;
}

/** What answers look like to those who receive them. */
export async function throughWire(answers: Answer[]): Promise<Packet> {
  const { socket, dns } = library();
  const { promise, resolve } = Promise.withResolvers<void>();
  dns.respond({ id: 0, answers }, { address: "127.0.0.1", port: 1 }, () => resolve());
  await promise;
  return decodePacket(Buffer.from(socket.sent ?? []).toString("hex"));
}

/** The captured packets of Serf. */
export const captured: readonly { readonly name: string; readonly hex: string }[] = JSON.parse(
  Deno.readTextFileSync(new URL("../../vectors/mdns.json", import.meta.url)),
);

/** A captured packet by the end of its name. */
export function capturedPacket(name: string): Packet {
  const found = captured.find((vector) => vector.name.endsWith(name));
  if (found === undefined) throw new Error(`No such vector: ${name}`);
  return decodePacket(found.hex);
}
