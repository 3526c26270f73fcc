/**
 * The inbound streams whose message is not complete yet. Anybody can open one, with or without a key, so room for a new
 * one is made at the cost of the address that takes the most, oldest stream first: strangers cannot keep members out.
 *
 * @module
 */

import type { TimedConnection } from "./timed_connection.ts";

/** One inbound stream. */
export interface Inbound {
  readonly connection: TimedConnection;
  /** The address it comes from, without the port. */
  readonly host: string;
  /** Bytes of its message so far. */
  received: number;
}

/** The most unfinished streams of one address. Those of a member end within milliseconds. */
const MAX_STREAMS_PER_HOST = 128;
/** The most unfinished streams of all addresses. */
const MAX_STREAMS = 512;
/** The most bytes of all unfinished messages. The decoder limits a single one. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Closes streams when there are too many, or when they have received too much. */
export class UnfinishedStreams {
  /** In the order of their arrival. */
  readonly #streams = new Set<Inbound>();
  #bytes = 0;

  /** Adds a stream that was accepted, and closes others if there are too many. */
  add(stream: Inbound): void {
    this.#streams.add(stream);
    if (this.#count(stream.host) > MAX_STREAMS_PER_HOST) this.#closeOldestOf(stream.host);
    if (this.#streams.size > MAX_STREAMS) this.#closeOldestOf(this.#greediest(() => 1));
  }

  /** Bytes arrived on a stream. May close streams, this one included. */
  grow(stream: Inbound, count: number): void {
    if (!this.#streams.has(stream)) return;
    stream.received += count;
    this.#bytes += count;
    while (this.#bytes > MAX_BYTES) {
      const closed = this.#closeOldestOf(this.#greediest(({ received }) => received));
      if (closed === stream) throw new Error("Too many pending push/pull requests");
    }
  }

  /** The message of a stream is complete, or never will be. */
  delete(stream: Inbound): void {
    if (this.#streams.delete(stream)) this.#bytes -= stream.received;
  }

  #count(host: string): number {
    let count = 0;
    for (const stream of this.#streams) if (stream.host === host) count++;
    return count;
  }

  /** The address whose streams weigh the most together. */
  #greediest(weigh: (stream: Inbound) => number): string {
    const weights = new Map<string, number>();
    let greediest = "";
    for (const stream of this.#streams) {
      const weight = (weights.get(stream.host) ?? 0) + weigh(stream);
      weights.set(stream.host, weight);
      if (weight > (weights.get(greediest) ?? -1)) greediest = stream.host;
    }
    return greediest;
  }

  #closeOldestOf(host: string): Inbound | undefined {
    for (const stream of this.#streams) {
      if (stream.host !== host) continue;
      this.delete(stream);
      stream.connection.close();
      return stream;
    }
    return undefined;
  }
}
