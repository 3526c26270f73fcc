/**
 * An agent as an instance of a service: the records with which it answers questions (RFC 6762, RFC 6763).
 *
 * @module
 */

import { encodeText } from "../../base/text.ts";
import type { Answer, Question } from "multicast-dns";
import type { Address } from "../../base/address.ts";

/** What the records say. */
interface MdnsServiceOptions {
  /** The name of the cluster, as in `-discover`. */
  readonly cluster: string;
  /** This node's name. */
  readonly node: string;
  /** This host's name. */
  readonly host: string;
  /** The address for others to join. */
  readonly address: Address;
}

/** The question for the types of all services (RFC 6763, section 9). */
const SERVICES = "_services._dns-sd._udp.local";
/** Seconds; the value that hashicorp/mdns uses. */
const TTL = 120;
const MAX_LABEL_BYTES = 63;
const MAX_NAME_BYTES = 253;

/** The name of a cluster's service. */
export function mdnsServiceName(cluster: string): string {
  return `_serf_${cluster}._tcp.local`;
}

/** One agent as an instance of the service. */
export class MdnsService {
  readonly #service: string;
  readonly #instance: string;
  readonly #host: string;
  readonly #pointer: Answer;
  readonly #place: Answer;
  readonly #text: Answer;
  readonly #address: Answer;

  /** Throws a `RangeError` if a name is too long for DNS or has an empty part. */
  constructor({ cluster, node, host, address }: MdnsServiceOptions) {
    this.#service = mdnsServiceName(cluster);
    this.#instance = `${node}.${this.#service}`;
    this.#host = host;
    for (const name of [this.#instance, host]) checkName(name);
    this.#pointer = pointer(this.#service, this.#instance);
    this.#place = {
      name: this.#instance,
      type: "SRV",
      ttl: TTL,
      data: { priority: 10, weight: 1, port: address.port, target: host },
    };
    this.#text = { name: this.#instance, type: "TXT", ttl: TTL, data: `Serf '${cluster}' cluster` };
    const type = address.host.includes(":") ? "AAAA" : "A";
    this.#address = { name: host, type, ttl: TTL, data: address.host };
  }

  /** The answers to a question, in the order in which Serf sends and expects them. */
  answers({ name, type }: Question): Answer[] {
    switch (name) {
      case SERVICES:
        return isPointer(type) ? [pointer(name, this.#service)] : [];
      case this.#service:
        return isPointer(type) ? [this.#pointer, ...this.#instanceAnswers("ANY")] : [];
      case this.#instance:
        return this.#instanceAnswers(type);
      case this.#host:
        return type === this.#address.type ? [this.#address] : [];
      default:
        return [];
    }
  }

  #instanceAnswers(type: string): Answer[] {
    switch (type) {
      case "ANY":
        return [this.#place, this.#address, this.#text];
      case "SRV":
        return [this.#place, this.#address];
      case "TXT":
        return [this.#text];
      default:
        return type === this.#address.type ? [this.#address] : [];
    }
  }
}

function pointer(name: string, data: string): Answer {
  return { name, type: "PTR", ttl: TTL, data };
}

function isPointer(type: string): boolean {
  return type === "PTR" || type === "ANY";
}

function checkName(name: string): void {
  const lengths = name.split(".").map((label) => encodeText(label).length);
  if (lengths.some((length) => length === 0 || length > MAX_LABEL_BYTES)) {
    throw new RangeError(
      `Cannot announce "${name}": expected parts of 1 to ${MAX_LABEL_BYTES} bytes`,
    );
  }
  if (lengths.reduce((sum, length) => sum + length + 1, -1) > MAX_NAME_BYTES) {
    throw new RangeError(`Cannot announce "${name}": expected at most ${MAX_NAME_BYTES} bytes`);
  }
}
