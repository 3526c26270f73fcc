/**
 * The state of a core as bytes. Beside what JSON has there are bytes, addresses, maps, sets, large and infinite numbers, and
 * `undefined`; and objects that are met twice are one object again, because parts of a core share some.
 *
 * @module
 */

import { Address } from "../../base/address.ts";
import { decodeText, encodeText } from "../../base/text.ts";
import type { Claim, NodeState, Opaque } from "../../wire/messages/messages.ts";
import { ByteReader, ByteWriter } from "../byte_log.ts";

/** What a value is; it comes before the value. */
const Kind = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  /** A whole number from 0. */
  integer: 4,
  float: 5,
  bigint: 6,
  newText: 7,
  knownText: 8,
  bytes: 9,
  address: 10,
  list: 11,
  map: 12,
  set: 13,
  /** An object, after the names of its fields. */
  newShape: 14,
  /** An object with the fields of an earlier one. */
  knownShape: 15,
  /** An object that was met before. */
  known: 16,
  /** What a node says about one: most of the state of a large cluster. */
  claim: 17,
  /** A list of numbers, as in coordinates. */
  numbers: 18,
} as const;

const NODE_STATES: readonly NodeState[] = ["alive", "suspect", "dead", "left"];

/** Replaces what must not be written. */
export interface StateRedaction {
  text(text: string): string;
  object(value: object): object;
}

const NO_REDACTION: StateRedaction = { text: (text) => text, object: (value) => value };

/** Encodes a state. Instances of classes become plain objects with their public fields, but for addresses. */
export function encodeState(
  value: unknown,
  redaction: StateRedaction = NO_REDACTION,
): Uint8Array<ArrayBuffer> {
  const writer = new StateWriter(redaction);
  writer.value(value);
  return writer.take();
}

/** Decodes what {@link encodeState} returned. Throws a `RangeError` for anything else. */
export function decodeState(bytes: Uint8Array): unknown {
  return new StateReader(bytes).value();
}

/** The names of fields that objects begin with: a tree, in which a state with thousands of equal objects finds them fast. */
interface Shape {
  /** The number of the shape that ends here, once there was an object with these fields. */
  number?: number;
  readonly next: Map<string, Shape>;
}

function shapeOf(root: Shape, names: readonly string[]): Shape {
  let shape = root;
  for (const name of names) {
    let next = shape.next.get(name);
    if (next === undefined) shape.next.set(name, next = { next: new Map() });
    shape = next;
  }
  return shape;
}

class StateWriter {
  readonly #writer = new ByteWriter();
  readonly #redaction: StateRedaction;
  readonly #texts = new Map<string, number>();
  readonly #objects = new Map<object, number>();
  readonly #shapes: Shape = { next: new Map() };
  #shapeCount = 0;

  constructor(redaction: StateRedaction) {
    this.#redaction = redaction;
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.#writer.take();
  }

  value(value: unknown): void {
    switch (typeof value) {
      case "string":
        return this.#text(value);
      case "number":
        return this.#number(value);
      case "boolean":
        return this.#writer.byte(value ? Kind.true : Kind.false);
      case "bigint":
        this.#writer.byte(Kind.bigint);
        return this.#writer.blob(encodeText(String(value)));
      case "object":
        return value === null ? this.#writer.byte(Kind.null) : this.#object(value);
      case "undefined":
        return this.#writer.byte(Kind.undefined);
      default:
        throw new TypeError(`Cannot save a ${typeof value}`);
    }
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0)) {
      this.#writer.byte(Kind.integer);
      this.#writer.varint(value);
    } else {
      this.#writer.byte(Kind.float);
      this.#writer.float(value);
    }
  }

  #text(text: string): void {
    const known = this.#texts.get(text);
    if (known !== undefined) {
      this.#writer.byte(Kind.knownText);
      return this.#writer.varint(known);
    }
    this.#texts.set(text, this.#texts.size);
    this.#writer.byte(Kind.newText);
    this.#writer.blob(encodeText(this.#redaction.text(text)));
  }

  #object(value: object): void {
    if (value instanceof Uint8Array) return this.#bytes(value);
    if (value instanceof Address) return this.#address(value);
    if (isNumbers(value)) return this.#numbers(value);
    const known = this.#objects.get(value);
    if (known !== undefined) {
      this.#writer.byte(Kind.known);
      return this.#writer.varint(known);
    }
    this.#objects.set(value, this.#objects.size);
    if (Array.isArray(value)) this.#values(Kind.list, value.length, value);
    else if (value instanceof Set) this.#values(Kind.set, value.size, value);
    else if (value instanceof Map) this.#map(value);
    else if ("incarnation" in value && "versions" in value) this.#claim(value as Claim);
    else this.#fields(this.#redaction.object(isBody(value) ? { bytes: value.bytes } : value));
  }

  #bytes(bytes: Uint8Array): void {
    this.#writer.byte(Kind.bytes);
    this.#writer.blob(bytes);
  }

  #address({ ip, port }: Address): void {
    this.#writer.byte(Kind.address);
    this.#writer.blob(ip);
    this.#writer.varint(port);
  }

  #numbers(numbers: readonly number[]): void {
    this.#writer.byte(Kind.numbers);
    this.#writer.varint(numbers.length);
    for (let i = 0; i < numbers.length; i++) this.#writer.float(numbers[i]);
  }

  #values(kind: number, size: number, values: Iterable<unknown>): void {
    this.#writer.byte(kind);
    this.#writer.varint(size);
    for (const value of values) this.value(value);
  }

  #map(map: ReadonlyMap<unknown, unknown>): void {
    this.#writer.byte(Kind.map);
    this.#writer.varint(map.size);
    for (const [key, value] of map) {
      this.value(key);
      this.value(value);
    }
  }

  #claim({ node, incarnation, state, address, meta, versions }: Claim): void {
    this.#writer.byte(Kind.claim);
    this.#text(node);
    this.#writer.varint(incarnation);
    this.#writer.byte(NODE_STATES.indexOf(state));
    this.#writer.blob(address.ip);
    this.#writer.varint(address.port);
    this.#writer.byte(meta === null ? 0 : 1);
    if (meta !== null) this.#writer.blob(meta);
    this.#writer.byte(versions === null ? 0 : 1);
    if (versions === null) return;
    this.#writer.varint(versions.protocolMin);
    this.#writer.varint(versions.protocolMax);
    this.#writer.varint(versions.protocolCur);
    this.#writer.varint(versions.delegateMin);
    this.#writer.varint(versions.delegateMax);
    this.#writer.varint(versions.delegateCur);
  }

  #fields(value: object): void {
    const names = Object.keys(value);
    const shape = shapeOf(this.#shapes, names);
    if (shape.number === undefined) {
      shape.number = this.#shapeCount++;
      this.#writer.byte(Kind.newShape);
      this.#writer.varint(names.length);
      for (const name of names) this.#text(name);
    } else {
      this.#writer.byte(Kind.knownShape);
      this.#writer.varint(shape.number);
    }
    for (const name of names) this.value((value as Record<string, unknown>)[name]);
  }
}

/** A message may be encoded only when it is asked for its bytes. */
function isBody(value: object): value is Opaque {
  return "bytes" in value && value.bytes instanceof Uint8Array;
}

/** Lists of numbers, as in coordinates, are values like bytes and addresses: nobody shares them to change them. */
function isNumbers(value: object): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && typeof value[0] === "number" &&
    value.every((item) => typeof item === "number");
}

class StateReader {
  readonly #reader: ByteReader;
  readonly #texts: string[] = [];
  readonly #objects: unknown[] = [];
  readonly #shapes: (readonly string[])[] = [];

  constructor(bytes: Uint8Array) {
    this.#reader = new ByteReader(bytes);
  }

  value(): unknown {
    const kind = this.#reader.byte();
    switch (kind) {
      case Kind.undefined:
        return undefined;
      case Kind.null:
        return null;
      case Kind.false:
        return false;
      case Kind.true:
        return true;
      case Kind.integer:
        return this.#reader.varint();
      case Kind.float:
        return this.#reader.float();
      case Kind.bigint:
        return BigInt(decodeText(this.#reader.blob()));
      case Kind.newText:
      case Kind.knownText:
        return this.#text(kind);
      case Kind.bytes:
        return this.#reader.blob().slice();
      case Kind.address:
        return this.#address();
      case Kind.numbers:
        return this.#numbers(this.#reader.varint());
      case Kind.known:
        return known(this.#objects, this.#reader.varint());
      default:
        return this.#object(kind);
    }
  }

  #text(kind: number): string {
    if (kind === Kind.knownText) return known(this.#texts, this.#reader.varint());
    if (kind !== Kind.newText) throw new RangeError(`Cannot read text: got the kind ${kind}`);
    const text = decodeText(this.#reader.blob());
    this.#texts.push(text);
    return text;
  }

  /** Objects are numbered in the order in which they begin. */
  #object(kind: number): unknown {
    const number = this.#objects.push(undefined) - 1;
    const value = this.#read(kind);
    this.#objects[number] = value;
    return value;
  }

  #read(kind: number): unknown {
    switch (kind) {
      case Kind.claim:
        return this.#claim();
      case Kind.list:
        return this.#values(this.#reader.varint());
      case Kind.map: {
        const entries: [unknown, unknown][] = [];
        for (let left = this.#reader.varint(); left > 0; left--) {
          entries.push([this.value(), this.value()]);
        }
        return new Map(entries);
      }
      case Kind.set:
        return new Set(this.#values(this.#reader.varint()));
      case Kind.newShape: {
        const names: string[] = [];
        this.#shapes.push(names);
        for (let left = this.#reader.varint(); left > 0; left--) {
          names.push(this.#text(this.#reader.byte()));
        }
        return this.#fields(names);
      }
      case Kind.knownShape:
        return this.#fields(known(this.#shapes, this.#reader.varint()));
      default:
        throw new RangeError(`Cannot read state: got the kind ${kind}`);
    }
  }

  #address(): Address {
    return new Address(this.#reader.blob().slice(), this.#reader.varint());
  }

  #claim(): Claim {
    return {
      node: this.#text(this.#reader.byte()),
      incarnation: this.#reader.varint(),
      state: known(NODE_STATES, this.#reader.byte()),
      address: this.#address(),
      meta: this.#reader.byte() === 0 ? null : this.#reader.blob().slice(),
      versions: this.#reader.byte() === 0 ? null : {
        protocolMin: this.#reader.varint(),
        protocolMax: this.#reader.varint(),
        protocolCur: this.#reader.varint(),
        delegateMin: this.#reader.varint(),
        delegateMax: this.#reader.varint(),
        delegateCur: this.#reader.varint(),
      },
    };
  }

  #numbers(count: number): number[] {
    const values: number[] = [];
    for (let left = count; left > 0; left--) values.push(this.#reader.float());
    return values;
  }

  #values(count: number): unknown[] {
    const values: unknown[] = [];
    for (let left = count; left > 0; left--) values.push(this.value());
    return values;
  }

  #fields(names: readonly string[]): unknown {
    return Object.fromEntries(names.map((name) => [name, this.value()]));
  }
}

function known<T>(values: readonly T[], number: number): T {
  if (number >= values.length) throw new RangeError(`Cannot read state: got number ${number}`);
  return values[number];
}
