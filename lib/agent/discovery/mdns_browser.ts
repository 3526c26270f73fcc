/**
 * Browsing for the instances of a service (RFC 6763): puts together what the responses of other agents say about each.
 *
 * @module
 */

import type { Answer } from "multicast-dns";
import { formatHostPort } from "../../base/address.ts";

/** What the records of one packet add. */
interface BrowseResult {
  /** Addresses, as `host:port`, of instances that are completely known now. */
  readonly found: readonly string[];
  /** Names of instances that lack a record; each is returned only once. */
  readonly incomplete: readonly string[];
}

/** What is known about an instance so far. */
interface Instance {
  readonly name: string;
  host?: string;
  /** 0 while unknown. */
  port: number;
  target?: string;
  hasText?: boolean;
  reported?: boolean;
  mentioned?: boolean;
}

/** The most instances that are followed: anybody on the network can announce any number. */
const MAX_INSTANCES = 1_024;

/** Collects the records about the instances of one service. */
export class MdnsBrowser {
  readonly #suffix: string;
  readonly #instances = new Map<string, Instance>();

  constructor(service: string) {
    this.#suffix = `.${service}`;
  }

  /** Takes the records of one packet; those about other services are ignored. */
  take(records: readonly Answer[]): BrowseResult {
    const touched = new Set<Instance>();
    // An address record names a host, not an instance, and another instance on that host, in another packet, may have
    // another address. So address records come last, and count only for the instances in this packet.
    for (const record of records) this.#takeInstance(record, touched);
    for (const record of records) takeAddress(record, touched);
    return { found: found(touched), incomplete: incomplete(touched) };
  }

  #takeInstance(record: Answer, touched: Set<Instance>): void {
    const { type } = record;
    if (type !== "PTR" && type !== "SRV" && type !== "TXT") return;
    const instance = this.#instance(type === "PTR" ? record.data : record.name);
    if (instance === undefined) return;
    touched.add(instance);
    if (type === "SRV") {
      instance.port = record.data.port;
      instance.target = record.data.target;
    }
    if (type === "TXT") instance.hasText = true;
  }

  #instance(name: string): Instance | undefined {
    if (!name.endsWith(this.#suffix)) return undefined;
    let instance = this.#instances.get(name);
    if (instance === undefined && this.#instances.size < MAX_INSTANCES) {
      instance = { name, port: 0 };
      this.#instances.set(name, instance);
    }
    return instance;
  }
}

function takeAddress({ type, name, data }: Answer, instances: Iterable<Instance>): void {
  if (type !== "A" && type !== "AAAA") return;
  for (const instance of instances) if (instance.target === name) instance.host ??= data;
}

function found(instances: Iterable<Instance>): string[] {
  const addresses: string[] = [];
  for (const instance of instances) {
    const { host, port, hasText, reported } = instance;
    if (host === undefined || port === 0 || !hasText || reported) continue;
    instance.reported = true;
    addresses.push(formatHostPort(host, port));
  }
  return addresses;
}

function incomplete(instances: Iterable<Instance>): string[] {
  const names: string[] = [];
  for (const instance of instances) {
    if (instance.reported || instance.mentioned) continue;
    instance.mentioned = true;
    names.push(instance.name);
  }
  return names;
}
