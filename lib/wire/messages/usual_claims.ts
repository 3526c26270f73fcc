/**
 * Reads claims that are encoded as memberlist does it, those of alive messages and the nodes of a push/pull: a map of all
 * fields in the order of their names, texts and bytes in the raw formats, numbers in the unsigned ones. A state has thousands of
 * them, who joins among many hears of each a dozen times, and most are read by code that V8 has not optimised yet: without a
 * call for each part of each field that takes a third of the time.
 *
 * @module
 */

import { decodeText } from "../../base/text.ts";
import {
  isAddressLength,
  keptAddress,
  keptMeta,
  keptVersions,
  MAX_CLAIM_SIZE,
  nodeStates,
  VERSIONS_SIZE,
} from "./claim_codec.ts";
import type { Claim } from "./messages.ts";

/** The map of a node, and that of an alive message, which has no state. */
const MAP_OF_7 = 0x87;
const MAP_OF_6 = 0x86;
/** Added to the length of a short text, such as a key. */
const SHORT_RAW = 0xa0;

/** Goes through the claims in bytes of which the last may be incomplete. */
export class UsualClaims {
  readonly #bytes: Uint8Array;
  #offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.#offset = offset;
  }

  /** Where the claim that was not read, or the rest of the bytes starts. */
  get offset(): number {
    return this.#offset;
  }

  /**
   * The next node; `undefined` if it is encoded in another way, is incomplete, or is one that `decodeNode` does not accept,
   * which takes care of all these.
   */
  nextNode(): Claim | undefined {
    return this.#next(MAP_OF_7);
  }

  /** The claim of an alive message; `undefined` where `decodeAlive` has to take care of it. */
  nextAlive(): Claim | undefined {
    return this.#next(MAP_OF_6);
  }

  #next(map: number): Claim | undefined {
    const start = this.#offset;
    const claim = this.#bytes[start] === map ? this.#read(start + 1, map === MAP_OF_7) : undefined;
    if (claim === undefined || this.#offset - start > MAX_CLAIM_SIZE) {
      this.#offset = start;
      return undefined;
    }
    return claim;
  }

  /** What is kept of a claim is made when all of it has been looked at. */
  #read(start: number, isNode: boolean): Claim | undefined {
    this.#offset = start;
    const addressLength = this.#raw("Addr");
    const addressEnd = this.#offset;
    const incarnation = this.#number("Incarnation");
    const metaLength = this.#raw("Meta");
    const metaEnd = this.#offset;
    const nameLength = this.#raw(isNode ? "Name" : "Node");
    const nameEnd = this.#offset;
    const port = this.#number("Port");
    const state = isNode ? nodeStates[this.#number("State")] : "alive";
    const versionsLength = this.#raw("Vsn");
    const isUsual = isAddressLength(addressLength) && incarnation >= 0 && metaLength >= 0 &&
      nameLength >= 0 && port >= 0 && port <= 0xffff && state !== undefined &&
      versionsLength === VERSIONS_SIZE;
    if (!isUsual) return undefined;
    const bytes = this.#bytes;
    return {
      node: decodeText(bytes, nameEnd - nameLength, nameEnd),
      incarnation,
      state,
      address: keptAddress(bytes, port, addressEnd - addressLength, addressEnd),
      meta: keptMeta(bytes, metaEnd - metaLength, metaEnd),
      versions: keptVersions(bytes, this.#offset - VERSIONS_SIZE),
    };
  }

  /** Passes over a key, and over text or bytes after it; returns their length, or -1 if it is something else. */
  #raw(key: string): number {
    const bytes = this.#bytes;
    const at = this.#valueOf(key);
    if (at === -1) return -1;
    const format = bytes[at];
    let length: number;
    let start: number;
    if ((format & 0xe0) === SHORT_RAW) {
      length = format & 0x1f;
      start = at + 1;
    } else if (format === 0xda && at + 2 < bytes.length) {
      length = bytes[at + 1] << 8 | bytes[at + 2];
      start = at + 3;
    } else return -1;
    this.#offset = start + length;
    return this.#offset > bytes.length ? -1 : length;
  }

  /** Passes over a key and the number after it; returns the number, or -1 if it is something else. */
  #number(key: string): number {
    const bytes = this.#bytes;
    const at = this.#valueOf(key);
    if (at === -1) return -1;
    const format = bytes[at];
    if (format < 0x80) {
      this.#offset = at + 1;
      return format;
    }
    const size = format === 0xcc ? 1 : format === 0xcd ? 2 : format === 0xce ? 4 : 0;
    this.#offset = at + 1 + size;
    if (size === 0 || this.#offset > bytes.length) return -1;
    let number = 0;
    for (let i = at + 1; i < this.#offset; i++) number = number * 256 + bytes[i];
    return number;
  }

  /** Where the value of a key is, if that is what comes next; -1 if it is not, or if the value is not there. */
  #valueOf(key: string): number {
    const bytes = this.#bytes;
    const start = this.#offset + 1;
    const end = start + key.length;
    if (end >= bytes.length || bytes[start - 1] !== SHORT_RAW + key.length) return -1;
    for (let i = 0; i < key.length; i++) if (bytes[start + i] !== key.charCodeAt(i)) return -1;
    return end;
  }
}
