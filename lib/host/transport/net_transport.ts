/**
 * The network as the protocol sees it: datagrams and stream exchanges on one port.
 *
 * @module
 */

import { Address } from "../../base/address.ts";
import type { Metrics } from "../../base/metrics.ts";
import type { Exchange, Packet, Reply, StreamMessage } from "../../wire/messages/messages.ts";
import { decodePacket, encodePacket } from "../../wire/framing/packet.ts";
import type { WireOptions } from "../../wire/framing/wire_options.ts";
import { type BindOptions, bindPair, type BoundPair } from "./bind.ts";
import { exchangeOverTcp } from "./tcp_client.ts";
import { TcpServer } from "./tcp_server.ts";
import type { UdpSocket } from "./udp.ts";

/** Who takes what arrives. */
export interface TransportHandler {
  /** A readable datagram arrived. */
  receive(from: Address, packet: Packet): void;
  /** A message arrived on a stream; returns the answer, or `null` to just close. */
  accept(from: Address, message: StreamMessage): StreamMessage | null;
}

/** What a transport is bound to and how it speaks. */
export interface NetTransportOptions extends BindOptions {
  readonly wire: WireOptions;
  /** Bound on reading a message of an inbound stream, and again on writing the answer, milliseconds. */
  readonly streamTimeoutMs: number;
  /** Takes figures, if they are wanted. */
  readonly metrics?: Metrics;
}

/** A bound UDP socket and a TCP listener of the same port. */
export class NetTransport {
  /** The bound address; its port is the real one when port 0 was asked for. */
  readonly address: Address;
  readonly #options: NetTransportOptions;
  readonly #udp: UdpSocket;
  readonly #listener: Deno.TcpListener;
  readonly #closing = new AbortController();
  readonly #exchanges = new Set<Promise<Reply>>();
  #server: TcpServer | undefined;

  private constructor(options: NetTransportOptions, { udp, listener, port }: BoundPair) {
    this.address = new Address(options.bind.ip, port);
    this.#options = options;
    this.#udp = udp;
    this.#listener = listener;
  }

  /** Binds both sockets; rejects as {@link bindPair} does. */
  static async bind(options: NetTransportOptions): Promise<NetTransport> {
    return new NetTransport(options, await bindPair(options));
  }

  /** Begins to deliver; what arrived before waits in the system's buffers. Called once. */
  start(handler: TransportHandler): void {
    const { wire, log, metrics, streamTimeoutMs: timeoutMs } = this.#options;
    this.#udp.start((from, bytes) => {
      metrics?.count("memberlist.udp.received", bytes.length);
      const { messages, problems } = decodePacket(bytes, wire);
      for (const { level, text } of problems) log(level, `${text} from=${from}`);
      if (messages.length > 0) handler.receive(from, { messages, crc: false });
    });
    this.#server = new TcpServer({
      listener: this.#listener,
      wire,
      timeoutMs,
      accept: (from, message) => handler.accept(from, message),
      log,
      metrics,
    });
  }

  /** Sends one datagram, best effort. */
  send(to: Address, packet: Packet): void {
    const { wire, metrics } = this.#options;
    const bytes = encodePacket(packet, wire);
    metrics?.count("memberlist.udp.sent", bytes.length);
    this.#udp.send(bytes, to);
  }

  /** One stream exchange; never rejects. Fails at once when the transport is closed. */
  request(to: Address, exchange: Exchange): Promise<Reply> {
    const { wire, log, metrics } = this.#options;
    const options = { wire, log, metrics, signal: this.#closing.signal };
    const reply = exchangeOverTcp(to, exchange, options)
      .finally(() => this.#exchanges.delete(reply));
    this.#exchanges.add(reply);
    return reply;
  }

  /** Stops everything; resolves when no socket is left open. Nothing is delivered after the call. */
  async close(): Promise<void> {
    this.#closing.abort(new Error("use of closed network connection"));
    if (this.#server === undefined) this.#listener.close();
    await Promise.all([this.#udp.close(), this.#server?.close(), ...this.#exchanges]);
  }
}
