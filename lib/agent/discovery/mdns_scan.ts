/**
 * Making sense of what other agents answer.
 *
 * @module
 */

import type { Answer } from "multicast-dns";
import { formatHostPort } from "../../base/address.ts";

/** What some answers have brought. */
export interface ScanResult {
  /** Addresses that are known completely now, as `host:port`. */
  readonly found: readonly string[];
  /** Names of instances of which something is missing; each is mentioned once. */
  readonly incomplete: readonly string[];
}

/** What is known of an instance so far. */
interface Instance {
  readonly name: string;
  host?: string;
  /** 0 while it is not known. */
  port: number;
  target?: string;
  hasText?: boolean;
  reported?: boolean;
  mentioned?: boolean;
}

/** Instances that are followed at a time; anybody on the link can make some up. */
const MAX_INSTANCES = 1_024;

/** Puts the records about the instances of one service together. */
export class MdnsScan {
  readonly #suffix: string;
  readonly #instances = new Map<string, Instance>();

  constructor(service: string) {
    this.#suffix = `.${service}`;
  }

  /** Takes the records of one packet; those about other services are ignored. */
  take(records: readonly Answer[]): ScanResult {
    const touched = new Set<Instance>();
    // Addresses last, because they say of which host they are, but not of which instance: other instances on that host,
    // of which other packets tell, may announce other addresses.
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
