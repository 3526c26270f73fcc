/**
 * Values as JSON that JSON has no form for: bytes, addresses, maps, large and infinite numbers.
 *
 * @module
 */

import { Address } from "../base/address.ts";

/** Turns a value into JSON. Functions and `undefined` are left out. */
export function encodeValue(value: unknown): string {
  return JSON.stringify(value, replace) ?? "null";
}

/** The value that {@link encodeValue} made JSON of. Throws a `SyntaxError` for anything else. */
export function decodeValue(json: string): unknown {
  return JSON.parse(json, revive);
}

function replace(_key: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return { $bytes: value.toBase64() };
  if (value instanceof Address) return { $address: value.ip.toBase64(), port: value.port };
  if (value instanceof Map) return { $map: [...value] };
  if (typeof value === "bigint") return { $bigint: String(value) };
  if (typeof value === "number" && !Number.isFinite(value)) return { $number: String(value) };
  return value;
}

function revive(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { $bytes, $address, port, $map, $bigint, $number } = value as Record<string, unknown>;
  if (typeof $bytes === "string") return Uint8Array.fromBase64($bytes);
  if (typeof $address === "string") {
    return new Address(Uint8Array.fromBase64($address), Number(port));
  }
  if (Array.isArray($map)) return new Map($map as [unknown, unknown][]);
  if (typeof $bigint === "string") return BigInt($bigint);
  if (typeof $number === "string") return Number($number);
  return value;
}
