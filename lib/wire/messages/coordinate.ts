/**
 * Network coordinates on the wire: they travel as the payload of acks.
 *
 * @module
 */

import type { Coordinate } from "../../api/coordinate.ts";
import { DecodeError } from "../../base/errors.ts";
import { Reader } from "../msgpack/reader.ts";
import { encodeTyped, float, list, struct } from "../msgpack/struct.ts";

/** The only version of ack payloads there is. */
const PING_VERSION = 1;

const coordinateMap = struct({ Vec: list(float), Error: float, Adjustment: float, Height: float });

/** Encodes a coordinate as the payload of an ack: a version byte and a map. */
export function encodeCoordinate({ vec, error, adjustment, height }: Coordinate): Uint8Array {
  const values = { Vec: vec, Error: error, Adjustment: adjustment, Height: height };
  return encodeTyped(PING_VERSION, coordinateMap, values);
}

/**
 * Decodes the payload of an ack. Throws a {@link DecodeError} for another version, and for an empty payload. The values are not
 * checked: any number of dimensions, and NaN, may come.
 */
export function decodeCoordinate(payload: Uint8Array): Coordinate {
  if (payload[0] !== PING_VERSION) {
    throw new DecodeError(`unsupported ping version: ${payload[0] ?? "no payload"}`);
  }
  const values = coordinateMap.read(new Reader(payload, 1));
  return {
    vec: values.Vec,
    error: values.Error,
    adjustment: values.Adjustment,
    height: values.Height,
  };
}
