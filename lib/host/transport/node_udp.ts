/**
 * Datagrams through `node:dgram`, on Node and Bun, and for programs that import this library without enabling Deno's unstable
 * net API. There it takes more memory, and about twice the processor time for each datagram.
 *
 * @module
 */

import type { Log } from "../../base/log.ts";
import { createSocket, type Socket } from "node:dgram";
import type { Address } from "../../base/address.ts";
import {
  type BindUdp,
  deliver,
  logFailedReceive,
  logFailedSend,
  MAX_PENDING_SENDS,
  reachableHost,
  type ReceiveDatagram,
  type UdpOptions,
  type UdpSocket,
} from "./udp.ts";

/** Binds with `node:dgram`. */
export const bindNodeUdp: BindUdp = async (options) => {
  const socket = createSocket({ type: options.host.includes(":") ? "udp6" : "udp4" });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("error", reject);
  socket.bind(options.port, options.host, resolve);
  try {
    await promise;
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.off("error", reject);
  return new NodeUdpSocket(socket, options);
};

class NodeUdpSocket implements UdpSocket {
  readonly #socket: Socket;
  readonly #host: string;
  readonly #log: Log;
  #pending = 0;
  #closed = false;

  constructor(socket: Socket, { host, log }: UdpOptions) {
    this.#socket = socket;
    this.#host = host;
    this.#log = log;
  }

  start(receive: ReceiveDatagram): void {
    const log = this.#log;
    this.#socket.on("message", (bytes, { address: hostname, port }) => {
      // The slice() of a Buffer shares its memory, so it makes no copy.
      if (!this.#closed) deliver({ hostname, port }, new Uint8Array(bytes), { receive, log });
    });
    this.#socket.on("error", (error) => logFailedReceive(log, error));
  }

  send(bytes: Uint8Array, to: Address): void {
    if (this.#closed || this.#pending >= MAX_PENDING_SENDS) return;
    this.#pending++;
    this.#socket.send(bytes, to.port, reachableHost(to, this.#host), (error) => {
      this.#pending--;
      if (error && !this.#closed) logFailedSend(this.#log, to, error);
    });
  }

  close(): Promise<void> {
    this.#closed = true;
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }
}
