/**
 * Checks of what callers pass in. Each error names the argument, what was got, and what was expected: a mistake is then
 * found where it was made, and not in the middle of the protocol.
 *
 * @module
 */

import { fromBase64 } from "../base/bytes.ts";
import type { MemberFilter } from "./member.ts";
import { OPTION_NAMES } from "./options.ts";
import type { QueryOptions } from "./query.ts";
import type { TagChange } from "./tag_change.ts";

/** Throws: `Cannot use NAME: got VALUE, expected WHAT`. */
export function refuse(
  name: string,
  value: unknown,
  expected: string,
  ErrorClass: new (message: string) => Error = TypeError,
): never {
  throw new ErrorClass(`Cannot use ${name}: got ${shown(value)}, expected ${expected}`);
}

/** Text, such as a name. */
export function checkText(name: string, value: unknown, expected = "text"): void {
  if (typeof value !== "string") refuse(name, value, expected);
}

/** An array of texts; `example` is one of them. */
export function checkTexts(name: string, value: unknown, example: string): void {
  const expected = `an array of texts such as ["${example}"]`;
  if (!Array.isArray(value)) refuse(name, value, expected);
  for (const [i, item] of value.entries()) checkText(`${name}[${i}]`, item);
}

/** An object whose values are texts, such as tags. */
export function checkTextMap(name: string, value: unknown): void {
  if (!isRecord(value)) refuse(name, value, "an object of texts");
  for (const [key, text] of Object.entries(value)) checkText(`${name}.${key}`, text);
}

/** Which members to list. */
export function checkMemberFilter(filter: MemberFilter): void {
  checkOptions(filter, OPTION_NAMES.memberFilter);
  const { name, status, tags } = filter;
  if (name !== undefined) checkText("name", name);
  if (status !== undefined) checkText("status", status);
  if (tags !== undefined) checkTextMap("tags", tags);
}

/** What tags to set and to delete. */
export function checkTagChange(change: TagChange): void {
  checkOptions(change, OPTION_NAMES.tagChange);
  if (change.set !== undefined) checkTextMap("set", change.set);
  if (change.delete !== undefined) checkTexts("delete", change.delete, "role");
}

/** A number from 0 to `max`. */
export function checkNumber(name: string, value: unknown, max = Infinity): void {
  const expected = max === Infinity ? "0 or more" : `0 to ${max}`;
  if (typeof value !== "number") refuse(name, value, `a number, ${expected}`);
  if (!(value >= 0 && value <= max)) refuse(name, value, expected, RangeError);
}

/** What goes with an event, a query or an answer. */
export function checkPayload(value: unknown): void {
  if (value === null || typeof value === "string" || value instanceof Uint8Array) return;
  refuse("payload", value, "text, a Uint8Array or null");
}

/** Through how many members an answer is sent once more. */
export function checkRelayFactor(value: unknown): void {
  checkNumber("relayFactor", value, 255);
  if (!Number.isInteger(value)) refuse("relayFactor", value, "a whole number", RangeError);
}

/** What a query is asked with. A timeout below 0 passes: for an agent, such a query is over at once. */
export function checkQuery(name: unknown, payload: unknown, options: QueryOptions): void {
  checkText("name", name);
  checkPayload(payload);
  checkOptions(options, OPTION_NAMES.query);
  const { nodes, tags, relayFactor, timeoutMs } = options;
  if (nodes !== undefined) checkTexts("nodes", nodes, "web-1");
  if (tags !== undefined) checkTextMap("tags", tags);
  if (relayFactor !== undefined) checkRelayFactor(relayFactor);
  if (timeoutMs !== undefined && !Number.isFinite(timeoutMs)) {
    refuse("timeoutMs", timeoutMs, "a number");
  }
}

/** An encryption key, whose value never gets into a message. */
export function checkKey(name: string, value: unknown): void {
  if (typeof value === "string" || value instanceof Uint8Array) return;
  refuse(name, value, "a Uint8Array, or the same in base64");
}

/** The bytes of a key that may be given in base64. Throws a `TypeError` if it is something else. */
export function keyBytes(name: string, key: Uint8Array | string): Uint8Array {
  if (typeof key !== "string") return key;
  try {
    return fromBase64(key);
  } catch {
    // The text may be a secret, so the message leaves it out.
    throw new TypeError(`Cannot use ${name}: got text that is not base64`);
  }
}

/** An options object with no other properties than the `known` ones, whose `signal` is a signal. */
export function checkOptions(options: unknown, known: readonly string[], prefix = ""): void {
  if (!isRecord(options)) refuse(prefix.slice(0, -1) || "options", options, "an object");
  for (const name in options) {
    if (!known.includes(name)) refuseOption(name, known, prefix);
  }
  const { signal } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    refuse("signal", signal, "an AbortSignal");
  }
}

/** The error for the name of a member that is not known; it names the one that may be meant. */
export function unknownMember(name: string, known: readonly string[]): RangeError {
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? "" : `, did you mean ${nearest}?`;
  return new RangeError(`Cannot find member ${shown(name)}${hint}`);
}

function refuseOption(name: string, known: readonly string[], prefix: string): never {
  const nearest = nearestName(name, known);
  const hint = nearest !== undefined
    ? `did you mean ${nearest}?`
    : `expected one of ${known.join(", ")}`;
  throw new TypeError(`Cannot use ${prefix}${name}: there is no such option, ${hint}`);
}

/** The known name that may be meant by another one, which has a typing error then. */
function nearestName(name: string, known: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let least = Math.max(2, name.length / 3);
  for (const candidate of known) {
    // Words of such different lengths need as many letters, and there may be many of them.
    if (Math.abs(candidate.length - name.length) > least) continue;
    const letters = distance(name, candidate);
    if (letters > least || (letters === least && nearest !== undefined)) continue;
    nearest = candidate;
    least = letters;
  }
  return nearest;
}

/** How many letters must be added, removed or replaced to make one word of another, upper and lower case being equal. */
function distance(a: string, b: string): number {
  const word = b.toLowerCase();
  let previous = Array.from({ length: word.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a.toLowerCase()].entries()) {
    const row = [i + 1];
    for (let j = 0; j < word.length; j++) {
      const replaced = previous[j] + Number(word[j] !== letter);
      row.push(Math.min(replaced, previous[j + 1] + 1, row[j] + 1));
    }
    previous = row;
  }
  return previous[word.length];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The longest text that is quoted in full. */
const MAX_SHOWN = 40;

/** A value in the words of a message. */
function shown(value: unknown): string {
  if (typeof value === "string") {
    return JSON.stringify(value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value);
  }
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return "an array";
  const kind: string = value.constructor?.name ?? "Object";
  return kind === "Object" ? "an object" : `a value of type ${kind}`;
}
