/**
 * Values in Go syntax, in which `serf monitor` prints the fields of an event.
 *
 * @module
 */

import { goQuote } from "./quote.ts";

/** A decoded value of an event record. */
export type GoValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly GoValue[]
  | { readonly [key: string]: GoValue };

/**
 * Formats a value as Go's `%#v` does after decoding it into an `interface{}`: text quoted, lists as `[]interface {}{…}`,
 * maps as `map[interface {}]interface {}{…}` with sorted keys, nil as `<nil>`.
 */
export function goSyntax(value: GoValue): string {
  // Go has two names for the type, and prints `byte` only at the top level.
  return value instanceof Uint8Array ? `[]byte${bytesIn(value)}` : nested(value);
}

function nested(value: GoValue): string {
  if (value === null) return "<nil>";
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number" || typeof value === "bigint") return integer(value);
  if (typeof value === "string") return goQuote(value);
  if (value instanceof Uint8Array) return `[]uint8${bytesIn(value)}`;
  if (Array.isArray(value)) return `[]interface {}{${value.map(nested).join(", ")}}`;
  const entries = Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
  const items = entries.map(([key, item]) => `${goQuote(key)}:${nested(item)}`);
  return `map[interface {}]interface {}{${items.join(", ")}}`;
}

/** Go decodes integers below 128 as signed, which it prints in decimal, and larger ones as unsigned, printed in hex. */
function integer(value: number | bigint): string {
  return value < 0x80 ? String(value) : hex(value);
}

function bytesIn(bytes: Uint8Array): string {
  return `{${Array.from(bytes, hex).join(", ")}}`;
}

function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}
