/**
 * What the library needs of its runtime: connections, listeners, files and facts about the machine. There is a form for
 * Deno and one for Node and Bun, and `load_platform.ts` chooses. Datagram sockets, which have a fast path in Deno, are in
 * `host/transport`.
 *
 * The interfaces of sockets are small enough that Deno's own objects have their shape, so that on Deno nothing stands
 * between the library and them. A system error has the name of the system's error as its `code`, whatever the runtime:
 * `errorCode` in `base/errors.ts`.
 *
 * @module
 */

import type { ByteSink } from "../write_all.ts";

/** An end of a TCP connection: an IP literal, or a host name where one is dialled. */
export interface Endpoint {
  readonly hostname: string;
  readonly port: number;
}

/** A connection. Nobody reads, or writes, again before the last time has ended. */
export interface StreamConnection extends ByteSink {
  /** Fills a part of the buffer, after waiting if nothing has arrived yet; `null` at the end of what the peer sends. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Closes at once, in both directions; reads and writes that wait are rejected. Called once. */
  close(): void;
}

/** A TCP connection. */
export interface TcpConnection extends StreamConnection {
  readonly localAddr: Endpoint;
  readonly remoteAddr: Endpoint;
  /** Whether small writes are sent at once. May throw if the peer has reset the connection. */
  setNoDelay(noDelay: boolean): void;
  /** Ends what this side sends, after all that was written. */
  closeWrite(): Promise<void>;
}

/** A listening TCP socket. */
export interface TcpListener {
  /** Where it listens, with the real port. */
  readonly addr: Endpoint;
  /** The next connection; rejects when the listener is closed. */
  accept(): Promise<TcpConnection>;
  /** Stops listening. Connections that were accepted stay open. Called once. */
  close(): void;
}

/** A file that is written from its beginning to its end. */
export interface OutputFile extends ByteSink {
  /** Cuts the file; what is written next follows. */
  truncate(length: number): Promise<void>;
  /** Resolves when what was written is on the disk. */
  sync(): Promise<void>;
  close(): void;
}

/** How a file is opened for writing. One that does not exist is created. */
export interface OutputFileOptions {
  /** Whether what is in it stays, and is written after. */
  readonly append: boolean;
  /** The permissions of a new file. */
  readonly mode: number;
}

/** An address of a network interface. */
export interface InterfaceAddress {
  readonly address: string;
  /** The same with the size of its network, as in `10.0.0.1/8`. */
  readonly cidr: string | null;
}

/** What a runtime gives. All functions reject with system errors. */
export interface Platform {
  /** The name of the machine. */
  hostname(): string;
  /** The addresses of the machine. */
  networkInterfaces(): readonly InterfaceAddress[];
  /**
   * Connects, until the signal, which now belongs to the call, is aborted; a connection that is made all the same is
   * returned.
   */
  connectTcp(to: Endpoint, signal: AbortSignal): Promise<TcpConnection>;
  /** Connects to a unix socket. */
  connectUnix(path: string): Promise<StreamConnection>;
  /** Listens; port 0 takes a free one, and `::` takes connections over IPv4 too. */
  listenTcp(at: Endpoint): Promise<TcpListener>;
  /** Opens a file for writing. */
  openFile(path: string, options: OutputFileOptions): Promise<OutputFile>;
  /** All bytes of a file. */
  readFile(path: string): Promise<Uint8Array>;
  /** Renames a file, in place of the one that has the name. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file. */
  removeFile(path: string): Promise<void>;
  /** Makes a change of a folder durable. */
  syncFolder(path: string): Promise<void>;
}
