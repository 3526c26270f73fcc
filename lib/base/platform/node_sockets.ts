/**
 * TCP and unix sockets of `node:net`, which calls back with whatever happens, in the form in which the library reads: one
 * waits for what comes next. A socket takes from the system only a little more than its reader has asked for.
 *
 * @module
 */

import type { AddressInfo, Server, Socket } from "node:net";
import type { Endpoint, TcpConnection, TcpListener } from "./platform.ts";

/** A connected socket. */
export class NodeConnection implements TcpConnection {
  readonly localAddr: Endpoint;
  readonly remoteAddr: Endpoint;
  readonly #socket: Socket;
  /** Why there is no more to read: `null` at the end of what the peer sends. */
  #end: Error | null | undefined;
  /** Ends the wait of a reader. */
  #wake = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    // A unix socket has neither.
    this.localAddr = { hostname: socket.localAddress ?? "", port: socket.localPort ?? 0 };
    this.remoteAddr = { hostname: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 };
    socket.on("readable", () => this.#wake());
    socket.on("end", () => this.#finish(null));
    socket.on("error", (error) => this.#finish(error));
    socket.on("close", () => this.#finish(new Error("the connection is closed")));
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    for (;;) {
      const bytes = this.#take(buffer.length);
      if (bytes !== null) {
        buffer.set(bytes);
        return bytes.length;
      }
      if (this.#end === null) return null;
      if (this.#end !== undefined) throw this.#end;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  async write(bytes: Uint8Array): Promise<number> {
    await this.#run((done) => this.#socket.write(bytes, done));
    return bytes.length;
  }

  async closeWrite(): Promise<void> {
    await this.#run((done) => this.#socket.end(done));
  }

  setNoDelay(noDelay: boolean): void {
    this.#socket.setNoDelay(noDelay);
  }

  close(): void {
    // Bun would tell readers that the peer has ended.
    this.#finish(new Error("the connection is closed"));
    this.#socket.destroy();
  }

  /** At most `length` bytes that have arrived. If there are none it is `null`, and the socket looks for more. */
  #take(length: number): Uint8Array | null {
    return this.#socket.read(Math.min(length, this.#socket.readableLength));
  }

  /** Waits for the end of an operation. A failure of the socket itself explains one of its operations better. */
  async #run(begin: (done: (error?: Error | null) => void) => void): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    begin((error) => error ? reject(this.#end ?? error) : resolve());
    await promise;
  }

  #finish(end: Error | null): void {
    if (this.#end === undefined) this.#end = end;
    this.#wake();
  }
}

/** A listening socket. */
export class NodeListener implements TcpListener {
  readonly addr: Endpoint;
  readonly #server: Server;
  readonly #arrived: NodeConnection[] = [];
  /** What kept the system from accepting, until somebody is told. */
  #failure: Error | undefined;
  #closed = false;
  /** Ends the wait of who accepts. */
  #wake = () => {};

  /** `server` listens already. */
  constructor(server: Server) {
    const { address: hostname, port } = server.address() as AddressInfo;
    this.addr = { hostname, port };
    this.#server = server;
    server.on("connection", (socket) => {
      // The peer has reset it already.
      if (socket.remoteAddress === undefined) return socket.destroy();
      this.#arrived.push(new NodeConnection(socket));
      this.#wake();
    });
    server.on("error", (error) => {
      this.#failure = error;
      this.#wake();
    });
  }

  async accept(): Promise<NodeConnection> {
    for (;;) {
      const connection = this.#arrived.shift();
      if (connection !== undefined) return connection;
      const failure = this.#failure;
      this.#failure = undefined;
      if (failure !== undefined) throw failure;
      if (this.#closed) throw new Error("the listener is closed");
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  close(): void {
    this.#closed = true;
    this.#server.close();
    for (const connection of this.#arrived.splice(0)) connection.close();
    this.#wake();
  }
}
