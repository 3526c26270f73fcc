/**
 * What a recording must not contain: encryption keys, and payloads if they are not wanted.
 *
 * Each key has a random stand-in of the same length, in its raw form and in base64, and each payload a filler of its length
 * that depends on its content. So a core that is given stand-ins and fillers does exactly what it did with the originals.
 *
 * @module
 */

import type { LamportTime } from "../base/lamport_time.ts";
import { DecodeError } from "../base/errors.ts";
import { decodeText, encodeText } from "../base/text.ts";
import { INTERNAL_PREFIX } from "../api/internal_names.ts";
import { decodeSerf, SerfType } from "../wire/messages/serf_codec.ts";
import { Reader } from "../wire/msgpack/reader.ts";

/** How many keys have stand-ins; a cluster has a few at a time. More begin to replace the oldest. */
const MAX_KEYS = 256;

/** The length of the shortest key in base64. */
const MIN_KEY_TEXT = 24;

/** How many queries are remembered; their responses come within seconds. */
const MAX_QUERIES = 4_096;

/** Makes fillers of payloads: a digest of bytes that nobody can compute without its secret key. */
export type KeyedHash = (bytes: Uint8Array) => Uint8Array;

/** What tells queries apart. */
interface QueryId {
  readonly lTime: LamportTime;
  readonly id: number;
}

interface StandIn {
  readonly original: Uint8Array;
  readonly replacement: Uint8Array;
}

/** Replaces keys and payloads in Serf messages. */
export class Redaction {
  readonly #keyedHash: KeyedHash | undefined;
  /** Keys by their base64 text: raw, and as text. */
  readonly #keys = new Map<string, readonly [raw: StandIn, base64: StandIn]>();
  readonly #texts = new Map<string, string>();
  /** The latest queries: those of users, and those of Serf itself, whose responses the core reads. */
  readonly #queries = new Map<string, "user" | "internal">();
  /** Whether the message at hand was made by the core. */
  #isOutput = false;

  /** Without a keyed hash, payloads stay. */
  constructor({ keyedHash }: { readonly keyedHash?: KeyedHash } = {}) {
    this.#keyedHash = keyedHash;
  }

  /** Whether payloads stay. */
  get keepsPayloads(): boolean {
    return this.#keyedHash === undefined;
  }

  /** The filler of a payload that is text. */
  textPayload(text: string): string {
    return this.keepsPayloads ? text : decodeText(this.payload(encodeText(text)));
  }

  /** The stand-in of a key. */
  key(key: Uint8Array): Uint8Array {
    if (key.length === 0) return key;
    const text = key.toBase64();
    const known = this.#keys.get(text);
    if (known !== undefined) return known[0].replacement;
    if (this.#keys.size >= MAX_KEYS) this.#forgetOldest();
    const replacement = crypto.getRandomValues(new Uint8Array(key.length));
    const replacementText = replacement.toBase64();
    this.#texts.set(text, replacementText);
    this.#keys.set(text, [
      { original: key.slice(), replacement },
      { original: encodeText(text), replacement: encodeText(replacementText) },
    ]);
    return replacement;
  }

  /** A text, which may be a key in base64, or have one in it. */
  text(text: string): string {
    const replaced = this.#texts.get(text);
    if (replaced !== undefined || text.length < MIN_KEY_TEXT) return replaced ?? text;
    for (const [key, replacement] of this.#texts) {
      if (text.includes(key)) text = text.replaceAll(key, replacement);
    }
    return text;
  }

  /** A payload of a user's message. */
  payload(payload: Uint8Array | null): Uint8Array | null {
    if (payload === null) return payload;
    if (this.#keyedHash !== undefined) return this.#filler(payload);
    if (this.#keys.size === 0) return payload;
    const copy = payload.slice();
    return this.#replaceKeys(copy) ? copy : payload;
  }

  /** An object in the state of the core: the same if there is nothing to replace. What it refers to is not looked at. */
  object(value: object): object {
    if ("bytes" in value && value.bytes instanceof Uint8Array) {
      return { bytes: this.output(value.bytes) };
    }
    if (!("payload" in value)) return value;
    const { name, payload } = value as { name: string; payload: Uint8Array | null };
    return name.startsWith(INTERNAL_PREFIX) ? value : { ...value, payload: this.payload(payload) };
  }

  /** A query of a user was delivered: its responses have payloads. */
  userQuery(query: QueryId): void {
    this.#learnQuery(query, "user");
  }

  /** A Serf message that the core has made: the same bytes if there is nothing to replace. */
  output(bytes: Uint8Array): Uint8Array {
    this.#isOutput = true;
    return this.#body(bytes);
  }

  /** A Serf message that the core is given: the same bytes if there is nothing to replace. */
  input(bytes: Uint8Array): Uint8Array {
    this.#isOutput = false;
    return this.#body(bytes);
  }

  #body(bytes: Uint8Array): Uint8Array {
    if (this.#leavesAsIs(bytes[0])) return bytes;
    const copy = bytes.slice();
    const changed = this.#redact(copy);
    return this.#replaceKeys(copy) || changed ? copy : bytes;
  }

  /** Whether a message with this type byte has nothing to replace, for all that is known without reading it. */
  #leavesAsIs(type: number): boolean {
    if (this.#keyedHash !== undefined || this.#keys.size > 0) return false;
    return type !== SerfType.query && type !== SerfType.queryResponse && type !== SerfType.relay;
  }

  /** Replaces in place; returns whether anything was. */
  #redact(bytes: Uint8Array): boolean {
    try {
      switch (bytes[0]) {
        case SerfType.userEvent:
          return this.#replacePayloads(new Reader(bytes, 1), EVENT_FIELDS);
        case SerfType.query:
          return this.#redactQuery(bytes);
        case SerfType.queryResponse:
          return this.#redactResponse(bytes);
        case SerfType.pushPull:
          return this.#redactState(bytes);
        case SerfType.relay: {
          const relay = decodeSerf(bytes);
          return relay.type === "relay" && this.#redact(relay.message);
        }
        default:
          return false;
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      // The core cannot read it either.
      return false;
    }
  }

  #redactQuery(bytes: Uint8Array): boolean {
    const query = decodeSerf(bytes);
    if (query.type !== "query") return false;
    if (!query.name.startsWith(INTERNAL_PREFIX)) {
      this.#learnQuery(query, "user");
      return this.#replacePayloads(new Reader(bytes, 1), QUERY_FIELDS);
    }
    this.#learnQuery(query, "internal");
    this.#learnKeys(query.payload);
    return false;
  }

  #redactResponse(bytes: Uint8Array): boolean {
    const response = decodeSerf(bytes);
    if (response.type !== "query-response" || this.#learnKeys(response.payload)) return false;
    const known = this.#queries.get(keyOf(response));
    // Our own answers to Serf's queries come before these have been sent to anybody.
    if (known === "internal" || (known === undefined && this.#isOutput)) return false;
    this.#learnQuery(response, "user");
    return this.#replacePayloads(new Reader(bytes, 1), RESPONSE_FIELDS);
  }

  /** Makes stand-ins of the keys in the payload of a key query or its response; returns whether it is one. */
  #learnKeys(payload: Uint8Array | null): boolean {
    const type = payload?.[0];
    if (payload === null || (type !== SerfType.keyRequest && type !== SerfType.keyResponse)) {
      return false;
    }
    try {
      const message = decodeSerf(payload);
      if (message.type === "key-request") this.key(message.key);
      if (message.type === "key-response") {
        for (const key of [...message.keys ?? [], message.primaryKey]) this.#learnText(key);
      }
      return true;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return false;
    }
  }

  #learnQuery(query: QueryId, kind: "user" | "internal"): void {
    if (this.keepsPayloads) return;
    this.#queries.set(keyOf(query), kind);
    const [oldest] = this.#queries.keys();
    if (this.#queries.size > MAX_QUERIES) this.#queries.delete(oldest);
  }

  #learnText(key: string): void {
    try {
      this.key(Uint8Array.fromBase64(key));
    } catch {
      // It is none.
    }
  }

  #redactState(bytes: Uint8Array): boolean {
    if (this.#keyedHash === undefined) return false;
    let changed = false;
    const reader = new Reader(bytes, 1);
    reader.struct([], (key) => {
      if (key !== "Events") return false;
      for (let slots = reader.array(); slots > 0; slots--) {
        if (reader.nil()) continue;
        reader.struct([], (field) => {
          if (field !== "Events") return false;
          for (let events = reader.array(); events > 0; events--) {
            changed = this.#replacePayloads(reader, SLOT_FIELDS) || changed;
          }
          return true;
        });
      }
      return true;
    });
    return changed;
  }

  /** Replaces the payload in the struct that the reader is at. */
  #replacePayloads(reader: Reader, declared: readonly string[]): boolean {
    if (this.#keyedHash === undefined) return false;
    let changed = false;
    reader.struct(declared, (key) => {
      if (key !== "Payload") return false;
      // A view, unless the sender wrote it as a list of numbers; nobody does.
      const payload = reader.binary();
      if (payload !== null && payload.length > 0) {
        payload.set(this.#filler(payload));
        changed = true;
      }
      return true;
    });
    return changed;
  }

  #filler(payload: Uint8Array): Uint8Array {
    const hash = this.#keyedHash!(payload);
    return Uint8Array.from(payload, (_, i) => hash[i % hash.length]);
  }

  #replaceKeys(bytes: Uint8Array): boolean {
    let changed = false;
    for (const forms of this.#keys.values()) {
      for (const { original, replacement } of forms) {
        for (let at = find(bytes, original, 0); at >= 0; at = find(bytes, original, at + 1)) {
          bytes.set(replacement, at);
          changed = true;
        }
      }
    }
    return changed;
  }

  #forgetOldest(): void {
    const [oldest] = this.#keys.keys();
    this.#keys.delete(oldest);
    this.#texts.delete(oldest);
  }
}

/** The fields of messages in the order in which they are declared in Serf, for structs that come as lists. */
const EVENT_FIELDS = ["LTime", "Name", "Payload", "CC"];
const QUERY_FIELDS = [
  "LTime",
  "ID",
  "Addr",
  "Port",
  "SourceNode",
  "Filters",
  "Flags",
  "RelayFactor",
  "Timeout",
  "Name",
  "Payload",
];
const RESPONSE_FIELDS = ["LTime", "ID", "From", "Flags", "Payload"];
const SLOT_FIELDS = ["Name", "Payload"];

function keyOf({ lTime, id }: QueryId): string {
  return `${lTime} ${id}`;
}

/** Where bytes occur in others, from a place on; -1 if nowhere. */
function find(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  const [first] = wanted;
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (at + wanted.length > bytes.length) return -1;
    let i = 1;
    while (i < wanted.length && bytes[at + i] === wanted[i]) i++;
    if (i === wanted.length) return at;
  }
  return -1;
}
