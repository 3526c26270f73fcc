/**
 * Reads decoded JSON by shapes: what a value must be, said once, gives the value with its type or an error that names the
 * place, what stands there, and what was expected.
 *
 * @module
 */

import { parseDuration } from "../../go/duration.ts";
import { nearest } from "../nearest.ts";

/** Reads a value that stands at a place, such as `zones[1].nodes`; throws a {@link ShapeError} if it is not what it must be. */
export type Shape<T> = (value: unknown, place: string) => T;

/** A value that is not what it must be. */
export class ShapeError extends Error {
  override readonly name = "ShapeError";

  constructor(place: string, problem: string) {
    super(place === "" ? problem : `${place}: ${problem}`);
  }
}

/** The error for a value that was expected to be something else. */
export function unexpected(value: unknown, place: string, expected: string): ShapeError {
  return new ShapeError(place, `got ${JSON.stringify(value)}, expected ${expected}`);
}

/** The error for a word that is none of those that are known. */
export function unknownWord(
  word: string,
  place: string,
  { kind, known }: { readonly kind: string; readonly known: readonly string[] },
): ShapeError {
  const likely = nearest(word, known);
  const expected = likely === undefined ? `one of ${known.join(", ")}` : `perhaps "${likely}"`;
  return new ShapeError(place, `unknown ${kind} "${word}", expected ${expected}`);
}

/** A number within bounds. */
export function number(min: number, max: number): Shape<number> {
  return (value, place) => {
    if (typeof value === "number" && value >= min && value <= max) return value;
    throw unexpected(value, place, `a number from ${min} to ${max}`);
  };
}

/** A whole number within bounds. */
export function integer(min: number, max: number): Shape<number> {
  return (value, place) => {
    if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) {
      return Number(value);
    }
    throw unexpected(value, place, `a whole number from ${min} to ${max}`);
  };
}

/** `true` or `false`. */
export const boolean: Shape<boolean> = (value, place) => {
  if (typeof value === "boolean") return value;
  throw unexpected(value, place, "true or false");
};

/** Text of at least one character. */
export const text: Shape<string> = (value, place) => {
  if (typeof value === "string" && value !== "") return value;
  throw unexpected(value, place, "a text that is not empty");
};

/** One of some words. */
export function oneOf<T extends string>(words: readonly T[]): Shape<T> {
  return (value, place) => {
    const word = words.find((word) => word === value);
    if (word === undefined) throw unexpected(value, place, `one of ${words.join(", ")}`);
    return word;
  };
}

/** A duration in Go's form, such as `"1m30s"`, as milliseconds. */
export const duration: Shape<number> = (value, place) => {
  try {
    const ms = typeof value === "string" ? parseDuration(value) : -1;
    if (ms >= 0) return ms;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  throw unexpected(value, place, 'a duration such as "250ms" or "1m30s"');
};

/** A list of values of one shape. */
export function list<T>(of: Shape<T>, max: number): Shape<readonly T[]> {
  return (value, place) => {
    if (!Array.isArray(value)) throw unexpected(value, place, "a list");
    if (value.length > max) {
      throw new ShapeError(place, `got ${value.length} entries, expected at most ${max}`);
    }
    return value.map((entry, i) => of(entry, `${place}[${i}]`));
  };
}

/** The value of a key that is not there. */
export interface Optional<T> {
  readonly shape: Shape<T>;
  readonly absent: T;
}

/** A key that may be left out. */
export function optional<T>(shape: Shape<T>, absent: T): Optional<T>;
export function optional<T>(shape: Shape<T>): Optional<T | undefined>;
export function optional<T>(shape: Shape<T>, absent?: T): Optional<T | undefined> {
  return { shape, absent };
}

/** The shapes of the keys of an object. */
type Keys = Readonly<Record<string, Shape<unknown> | Optional<unknown>>>;

/** What an object with such keys holds. */
type ObjectOf<K extends Keys> = {
  readonly [Key in keyof K]: K[Key] extends Shape<infer T> ? T
    : K[Key] extends Optional<infer T> ? T
    : never;
};

/** An object with these keys and no others. */
export function object<const K extends Keys>(keys: K): Shape<ObjectOf<K>> {
  return (value, place) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw unexpected(value, place, "an object");
    }
    const given = value as Record<string, unknown>;
    const known = Object.keys(keys);
    const unknown = Object.keys(given).find((key) => !known.includes(key));
    if (unknown !== undefined) {
      throw unknownWord(unknown, place, { kind: "key", known });
    }
    const at = (key: string) => place === "" ? key : `${place}.${key}`;
    const entries = Object.entries(keys).map(([key, shape]) => {
      const there = Object.hasOwn(given, key);
      if (typeof shape === "function") {
        if (!there) throw new ShapeError(at(key), "is missing");
        return [key, shape(given[key], at(key))];
      }
      return [key, there ? shape.shape(given[key], at(key)) : shape.absent];
    });
    return Object.fromEntries(entries) as ObjectOf<K>;
  };
}
