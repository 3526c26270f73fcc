/**
 * Asking the providers among the targets of a join for addresses. Loaded only where there are any.
 *
 * @module
 */

import { Address, parseIp } from "../../base/address.ts";
import { errorText, type JoinFailure } from "../../base/errors.ts";
import { after } from "../../base/timer.ts";
import { formatDuration } from "../../go/duration.ts";
import { splitHostPort } from "../../go/host_port.ts";
import { listFromCommand, listFromFile } from "./address_list.ts";
import { lookupAddresses, lookupServices, type NameServer } from "./dns.ts";
import { type JoinProvider, parseJoinProvider } from "./join_provider.ts";

/** How providers are asked. */
export interface ResolveProvidersOptions {
  /** The address of this agent, which no provider contributes. */
  readonly self: Address;
  readonly signal?: AbortSignal;
  /** Default: the system's. */
  readonly nameServer?: NameServer;
  /** How long one provider may take, milliseconds. Default {@link PROVIDER_TIMEOUT_MS}. */
  readonly timeoutMs?: number;
}

/** What the targets stand for. */
export interface ResolvedTargets {
  /** Each once, in the order of the targets. */
  readonly addresses: readonly string[];
  /** The providers that had none. */
  readonly failures: readonly JoinFailure[];
}

/** One is enough to join; of a large cluster this many are tried, next time perhaps others. */
const MAX_ADDRESSES = 64;
/** Two tries of five seconds each of a resolver with the usual settings. */
const PROVIDER_TIMEOUT_MS = 10_000;

/** Asks all providers at once. Targets that are addresses stay as they are. Never rejects. */
export async function resolveProviders(
  targets: readonly string[],
  options: ResolveProvidersOptions,
): Promise<ResolvedTargets> {
  const results = await Promise.all(targets.map((target) => resolveTarget(target, options)));
  const failures = results.filter((result) => !Array.isArray(result)) as JoinFailure[];
  const addresses = results.flatMap((result) => Array.isArray(result) ? result : []);
  return { addresses: [...new Set(addresses)], failures };
}

async function resolveTarget(
  target: string,
  options: ResolveProvidersOptions,
): Promise<string[] | JoinFailure> {
  const provider = parseJoinProvider(target);
  if (provider === undefined) return [target];
  try {
    const found = await askInTime(provider, options);
    if (found.length === 0) throw new Error("there are no addresses");
    const others = found.filter((address) => !isSelf(address, options.self));
    if (others.length === 0) throw new Error("there is no address but that of this agent");
    return others.slice(0, MAX_ADDRESSES);
  } catch (error) {
    return { address: target, reason: `failed to resolve ${target}: ${errorText(error)}` };
  }
}

async function askInTime(
  provider: JoinProvider,
  { signal, nameServer, timeoutMs = PROVIDER_TIMEOUT_MS }: ResolveProvidersOptions,
): Promise<string[]> {
  const late = new AbortController();
  const reason = new Error(`it took longer than ${formatDuration(timeoutMs)}`);
  using _timer = after(timeoutMs, () => late.abort(reason));
  const ending = AbortSignal.any([late.signal, ...signal === undefined ? [] : [signal]]);
  return await ask(provider, { nameServer, signal: ending });
}

function ask(
  { kind, input }: JoinProvider,
  options: { readonly nameServer?: NameServer; readonly signal: AbortSignal },
): Promise<string[]> {
  switch (kind) {
    case "dns":
      return lookupAddresses(input, options);
    case "srv":
      return lookupServices(input, options);
    case "file":
      return listFromFile(input, options);
    case "exec":
      return listFromCommand(input, options);
    default:
      throw kind satisfies never;
  }
}

/** An address without a port has that of this agent, as in every join. */
function isSelf(text: string, self: Address): boolean {
  try {
    const { host, port } = splitHostPort(text);
    const ip = parseIp(host);
    return ip !== undefined && new Address(ip, Number(port ?? self.port)).sameEndpoint(self);
  } catch {
    return false; // The join says what is wrong with it.
  }
}
