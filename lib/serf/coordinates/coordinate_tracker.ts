/**
 * Where we stand in the network, and where the members we have probed stand.
 *
 * @module
 */

import { errorText } from "../../base/errors.ts";
import type { SwimEvent } from "../../swim/delegate.ts";
import { type Coordinate, distance } from "../../api/coordinate.ts";
import { decodeCoordinate, encodeCoordinate } from "../../wire/messages/coordinate.ts";
import type { SerfContext } from "../context.ts";
import { CoordinateClient } from "./coordinate.ts";

/** Exchanges coordinates with every probe that is answered. */
export class CoordinateTracker {
  readonly #context: SerfContext;
  readonly #client: CoordinateClient;
  /** The last known coordinates of others. */
  readonly #others = new Map<string, Coordinate>();
  #encoded?: { readonly of: Coordinate; readonly bytes: Uint8Array };

  constructor(context: SerfContext) {
    this.#context = context;
    this.#client = new CoordinateClient(() => context.world.random());
  }

  /** How often our coordinate had to start again from the origin. */
  get resets(): number {
    return this.#client.resets;
  }

  /** What our acks carry. */
  ackPayload(): Uint8Array {
    const { coordinate } = this.#client;
    if (this.#encoded?.of !== coordinate) {
      this.#encoded = { of: coordinate, bytes: encodeCoordinate(coordinate) };
    }
    return this.#encoded.bytes;
  }

  /** A member answered a direct probe. */
  observe({ node, rttMs, payload }: SwimEvent & { type: "ping-ack" }): void {
    if (payload === null || payload.length === 0) return;
    try {
      const coordinate = decodeCoordinate(payload);
      if (this.#update(node, coordinate, rttMs)) {
        this.#others.set(node, coordinate);
      } else {
        this.#context.log("TRACE", `Rejected coordinate from ${node}`);
      }
    } catch (error) {
      this.#context.log("ERR", `Failed to decode coordinate from ping: ${errorText(error)}`);
    }
  }

  #update(node: string, coordinate: Coordinate, rttMs: number): boolean {
    const { metrics } = this.#context.config;
    const before = this.#client.coordinate;
    const taken = this.#client.update(node, coordinate, rttMs / 1_000);
    if (metrics === undefined) return taken;
    if (!taken) metrics.count("serf.coordinate.rejected");
    else {
      if (rttMs === 0) metrics.count("serf.coordinate.zero-rtt");
      const moved = distance(before, this.#client.coordinate);
      metrics.sample("serf.coordinate.adjustment-ms", moved * 1_000);
    }
    return taken;
  }

  /** The last known coordinate of a member, or our own; `undefined` before the first probe was answered. */
  get(node: string): Coordinate | undefined {
    return node === this.#context.config.name ? this.#client.coordinate : this.#others.get(node);
  }

  /** A member is gone for good. */
  forget(node: string): void {
    this.#client.forget(node);
    this.#others.delete(node);
  }
}
