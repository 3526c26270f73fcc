/**
 * The settings of an instance, and what they are when left out.
 *
 * @module
 */

import type { Log } from "../base/log.ts";
import { librarySettings, type SerfConfig, type SerfSettings } from "../serf/config.ts";
import { type Profile, type ProfileName, profiles } from "../swim/config.ts";
import type { Keyring } from "../wire/framing/keyring.ts";
import type { WireOptions } from "../wire/framing/wire_options.ts";

/** Settings that the machine takes as they are; all are optional. */
export type MachineOptions = Partial<Omit<SerfConfig, "address" | "profile">>;
/** Settings of the wire that are passed on. */
export type WireChoices = Pick<WireOptions, "label" | "verifyIncoming" | "verifyOutgoing">;

/**
 * Settings of a {@link Serf} instance; all of them may be left out. Times are milliseconds, sizes bytes, and the
 * defaults are those of the reference's library.
 */
export interface SerfOptions extends MachineOptions, WireChoices {
  /**
   * Where to listen, as `host[:port]`, for UDP and TCP. Default `0.0.0.0:7946`, which is every address of the machine,
   * IPv6 included. Port 0 takes a free one.
   */
  readonly bind?: string;
  /** The address to announce, as `host[:port]`; the port defaults to 7946. Default: the bound or a private address. */
  readonly advertise?: string;
  /** Timing for a local network (`"lan"`, the default), the internet, or one machine; or your own. */
  readonly profile?: ProfileName | Profile;
  /** Encrypts all traffic with a key of 16, 24 or 32 bytes. Excludes `keyring`. */
  readonly encryptKey?: Uint8Array;
  /** Encrypts all traffic with the first of several keys. The cluster may change it; see `onKeyringChange`. */
  readonly keyring?: Keyring;
  /**
   * Called after the cluster has installed, chosen or removed a key, so that the keyring can be stored. What it throws is
   * reported to who asked for the change.
   */
  readonly onKeyringChange?: (keyring: Keyring) => void;
  /** Whether to compress what is sent. Default true. */
  readonly compression?: boolean;
  /** A file from which a restarted node knows whom to join and which events it has seen. Default none. */
  readonly snapshotPath?: string;
  /** Whether a node that has left joins again when it is restarted with its snapshot. Default false. */
  readonly rejoinAfterLeave?: boolean;
  /** Takes the log, line by line and without time stamps. By default nothing is logged. */
  readonly log?: Log;
}

/** Everything the machine needs but the address, which is known only once the sockets are bound. */
export type MachineConfig = Omit<SerfConfig, "address">;

/** The machine's settings, completed. Throws a `TypeError` or `RangeError` for one that cannot be used. */
export function machineConfig(options: SerfOptions): MachineConfig {
  const { name = Deno.hostname(), tags = {}, profile = "lan" } = options;
  if (name === "") throw new TypeError('Cannot use name: got "", expected at least one character');
  return {
    ...librarySettings,
    ...plainSettings(options),
    name,
    tags: { ...tags },
    profile: typeof profile === "string" ? namedProfile(profile) : checkedProfile(profile),
    metrics: options.metrics,
  };
}

/** The numbers and switches among the options. */
function plainSettings(options: SerfOptions): Partial<SerfSettings> {
  const given: Record<string, unknown> = {};
  for (const [name, standard] of Object.entries(librarySettings)) {
    const value = options[name as keyof SerfSettings];
    if (value === undefined || typeof standard === "object") continue;
    checkSetting(name, value, standard);
    given[name] = value;
  }
  return given;
}

function checkedProfile(profile: Profile): Profile {
  for (const [name, standard] of Object.entries(profiles.lan)) {
    checkSetting(`profile.${name}`, profile[name as keyof Profile], standard);
  }
  return profile;
}

/**
 * A setting must be of its default's type. No number is negative, and only times may have fractions; an interval of 0
 * would keep the machine busy for ever, and a buffer of 0 forget everything at once.
 */
function checkSetting(name: string, value: unknown, standard: unknown): void {
  if (typeof value !== typeof standard) {
    throw new TypeError(`Cannot use ${name}: got ${value}, expected a ${typeof standard}`);
  }
  if (typeof value !== "number") return;
  const refuse = (expected: string) => {
    throw new RangeError(`Cannot use ${name}: got ${value}, expected ${expected}`);
  };
  if (!(value >= 0)) refuse("0 or more");
  if (value === 0 && /(Interval|Buffer)(Ms)?$/.test(name)) refuse("more than 0");
  if (!name.endsWith("Ms") && !Number.isSafeInteger(value)) refuse("a whole number");
}

function namedProfile(name: string): Profile {
  if (Object.hasOwn(profiles, name)) return profiles[name as ProfileName];
  throw new TypeError(`Unknown profile: ${name}`);
}
