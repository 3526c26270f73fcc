/**
 * Messages as trees of MessagePack values, and mutations that keep their structure.
 *
 * @module
 */

import type { Random } from "../../lib/sim/random.ts";
import { HUGE_LENGTHS, NUMBERS, TEXTS } from "./telling_values.ts";

/** A value. Of a map, `items` are keys and values in turn. */
type Value =
  | { readonly kind: "scalar"; readonly bytes: Uint8Array }
  | { readonly kind: "raw"; bytes: Uint8Array }
  | { readonly kind: "list" | "map"; readonly items: Value[] };

/** A message: bytes before its values, mostly its type, its values, and what follows them. */
interface MessageTree {
  readonly before: Uint8Array;
  readonly values: Value[];
  readonly after: Uint8Array;
}

/** So many values stand at the start of the longest mutated message, a push/pull. */
const MOST_VALUES = 64;
const DEEPEST = 64;

/** Thrown for bytes that are no value. */
class NoValue extends Error {}

/** Changes one to three values of a message, whose first `skip` bytes stay. */
export function mutateMessage(bytes: Uint8Array, skip: number, random: Random): Uint8Array {
  const tree = parseMessage(bytes, skip);
  for (let times = 1 + random.below(3); times > 0; times--) mutate(tree, random);
  return encoder.message(tree);
}

function parseMessage(bytes: Uint8Array, skip: number): MessageTree {
  const parser = new Parser(bytes, skip);
  const values: Value[] = [];
  let end = parser.position;
  try {
    while (end < bytes.length && values.length < MOST_VALUES) {
      values.push(parser.value());
      end = parser.position;
    }
  } catch (error) {
    if (!(error instanceof NoValue)) throw error;
  }
  return { before: bytes.subarray(0, skip), values, after: bytes.subarray(end) };
}

class Parser {
  position: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes;
    this.position = position;
  }

  value(depth = 0): Value {
    if (depth > DEEPEST) throw new NoValue();
    const start = this.position;
    const format = this.#number(1);
    if (format >= 0xe0 || format < 0x80) return this.#scalar(start, 0);
    if (format < 0x90) return this.#items("map", format & 15, depth);
    if (format < 0xa0) return this.#items("list", format & 15, depth);
    if (format < 0xc0) return this.#raw(format & 31);
    if (format >= 0xde) return this.#items("map", this.#number(format === 0xde ? 2 : 4), depth);
    if (format >= 0xdc) return this.#items("list", this.#number(format === 0xdc ? 2 : 4), depth);
    if (format >= 0xd9) return this.#raw(this.#number(1 << (format - 0xd9)));
    if (format >= 0xc4 && format <= 0xc6) return this.#raw(this.#number(1 << (format - 0xc4)));
    if (format >= 0xcc && format <= 0xd3) return this.#scalar(start, 1 << (format & 3));
    if (format === 0xca || format === 0xcb) return this.#scalar(start, format === 0xca ? 4 : 8);
    if (format === 0xc1 || format > 0xc3) throw new NoValue();
    return this.#scalar(start, 0);
  }

  #number(size: number): number {
    let number = 0;
    for (const byte of this.#take(size)) number = 256 * number + byte;
    return number;
  }

  #scalar(start: number, size: number): Value {
    this.#take(size);
    return { kind: "scalar", bytes: this.#bytes.subarray(start, this.position) };
  }

  #raw(length: number): Value {
    return { kind: "raw", bytes: this.#take(length) };
  }

  #items(kind: "list" | "map", count: number, depth: number): Value {
    if (count > this.#bytes.length) throw new NoValue();
    const items: Value[] = [];
    for (let left = kind === "map" ? 2 * count : count; left > 0; left--) {
      items.push(this.value(depth + 1));
    }
    return { kind, items };
  }

  #take(length: number): Uint8Array {
    const end = this.position + length;
    if (end > this.#bytes.length) throw new NoValue();
    const bytes = this.#bytes.subarray(this.position, end);
    this.position = end;
    return bytes;
  }
}

/** Appends values to a buffer, in the old dialect. */
class Encoder {
  #buffer = new Uint8Array(65_536);
  #length = 0;

  message({ before, values, after }: MessageTree): Uint8Array {
    this.#length = 0;
    this.#append(before);
    for (const value of values) this.#value(value);
    this.#append(after);
    return this.#buffer.slice(0, this.#length);
  }

  #value(value: Value): void {
    if (value.kind === "scalar") return this.#append(value.bytes);
    if (value.kind === "raw") {
      this.#header(value.bytes.length, 0xa0, 31, 0xda);
      return this.#append(value.bytes);
    }
    const { kind, items } = value;
    if (kind === "map") this.#header(items.length >> 1, 0x80, 15, 0xde);
    else this.#header(items.length, 0x90, 15, 0xdc);
    for (const item of items) this.#value(item);
  }

  /** A length in the format's own byte, or in two or four that follow. */
  #header(length: number, short: number, longestShort: number, long: number): void {
    if (length <= longestShort) this.#append([short | length]);
    else if (length <= 0xffff) this.#append([long, length >> 8, length & 255]);
    else {
      const [a, b] = [length >>> 16, length & 0xffff];
      this.#append([long + 1, a >> 8, a & 255, b >> 8, b & 255]);
    }
  }

  #append(bytes: ArrayLike<number>): void {
    const end = this.#length + bytes.length;
    if (end > this.#buffer.length) {
      const larger = new Uint8Array(2 * end);
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = end;
  }
}

/** One for all messages: what is inside another is encoded before that. */
const encoder = new Encoder();

/** Replaces, removes, repeats or moves one value. */
function mutate({ values }: MessageTree, random: Random): void {
  const places: { readonly siblings: Value[]; readonly index: number; readonly paired: boolean }[] =
    [];
  const visit = (siblings: Value[], paired: boolean) => {
    for (const [index, value] of siblings.entries()) {
      places.push({ siblings, index, paired });
      if (value.kind === "list" || value.kind === "map") visit(value.items, value.kind === "map");
    }
  };
  visit(values, false);
  if (places.length === 0) return;
  const { siblings, index, paired } = places[random.below(places.length)];
  const size = paired ? 2 : 1;
  const start = paired ? index & ~1 : index;
  switch (random.below(8)) {
    case 0:
      siblings.splice(start, size);
      break;
    case 1: {
      const copies = 1 + random.below(random.chance(0.01) ? 300 : 3);
      const copied = siblings.slice(start, start + size);
      siblings.splice(start, 0, ...new Array<Value[]>(copies).fill(copied).flat());
      break;
    }
    case 2: {
      const other = places[random.below(places.length)];
      siblings[index] = clone(other.siblings[other.index]);
      break;
    }
    case 3:
      siblings[index] = { kind: "scalar", bytes: HUGE_LENGTHS[random.below(HUGE_LENGTHS.length)] };
      break;
    default:
      siblings[index] = changed(siblings[index], random);
  }
}

function clone(value: Value): Value {
  if (value.kind === "scalar" || value.kind === "raw") return { ...value };
  return { kind: value.kind, items: value.items.map(clone) };
}

/** Another value, mostly of the same kind. */
function changed(value: Value, random: Random): Value {
  if (value.kind === "raw" && random.chance(0.9)) {
    return { kind: "raw", bytes: text(value, random) };
  }
  if (random.chance(0.2)) return { kind: "raw", bytes: TEXTS[random.below(TEXTS.length)] };
  return { kind: "scalar", bytes: NUMBERS[random.below(NUMBERS.length)] };
}

/** Other bytes. What holds a message itself is mutated as one: filters, relayed messages, tags, coordinates. */
function text({ bytes }: { readonly bytes: Uint8Array }, random: Random): Uint8Array {
  if (bytes.length > 1 && random.chance(0.5)) {
    const skip = random.below(2);
    const { values } = parseMessage(bytes, skip);
    if (values.length > 0) return mutateMessage(bytes, skip, random);
  }
  if (bytes.length > 0 && random.chance(0.2)) {
    const copy = bytes.slice();
    copy[random.below(copy.length)] = random.below(256);
    return copy;
  }
  return TEXTS[random.below(TEXTS.length)];
}
