/**
 * Values in Go syntax, which is how `serf monitor` prints the fields of an event.
 *
 * @module
 */

import { goQuote } from "./quote.ts";

/** A value as it arrives in an event record. */
export type GoValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly GoValue[]
  | { readonly [key: string]: GoValue };

/**
 * Formats like Go's `%#v` a value that was decoded into an empty interface: text quoted, lists as
 * `[]interface {}{…}`, maps as `map[interface {}]interface {}{…}` with their keys sorted, nil as `<nil>`.
 */
export function goSyntax(value: GoValue): string {
  // Go knows the two names of one type; it shows `byte` only where the value stands alone.
  return value instanceof Uint8Array ? `[]byte${bytesIn(value)}` : nested(value);
}

function nested(value: GoValue): string {
  if (value === null) return "<nil>";
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number") return integer(value);
  if (typeof value === "string") return goQuote(value);
  if (value instanceof Uint8Array) return `[]uint8${bytesIn(value)}`;
  if (Array.isArray(value)) return `[]interface {}{${value.map(nested).join(", ")}}`;
  const entries = Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
  const items = entries.map(([key, item]) => `${goQuote(key)}:${nested(item)}`);
  return `map[interface {}]interface {}{${items.join(", ")}}`;
}

/** Small integers arrive signed and print in decimal; larger ones arrive unsigned, which Go shows in hex. */
function integer(value: number): string {
  return value < 0x80 ? String(value) : hex(value);
}

function bytesIn(bytes: Uint8Array): string {
  return `{${Array.from(bytes, hex).join(", ")}}`;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
