/**
 * The network coordinates of this node and of the members that it has probed: memberlist's PingDelegate. A coordinate
 * rides on every ack to a direct ping.
 *
 * @module
 */

import { errorText } from "../../base/errors.ts";
import type { SwimEvent } from "../../swim/delegate.ts";
import { type Coordinate, distance } from "../../api/coordinate.ts";
import { decodeCoordinate, encodeCoordinate } from "../../wire/messages/coordinate.ts";
import type { SerfContext } from "../context.ts";
import { CoordinateClient } from "./coordinate.ts";

/** Sends our coordinate with acks, and moves it by the coordinates in acks from others. */
export class CoordinateTracker {
  readonly #context: SerfContext;
  readonly #client: CoordinateClient;
  /** The last known coordinates of other members. */
  #others = new Map<string, Coordinate>();
  #encoded?: { readonly of: Coordinate; readonly bytes: Uint8Array };

  constructor(context: SerfContext) {
    this.#context = context;
    this.#client = new CoordinateClient(() => context.world.random());
  }

  /** How often our coordinate was not finite and started again from the origin. */
  get resets(): number {
    return this.#client.resets;
  }

  /** Our encoded coordinate. */
  ackPayload(): Uint8Array {
    const { coordinate } = this.#client;
    if (this.#encoded?.of !== coordinate) {
      this.#encoded = { of: coordinate, bytes: encodeCoordinate(coordinate) };
    }
    return this.#encoded.bytes;
  }

  /** An ack arrived from a member that we had pinged directly. */
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
    const accepted = this.#client.update(node, coordinate, rttMs / 1_000);
    if (metrics === undefined) return accepted;
    if (!accepted) metrics.count("serf.coordinate.rejected");
    else {
      if (rttMs === 0) metrics.count("serf.coordinate.zero-rtt");
      const moved = distance(before, this.#client.coordinate);
      metrics.sample("serf.coordinate.adjustment-ms", moved * 1_000);
    }
    return accepted;
  }

  /** The last known coordinate of a member, or our own. Members that we have not probed have none. */
  get(node: string): Coordinate | undefined {
    return node === this.#context.config.name ? this.#client.coordinate : this.#others.get(node);
  }

  /**
   * The round trip time to a member by its last known coordinate and ours, in milliseconds; `undefined` if it has told us
   * none, or one so far away that the distance is not finite.
   */
  roundTripMs(node: string): number | undefined {
    const other = this.#others.get(node);
    if (other === undefined) return undefined;
    const ms = distance(this.#client.coordinate, other) * 1_000;
    return Number.isFinite(ms) ? ms : undefined;
  }

  /** A member was erased. */
  forget(node: string): void {
    this.#client.forget(node);
    this.#others.delete(node);
  }

  /** See {@link SerfCore.save}. */
  save() {
    return { client: this.#client.save(), others: this.#others };
  }

  load({ client, others }: ReturnType<CoordinateTracker["save"]>): void {
    this.#client.load(client);
    this.#others = others;
  }
}
