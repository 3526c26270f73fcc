/**
 * Where an agent listens, which address it advertises, and its key: the settings that name resolution and the interfaces
 * of the machine decide.
 *
 * @module
 */

import { Address, parseIp } from "../../base/address.ts";
import { decodeBase64 } from "../../go/base64.ts";
import { errorText } from "../../base/errors.ts";
import { DEFAULT_PORT, resolveEndpoint } from "../../host/resolve.ts";
import { type ProfileName, profiles } from "../../swim/config.ts";
import type { AgentConfig } from "./config.ts";
import { badSetting } from "./startup_error.ts";

/** Resolved and checked settings. */
export interface NetworkSettings {
  readonly bind: Address;
  readonly advertise: Address | undefined;
  /** Of any length: `Serf.create` checks it. */
  readonly encryptKey: Uint8Array | undefined;
  readonly profile: ProfileName;
  /** What the user is told if the address was taken from the configured interface. */
  readonly notice: string | undefined;
}

/** Resolves the network settings of a configuration. Rejects with a `StartupError`. */
export async function resolveNetworkSettings(config: AgentConfig): Promise<NetworkSettings> {
  const configured = await resolve(config.bind, "bind");
  const { bind, notice } = onInterface(configured, config.interface);
  const advertise = config.advertise === ""
    ? undefined
    : await resolve(config.advertise, "advertise");
  const encryptKey = decodeKey(config.encryptKey);
  return { bind, notice, advertise, encryptKey, profile: profileName(config.profile) };
}

/** The first address of a name, IPv4 before IPv6. */
async function resolve(text: string, what: "bind" | "advertise"): Promise<Address> {
  try {
    const addresses = await resolveEndpoint(text, { defaultPort: DEFAULT_PORT });
    return addresses.find(({ ip }) => ip.length === 4) ?? addresses[0];
  } catch (error) {
    throw badSetting(what, `Invalid ${what} address: ${errorText(error)}`);
  }
}

/** Replaces the unspecified address by one of the interface; any other address must be one of the interface. */
function onInterface(bind: Address, name: string): { bind: Address; notice?: string } {
  if (name === "") return { bind };
  const hosts = Deno.networkInterfaces().filter((known) => known.name === name)
    .map(({ address }) => address);
  if (bind.host !== "0.0.0.0") {
    if (hosts.includes(bind.host)) return { bind };
    throw badSetting("interface", `Interface '${name}' has no '${bind.host}' address`);
  }
  const host = hosts.find((host) => !isLinkLocal(host));
  if (host === undefined) {
    throw badSetting("interface", `Failed to find usable address for interface '${name}'`);
  }
  return {
    bind: Address.parse(host, bind.port),
    notice: `Using interface '${name}' address '${host}'`,
  };
}

/** 169.254.0.0/16 and fe80::/10: such an address is ambiguous without an interface. */
function isLinkLocal(host: string): boolean {
  const [first, second] = parseIp(host) ?? [];
  return host.includes(":")
    ? first === 0xfe && (second & 0xc0) === 0x80
    : host.startsWith("169.254.");
}

function decodeKey(text: string): Uint8Array | undefined {
  if (text === "") return undefined;
  try {
    return decodeBase64(text);
  } catch (error) {
    throw badSetting("encryptKey", `Invalid encryption key: ${errorText(error)}`);
  }
}

function profileName(text: string): ProfileName {
  if (Object.hasOwn(profiles, text)) return text as ProfileName;
  throw badSetting("profile", `Unknown profile: ${text}`);
}
