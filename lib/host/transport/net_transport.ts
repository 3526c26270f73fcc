/**
 * memberlist's `NetTransport`: packets over UDP and exchanges over TCP streams, on one port.
 *
 * @module
 */

import { Address } from "../../base/address.ts";
import type { Metrics } from "../../base/metrics.ts";
import type { TcpListener } from "../../base/platform/platform.ts";
import { LOG_INTERVAL_MS, LOG_LINES, RateLimiter } from "../../base/rate_limiter.ts";
import type { Exchange, Packet, Reply, StreamMessage } from "../../wire/messages/messages.ts";
import { decodePacket, encodePacket } from "../../wire/framing/packet.ts";
import type { WireOptions } from "../../wire/framing/wire_options.ts";
import type { Tracer } from "../tracing.ts";
import { type BindOptions, bindPair, type BoundPair } from "./bind.ts";
import { exchangeOverTcp } from "./tcp_client.ts";
import { TcpServer } from "./tcp_server.ts";
import { traceExchange } from "./trace_exchange.ts";
import type { UdpSocket } from "./udp.ts";

/** Takes what arrives. */
export interface TransportHandler {
  /** A datagram arrived and was decoded. */
  receive(from: Address, packet: Packet): void;
  /** A message arrived on a stream. Returns the answer, or `null` to close the stream without one. */
  accept(from: Address, message: StreamMessage): StreamMessage | null;
}

/** Settings of a {@link NetTransport}. */
export interface NetTransportOptions extends BindOptions {
  readonly wire: WireOptions;
  /** How long reading a message of an inbound stream may take, and again writing the answer. */
  readonly streamTimeoutMs: number;
  /** Whether datagrams and streams are exchanged with an address. Default: with any. */
  readonly allows?: (ip: Uint8Array) => boolean;
  /** Takes the values of metrics, if they are wanted. */
  readonly metrics?: Metrics;
  /** Takes the spans of state exchanges, if they are wanted. */
  readonly tracer?: Tracer;
}

/** A bound UDP socket and a TCP listener of the same port. */
export class NetTransport {
  /** The bound address, with the real port. */
  readonly address: Address;
  readonly #options: NetTransportOptions;
  readonly #udp: UdpSocket;
  readonly #listener: TcpListener;
  readonly #closing = new AbortController();
  readonly #exchanges = new Set<Promise<Reply>>();
  /** Limits the lines about datagrams that cannot be used: one for each, and few for each host. */
  readonly #warnings = new RateLimiter(LOG_INTERVAL_MS, { times: LOG_LINES });
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

  /** Begins to receive. What arrived since the sockets were bound is in the system's buffers. Called once. */
  start(handler: TransportHandler): void {
    const { wire, log, metrics, tracer, allows, streamTimeoutMs: timeoutMs } = this.#options;
    this.#udp.start((from, bytes) => {
      if (allows?.(from.ip) === false) {
        metrics?.count("memberlist.udp.dropped", 1, { reason: "address" });
        return;
      }
      metrics?.count("memberlist.udp.received", bytes.length);
      const { messages, problems } = decodePacket(bytes, wire);
      const [problem] = problems;
      if (problem !== undefined && this.#warnings.allows(from.host, performance.now())) {
        const { level, text, anonymous } = problem;
        log(level, anonymous ? text : `${text} from=${from}`);
      }
      if (messages.length === 0) {
        metrics?.count("memberlist.udp.dropped", 1, { reason: "undecodable" });
      } else handler.receive(from, { messages, crc: false });
    });
    this.#server = new TcpServer({
      listener: this.#listener,
      wire,
      timeoutMs,
      allows,
      accept: (from, message) => handler.accept(from, message),
      log,
      metrics,
      tracer,
    });
  }

  /** Sends one datagram, best effort. */
  send(to: Address, packet: Packet): void {
    const { wire, metrics, allows } = this.#options;
    // This also keeps pings and answers from being relayed to where a sender should not reach.
    if (allows?.(to.ip) === false) return;
    const bytes = encodePacket(packet, wire);
    metrics?.count("memberlist.udp.sent", bytes.length);
    this.#udp.send(bytes, to);
  }

  /** Performs a stream exchange. Never rejects; closing the transport makes it fail at once. */
  request(to: Address, exchange: Exchange): Promise<Reply> {
    const { wire, log, metrics, tracer, allows } = this.#options;
    if (allows?.(to.ip) === false) {
      return Promise.resolve({ ok: false, error: `${to.host} is not allowed`, refused: false });
    }
    const options = { wire, log, metrics, signal: this.#closing.signal };
    const traced = { peer: to, role: "dialler", message: exchange.message } as const;
    const reply = traceExchange(tracer, traced, () => exchangeOverTcp(to, exchange, options))
      .finally(() => this.#exchanges.delete(reply));
    this.#exchanges.add(reply);
    return reply;
  }

  /** Closes all sockets; resolves when they are closed. Nothing is delivered after the call. */
  async close(): Promise<void> {
    this.#closing.abort(new Error("use of closed network connection"));
    if (this.#server === undefined) this.#listener.close();
    await Promise.all([this.#udp.close(), this.#server?.close(), ...this.#exchanges]);
  }
}
