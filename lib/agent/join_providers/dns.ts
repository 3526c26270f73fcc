/**
 * Addresses from DNS: the hosts of a name (`dns+NAME`), and those of a service with their ports (`srv+NAME`).
 *
 * @module
 */

import { formatHostPort } from "../../base/address.ts";
import { errorText } from "../../base/errors.ts";
import { parsePortNumber, splitHostPort } from "../../go/host_port.ts";

/** A name server. */
export interface NameServer {
  readonly ipAddr: string;
  readonly port: number;
}

/** How DNS is asked. */
export interface DnsOptions {
  /** Default: those of the system. */
  readonly nameServer?: NameServer;
  readonly signal?: AbortSignal;
}

/**
 * The addresses in the A and AAAA records of `NAME` or `NAME:PORT`, in random order, with the port if there is one. Rejects
 * with an `Error` that names the name.
 */
export async function lookupAddresses(text: string, options: DnsOptions): Promise<string[]> {
  const { host, port } = splitHostPort(text);
  requireName(host);
  const number = port === undefined ? undefined : parsePortNumber(port);
  const ips = shuffle((await lookupIps(host, options)).map((ip) => ({ ip, weight: 1 })));
  return ips.map(({ ip }) => number === undefined ? ip : formatHostPort(ip, number));
}

/**
 * The addresses and ports of the SRV records of a name: those of the lowest priority first, and among equals, in random
 * order, those of large weight rather before the others (RFC 2782). Rejects with an `Error` that names the name if no host
 * among them has an address.
 */
export async function lookupServices(name: string, options: DnsOptions): Promise<string[]> {
  requireName(name);
  const records = await resolve(name, (ending) => Deno.resolveDns(name, "SRV", ending), options);
  // A single record for the root says that there is no such service.
  const hosts = inServiceOrder(records).filter(({ target }) => target !== ".");
  const found = await Promise.allSettled(hosts.map(async ({ target, port }) => {
    return (await lookupIps(target, options)).map((ip) => formatHostPort(ip, port));
  }));
  const addresses = found.flatMap((result) => result.status === "fulfilled" ? result.value : []);
  const failed = found.find((result) => result.status === "rejected");
  if (addresses.length === 0 && failed !== undefined) throw failed.reason;
  return addresses;
}

function inServiceOrder(records: readonly Deno.SrvRecord[]): Deno.SrvRecord[] {
  return shuffle(records).sort((a, b) => a.priority - b.priority);
}

/** A random order in which an item comes first with a probability that is proportional to its weight. */
function shuffle<T extends { readonly weight: number }>(items: readonly T[]): T[] {
  const place = (weight: number) => weight === 0 ? Infinity : -Math.log(Math.random()) / weight;
  return items.map((item) => ({ item, place: place(item.weight), tie: Math.random() }))
    .sort((a, b) => a.place === b.place ? a.tie - b.tie : a.place - b.place)
    .map(({ item }) => item);
}

/** All IPv4 and IPv6 addresses of a host. */
async function lookupIps(host: string, options: DnsOptions): Promise<string[]> {
  const results = await Promise.allSettled(
    (["A", "AAAA"] as const).map((type) =>
      resolve(host, (ending) => Deno.resolveDns(host, type, ending), options)
    ),
  );
  const ips = results.flatMap((result) => result.status === "fulfilled" ? result.value : []);
  if (ips.length > 0) return ips;
  // That there are no records of one type says less than what went wrong with the other.
  const reasons = results.flatMap((result) => result.status === "rejected" ? [result.reason] : []);
  throw reasons.find(({ cause }) => !(cause instanceof Deno.errors.NotFound)) ?? reasons[0] ??
    new Error(`lookup ${host}: no such host`);
}

async function resolve<T>(
  name: string,
  query: (options: Deno.ResolveDnsOptions) => Promise<T>,
  { nameServer, signal }: DnsOptions,
): Promise<T> {
  try {
    return await query({ nameServer, signal });
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    throw new Error(`lookup ${name}: ${lookupErrorText(cause)}`, { cause });
  }
}

function lookupErrorText(error: unknown): string {
  return error instanceof Deno.errors.NotFound ? "no such host" : errorText(error).split("\n")[0];
}

function requireName(name: string): void {
  if (/^[\w-]+(\.[\w-]+)*\.?$/.test(name)) return;
  throw new TypeError(`expected a name in DNS, got ${JSON.stringify(name)}`);
}
