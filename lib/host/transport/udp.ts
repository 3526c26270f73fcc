/**
 * Datagram sockets, and what both implementations of them share.
 *
 * @module
 */

import type { Log } from "../../base/log.ts";
import { Address, isMapped } from "../../base/address.ts";
import { osErrorText } from "../../go/os_error.ts";
import { serveLoop } from "./serve_loop.ts";

/** Takes a datagram. The bytes belong to the receiver. */
export type ReceiveDatagram = (from: Address, bytes: Uint8Array) => void;

/** A bound datagram socket. */
export interface UdpSocket {
  /** Begins to receive. What arrived since the socket was bound is in the system's buffer. Called once. */
  start(receive: ReceiveDatagram): void;
  /** Sends one datagram, best effort: a failure is logged, and a socket whose buffer is full drops it. */
  send(bytes: Uint8Array, to: Address): void;
  /** Resolves when the socket is closed. Nothing is delivered after the call. */
  close(): Promise<void>;
}

/** Where a datagram socket is bound. */
export interface UdpOptions {
  /** An IP literal. `::` also receives and sends IPv4 datagrams. */
  readonly host: string;
  readonly port: number;
  readonly log: Log;
}

/** Binds a datagram socket; rejects with the system's error. */
export type BindUdp = (options: UdpOptions) => Promise<UdpSocket>;

/** The largest datagram that UDP allows. */
const RECEIVE_BUFFER_BYTES = 65_536;
/** The most sends that the system has not accepted yet. Further datagrams are dropped: they would be late anyway. */
export const MAX_PENDING_SENDS = 1_024;

/**
 * Binds with `Deno.listenDatagram`, which needs the unstable net API. All datagrams are received into one buffer, which
 * halves the memory of the process compared with a buffer for each.
 */
export const bindDenoUdp: BindUdp = (options) =>
  Promise.try(() => {
    const { host: hostname, port } = options;
    const socket = Deno.listenDatagram({ transport: "udp", hostname, port });
    return new DenoUdpSocket(socket, options);
  });

class DenoUdpSocket implements UdpSocket {
  readonly #socket: Deno.DatagramConn;
  readonly #host: string;
  readonly #log: Log;
  readonly #closing = new AbortController();
  #loop: Promise<void> | undefined;
  #pending = 0;
  readonly #sent = () => {
    this.#pending--;
  };

  constructor(socket: Deno.DatagramConn, { host, log }: UdpOptions) {
    this.#socket = socket;
    this.#host = host;
    this.#log = log;
  }

  start(receive: ReceiveDatagram): void {
    const buffer = new Uint8Array(RECEIVE_BUFFER_BYTES);
    const signal = this.#closing.signal;
    const receiveOne = async () => {
      const [view, from] = await this.#socket.receive(buffer);
      if (!signal.aborted) deliver(from as Deno.NetAddr, view.slice(), { receive, log: this.#log });
    };
    this.#loop = serveLoop(receiveOne, {
      signal,
      onError: (error) => logFailedReceive(this.#log, error),
    });
  }

  send(bytes: Uint8Array, to: Address): void {
    if (this.#closing.signal.aborted || this.#pending >= MAX_PENDING_SENDS) return;
    this.#pending++;
    const hostname = reachableHost(to, this.#host);
    this.#socket.send(bytes, { transport: "udp", hostname, port: to.port })
      .then(this.#sent, (error) => {
        this.#pending--;
        if (!this.#closing.signal.aborted) logFailedSend(this.#log, to, error);
      });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#socket.close();
    await this.#loop;
  }
}

/** Passes a datagram on. An empty one, which holds no message, is only logged. */
export function deliver(
  from: { readonly hostname: string; readonly port: number },
  bytes: Uint8Array,
  { receive, log }: { readonly receive: ReceiveDatagram; readonly log: Log },
): void {
  const address = peerAddress(from);
  if (bytes.length > 0) receive(address, bytes);
  else log("ERR", `memberlist: UDP packet too short (0 bytes) from=${address}`);
}

/** Logs that reading from a socket failed. */
export function logFailedReceive(log: Log, error: unknown): void {
  log("ERR", `memberlist: Error reading UDP packet: ${osErrorText(error)}`);
}

/** Logs that a datagram could not be sent. */
export function logFailedSend(log: Log, to: Address, error: unknown): void {
  log("ERR", `memberlist: Failed to send UDP packet to ${to}: write udp: ${osErrorText(error)}`);
}

/** The addresses of peers by host: most datagrams come from those of whom some came before. */
const recent = new Map<string, Address>();
/** The most of them. When there are more, they are forgotten. */
const MAX_RECENT = 256;

/** The address of a peer as a socket reports it. A dual-stack socket reports IPv4 in mapped form, which is undone here. */
export function peerAddress(
  { hostname, port }: { readonly hostname: string; readonly port: number },
): Address {
  const known = recent.get(hostname);
  if (known?.port === port) return known;
  const address = parsePeerAddress(hostname, port);
  if (recent.size >= MAX_RECENT) recent.clear();
  recent.set(hostname, address);
  return address;
}

function parsePeerAddress(hostname: string, port: number): Address {
  const zone = hostname.indexOf("%");
  const address = Address.parse(zone === -1 ? hostname : hostname.slice(0, zone), port);
  return isMapped(address.ip) ? new Address(address.ip.subarray(12), port) : address;
}

/** The host to send to from a socket that is bound to `boundHost`: an IPv6 socket needs IPv4 addresses in mapped form. */
export function reachableHost(to: Address, boundHost: string): string {
  return boundHost.includes(":") && !to.host.includes(":") ? `::ffff:${to.host}` : to.host;
}
