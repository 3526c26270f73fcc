/**
 * Go structs as go-msgpack encodes them: a map from field name to value, with the keys in ascending order.
 *
 * A codec declares a struct once, in Go's order of declaration (peers may also send it as an array in that order), and
 * gets a reader and a writer. A missing key reads as the zero value, an unknown one is skipped, and of equal keys the
 * last one counts.
 *
 * @module
 */

import type { EncodedKey, Reader } from "./reader.ts";
import { Writer } from "./writer.ts";

/** How one type of value is read and written. */
export interface Field<T> {
  /** The value of a field that is absent or nil. */
  readonly zero: T;
  /** Reads one value; throws a `DecodeError` if it is of another kind. */
  read(reader: Reader): T;
  /** Writes one value; throws a `RangeError` for a number that is no safe integer where one is expected. */
  write(writer: Writer, value: T): void;
}

/** The values of a struct, by Go field name. */
export type Values<Fields> = {
  readonly [Key in keyof Fields]: Fields[Key] extends Field<infer T> ? T : never;
};

/** A boolean. */
export const bool: Field<boolean> = {
  zero: false,
  read: (reader) => reader.bool(),
  write: (writer, value) => writer.bool(value),
};

/** Text. */
export const text: Field<string> = {
  zero: "",
  read: (reader) => reader.string(),
  write: (writer, value) => writer.string(value),
};

/** Bytes or nil, read as a copy, so that a value that is kept for long does not keep a whole datagram in memory. */
export const binary: Field<Uint8Array | null> = {
  zero: null,
  read: (reader) => reader.binary()?.slice() ?? null,
  write: (writer, value) => writer.binary(value),
};

/** Bytes or nil, read as a view of the input: for values that are used at once, and for input that is a copy already. */
export const binaryView: Field<Uint8Array | null> = {
  ...binary,
  read: (reader) => reader.binary(),
};

/** A float64. */
export const float: Field<number> = {
  zero: 0,
  read: (reader) => reader.float(),
  write: (writer, value) => writer.float(value),
};

/** An unsigned integer of 8 bits. */
export const u8: Field<number> = integer(0, 0xff);

/** An unsigned integer of 16 bits. */
export const u16: Field<number> = integer(0, 0xffff);

/** An unsigned integer of 32 bits. */
export const u32: Field<number> = integer(0, 0xffff_ffff);

/** An unsigned integer of 64 bits, of which only values up to 2^53 - 1 are read. */
export const u53: Field<number> = integer(0, Number.MAX_SAFE_INTEGER);

/** An unsigned integer of 64 bits: a `number` up to 2^53 - 1, a `bigint` beyond. */
export const u64: Field<number | bigint> = {
  zero: 0,
  read: (reader) => reader.uint64(),
  write: (writer, value) => writer.uint64(value),
};

/** Go's `int` and `int64`. A value beyond ±(2^53 - 1) becomes the nearest safe integer. */
export const i64: Field<number> = {
  zero: 0,
  read: (reader) => toSafeInteger(reader.int(-(2 ** 63), 2 ** 63)),
  write: (writer, value) => writer.int(toSafeInteger(value)),
};

/** An array; nil reads as empty. */
export function list<T>(item: Field<T>): Field<readonly T[]> {
  return {
    zero: [],
    read(reader) {
      const items: T[] = [];
      for (let left = reader.array(); left > 0; left--) items.push(item.read(reader));
      return items;
    },
    write(writer, items) {
      writer.array(items.length);
      for (const value of items) item.write(writer, value);
    },
  };
}

/** A map with text as keys, in the order of its entries (Go writes them in random order). Nil reads as empty. */
export function mapOf<T>(item: Field<T>): Field<ReadonlyMap<string, T>> {
  return {
    zero: new Map(),
    read(reader) {
      const entries = new Map<string, T>();
      for (let left = reader.map(); left > 0; left--) {
        entries.set(reader.string(), item.read(reader));
      }
      return entries;
    },
    write(writer, entries) {
      writer.map(entries.size);
      for (const [key, value] of entries) item.write(writer.string(key), value);
    },
  };
}

/** A value that may be nil, where nil has a meaning of its own. */
export function nullable<T>(field: Field<T>): Field<T | null> {
  return {
    zero: null,
    read: (reader) => reader.nil() ? null : field.read(reader),
    write(writer, value) {
      if (value === null) writer.nil();
      else field.write(writer, value);
    },
  };
}

/** A struct field that is left out when it is `undefined` ("omitempty"). */
export function optional<T>(field: Field<T>): Field<T | undefined> {
  return {
    zero: undefined,
    read: (reader) => reader.nil() ? undefined : field.read(reader),
    write(writer, value) {
      if (value !== undefined) field.write(writer, value);
    },
  };
}

/** What reading and writing a struct takes. */
interface Layout {
  readonly zero: Readonly<Record<string, unknown>>;
  /** In Go's order of declaration. */
  readonly declared: readonly string[];
  readonly byKey: ReadonlyMap<string, Field<unknown>>;
  readonly sorted: readonly (EncodedKey & { readonly field: Field<unknown> })[];
}

/** The keys of a struct in the order in which they usually come. */
export function encodeKeys(keys: readonly string[]): EncodedKey[] {
  const writer = new Writer();
  return keys.map((key) => ({ key, encodedKey: writer.clear().string(key).bytes() }));
}

function layOut(fields: Readonly<Record<string, Field<unknown>>>): Layout {
  const declared = Object.keys(fields);
  const sorted = encodeKeys(declared.toSorted()).map(({ key, encodedKey }) => {
    return { key, encodedKey, field: fields[key] };
  });
  const zero = Object.fromEntries(sorted.map(({ key, field }) => [key, field.zero]));
  return { zero, declared, byKey: new Map(Object.entries(fields)), sorted };
}

/**
 * A struct with these fields, given in the order in which Go declares them. It is laid out when it is first used: a
 * command uses few of those that there are.
 */
export function struct<Fields extends Readonly<Record<string, Field<unknown>>>>(
  fields: Fields,
): Field<Values<Fields>> {
  let layout: Layout | undefined;
  return {
    get zero() {
      layout ??= layOut(fields);
      return layout.zero as Values<Fields>;
    },
    read(reader) {
      const { zero, declared, byKey, sorted } = layout ??= layOut(fields);
      const values: Record<string, unknown> = { ...zero };
      reader.struct(declared, (key) => {
        const field = byKey.get(key);
        if (field === undefined) return false;
        values[key] = field.read(reader);
        return true;
      }, sorted);
      return values as Values<Fields>;
    },
    write(writer, values: Readonly<Record<string, unknown>>) {
      const { sorted } = layout ??= layOut(fields);
      let size = sorted.length;
      for (const { key } of sorted) if (values[key] === undefined) size--;
      writer.map(size);
      for (const { key, encodedKey, field } of sorted) {
        if (values[key] !== undefined) field.write(writer.append(encodedKey), values[key]);
      }
    },
  };
}

/** A buffer for one call at a time, because allocating one takes longer than filling it. */
const scratch = new Writer();

/** A message: a type byte, then a value. */
export function encodeTyped<T>(
  type: number,
  field: Field<T>,
  value: T,
): Uint8Array<ArrayBuffer> {
  return writeTyped(scratch.clear(), type, field, value).bytes();
}

/** Writes a type byte, then a value. */
export function writeTyped<T>(writer: Writer, type: number, field: Field<T>, value: T): Writer {
  field.write(writer.byte(type), value);
  return writer;
}

function toSafeInteger(value: number): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(value, Number.MAX_SAFE_INTEGER));
}

function integer(min: number, max: number): Field<number> {
  return {
    zero: 0,
    read: (reader) => reader.int(min, max),
    write: (writer, value) => writer.int(value),
  };
}
