/**
 * A hash of everything that a protocol core does: what it sends, asks for and emits.
 *
 * @module
 */

import { Address } from "../base/address.ts";
import { TraceDigest } from "../sim/trace_digest.ts";
import type { Claim, Opaque } from "../wire/messages/messages.ts";
import type { Redaction } from "./redaction.ts";

/** Starts each kind of value, so that values of different kinds differ. */
const Kind = {
  nothing: 1,
  boolean: 2,
  integer: 3,
  float: 4,
  text: 5,
  bytes: 6,
  list: 7,
  object: 8,
  address: 9,
  claim: 10,
} as const;

/**
 * Hashes values. What came over the network has the same hash as what was passed by reference in a simulation: claims are
 * hashed in an order of their own, and bodies by their bytes.
 */
export class OutputDigest {
  readonly #digest = new TraceDigest();
  readonly #redaction: Redaction | undefined;

  /** A redaction is applied to what is hashed, as it was to the inputs. */
  constructor(redaction?: Redaction) {
    this.#redaction = redaction;
  }

  /** The lowest byte of the hash. */
  get check(): number {
    return this.#digest.low & 0xff;
  }

  /** 16 hex digits over all that was added so far. */
  toString(): string {
    return this.#digest.toString();
  }

  /** Adds a value of any kind. */
  add(value: unknown): void {
    switch (typeof value) {
      case "string":
        return this.#text(this.#redaction?.text(value) ?? value);
      case "number":
        return this.#number(value);
      case "boolean":
        this.#digest.word(Kind.boolean);
        return this.#digest.word(value ? 1 : 0);
      case "bigint":
        return this.#text(String(value));
      case "object":
        return value === null ? this.#digest.word(Kind.nothing) : this.#object(value);
      default:
        this.#digest.word(Kind.nothing);
    }
  }

  #number(value: number): void {
    if (value === (value | 0)) {
      this.#digest.word(Kind.integer);
      this.#digest.word(value);
    } else {
      this.#digest.word(Kind.float);
      this.#digest.time(value);
    }
  }

  #text(value: string): void {
    this.#digest.word(Kind.text);
    this.#digest.word(value.length);
    this.#digest.text(value);
  }

  #bytes(bytes: Uint8Array): void {
    this.#digest.word(Kind.bytes);
    this.#digest.word(bytes.length);
    let i = 0;
    for (; i + 4 <= bytes.length; i += 4) {
      this.#digest.word(
        bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 | bytes[i + 3] << 24,
      );
    }
    for (; i < bytes.length; i++) this.#digest.word(bytes[i]);
  }

  #object(value: object): void {
    if (value instanceof Uint8Array) return this.#bytes(value);
    if (Array.isArray(value)) return this.#list(value);
    if (value instanceof Address) return this.#address(value);
    if (value instanceof Map || value instanceof Set) return this.#list([...value]);
    if ("bytes" in value) {
      const { bytes } = value as Opaque;
      return this.#bytes(this.#redaction?.output(bytes) ?? bytes);
    }
    if ("incarnation" in value && "versions" in value) return this.#claim(value as Claim);
    this.#digest.word(Kind.object);
    for (const key in value) {
      const field = (value as Record<string, unknown>)[key];
      if (field === undefined) continue;
      this.#digest.word(key.length);
      this.add(field);
    }
  }

  #list(values: readonly unknown[]): void {
    this.#digest.word(Kind.list);
    this.#digest.word(values.length);
    for (const value of values) this.add(value);
  }

  #address({ ip, port }: Address): void {
    this.#digest.word(Kind.address);
    this.#bytes(ip);
    this.#digest.word(port);
  }

  #claim({ node, incarnation, state, address, meta, versions }: Claim): void {
    this.#digest.word(Kind.claim);
    this.#text(node);
    this.#digest.word(incarnation);
    this.#text(state);
    this.#address(address);
    this.add(meta);
    if (versions === null) return this.#digest.word(Kind.nothing);
    this.#digest.word(versions.protocolMin);
    this.#digest.word(versions.protocolMax);
    this.#digest.word(versions.protocolCur);
    this.#digest.word(versions.delegateMin);
    this.#digest.word(versions.delegateMax);
    this.#digest.word(versions.delegateCur);
  }
}
