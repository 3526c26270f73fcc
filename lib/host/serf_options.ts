/**
 * The settings of an instance, their checks, and what they are when left out.
 *
 * @module
 */

import {
  checkKey,
  checkNumber,
  checkOptions,
  checkText,
  checkTextMap,
  checkTexts,
  refuse,
} from "../api/arguments.ts";
import type { Member } from "../api/member.ts";
import type { Log } from "../base/log.ts";
import { isInside, parseNetwork } from "../base/network.ts";
import type { Metrics } from "../base/metrics.ts";
import { librarySettings, type ProtocolSettings, type SerfConfig } from "../serf/config.ts";
import { type Profile, type ProfileName, profiles } from "../swim/config.ts";
import type { Keyring } from "../wire/framing/keyring.ts";
import { labelBytes, MAX_LABEL_BYTES } from "../wire/framing/label.ts";

/** Timing, limits and switches that hardly anybody needs to change. Times are milliseconds, sizes bytes. */
export interface AdvancedOptions extends Partial<ProtocolSettings> {
  /**
   * How long one member is remembered after it failed or left (Serf's `ReconnectTimeoutOverride`). It is asked at every
   * reap, and gets the member and the time that would apply without it. Default: the same for all members.
   */
  readonly reconnectTimeoutOverride?: (member: Member, timeoutMs: number) => number;
  /** Whether the label is checked and removed by somebody in between, so that none may arrive. Default false. */
  readonly skipInboundLabelCheck?: boolean;
  /** Whether to refuse what is not encrypted. Default true; of no effect without a key. */
  readonly verifyIncoming?: boolean;
  /** Whether to encrypt what is sent. Default true; of no effect without a key. */
  readonly verifyOutgoing?: boolean;
}

/** Settings of a `Serf` instance; all of them may be left out. */
export interface SerfOptions {
  /** The member's name, unique in the cluster. Default: the host name of the machine. */
  readonly name?: string;
  /**
   * Where to listen, as `host[:port]`, for UDP and TCP. Default `0.0.0.0:7946`, which is every address of the machine,
   * IPv6 included. Port 0 takes a free one.
   */
  readonly bind?: string;
  /** The address to announce, as `host[:port]`; the port defaults to 7946. Default: the bound or a private address. */
  readonly advertise?: string;
  /** What the member says of itself; at most 512 bytes in encoded form. Default: nothing. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Timing for a local network (`"lan"`, the default), the internet, or one machine; or your own. */
  readonly profile?: ProfileName | Profile;
  /** Encrypts all traffic with a key of 16, 24 or 32 bytes, or the same in base64. Excludes `keyring`. */
  readonly encryptKey?: Uint8Array | string;
  /** Encrypts all traffic with the first of several keys. The cluster may change it; see `onKeyringChange`. */
  readonly keyring?: Keyring;
  /**
   * Called after the cluster has installed, chosen or removed a key, so that the keyring can be stored. What it throws is
   * reported to the member that asked for the change.
   */
  readonly onKeyringChange?: (keyring: Keyring) => void;
  /** Whether to compress what is sent, where it is so long that it arrives sooner. Default true. */
  readonly compression?: boolean;
  /** Every packet and stream of the cluster starts with it, which keeps clusters apart; up to 255 bytes. Default: none. */
  readonly label?: string;
  /**
   * Networks such as `10.0.0.0/8` that members may be in. Datagrams, streams and claims from and to other addresses are
   * ignored. Default: all.
   */
  readonly allowCidr?: readonly string[];
  /** A file from which a restarted node knows whom to join and which events it has seen. Default: none. */
  readonly snapshotPath?: string;
  /** Whether a node that has left joins again when it is restarted with its snapshot. Default false. */
  readonly rejoinAfterLeave?: boolean;
  /**
   * Whether the end of an `await using` scope leaves the cluster first, which takes one to two seconds. By default the
   * instance is shut down at once, and the others find that it has failed.
   */
  readonly leaveOnDispose?: boolean;
  /** The version of Serf's protocol to speak, 2 to 5. Default 4, as in Serf's library; agents speak 5. */
  readonly protocol?: number;
  /**
   * Takes the log, line by line and without time stamps. By default nothing is logged. With `toLog`, a logger of another
   * library takes it: `log: toLog(console)`.
   */
  readonly log?: Log;
  /** Takes metrics, under the names of Serf and memberlist. By default there are none. */
  readonly metrics?: Metrics;
  /** What hardly anybody needs to change. */
  readonly advanced?: AdvancedOptions;
  /** Aborts the start; has no effect afterwards. */
  readonly signal?: AbortSignal;
}

/** The type of each option, or a check of its own. */
const OPTION_CHECKS: Readonly<
  Record<keyof SerfOptions, (name: string, value: unknown) => void>
> = {
  name: checkName,
  bind: checkEndpoint,
  advertise: checkEndpoint,
  tags: checkTextMap,
  profile: checkProfile,
  encryptKey: checkKey,
  keyring: ofType("object"),
  onKeyringChange: ofType("function"),
  compression: ofType("boolean"),
  label: checkLabel,
  allowCidr: checkNetworks,
  snapshotPath: checkText,
  rejoinAfterLeave: ofType("boolean"),
  leaveOnDispose: ofType("boolean"),
  protocol: ofType("number"),
  log: checkLog,
  metrics: ofType("object"),
  advanced: checkAdvanced,
  signal: () => {},
};

const ADVANCED_DEFAULTS: Required<Omit<AdvancedOptions, "reconnectTimeoutOverride">> = {
  ...protocolDefaults(),
  skipInboundLabelCheck: false,
  verifyIncoming: true,
  verifyOutgoing: true,
};

/** Throws a `TypeError` or `RangeError` that names the option for one that is unknown or of no use. */
export function checkSerfOptions(options: SerfOptions): void {
  checkOptions(options, Object.keys(OPTION_CHECKS));
  for (const [name, check] of Object.entries(OPTION_CHECKS)) {
    const value = options[name as keyof SerfOptions];
    if (value !== undefined) check(name, value);
  }
  if (options.encryptKey !== undefined && options.keyring !== undefined) {
    throw new TypeError("Cannot use encryptKey: got a keyring too, expected one of them");
  }
}

/** Everything the node needs but the address, which is known only once the sockets are bound. */
export type NodeConfig = Omit<SerfConfig, "address">;

/** The node's settings, completed. The options must have been checked; `hostname` gives the name if they have none. */
export function nodeConfig(options: SerfOptions, hostname: () => string): NodeConfig {
  const { name = hostname(), tags = {}, profile = "lan", protocol, metrics } = options;
  const { verifyIncoming: _, verifyOutgoing: __, skipInboundLabelCheck: ___, ...settings } =
    options.advanced ?? {};
  return {
    ...librarySettings,
    ...withoutUndefined(settings),
    name,
    tags: { ...tags },
    profile: typeof profile === "string" ? profiles[profile] : profile,
    protocol: protocol ?? librarySettings.protocol,
    allows: allowedBy(options.allowCidr ?? []),
    metrics,
  };
}

function allowedBy(cidrs: readonly string[]): NodeConfig["allows"] {
  if (cidrs.length === 0) return undefined;
  const networks = cidrs.map(parseNetwork).filter((network) => network !== undefined);
  return (ip) => isInside(ip, networks);
}

function protocolDefaults(): ProtocolSettings {
  const { protocol: _, profile: __, metrics: ___, ...defaults } = librarySettings;
  return defaults;
}

function withoutUndefined<T extends object>(object: T): Partial<T> {
  const given = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Partial<T>;
}

function ofType(type: "boolean" | "function" | "number" | "object") {
  return (name: string, value: unknown) => {
    if (typeof value !== type || value === null) {
      refuse(name, value, `${type === "object" ? "an" : "a"} ${type}`);
    }
  };
}

function checkName(name: string, value: unknown): void {
  checkText(name, value);
  if (value === "") refuse(name, value, "at least one character");
}

function checkLog(name: string, value: unknown): void {
  if (typeof value !== "function") refuse(name, value, "a function, such as toLog(console)");
}

function checkEndpoint(name: string, value: unknown): void {
  checkText(name, value, 'text such as "0.0.0.0:7946"');
}

function checkLabel(name: string, value: unknown): void {
  checkText(name, value);
  if (labelBytes(value as string).length > MAX_LABEL_BYTES) {
    refuse(name, value, `at most ${MAX_LABEL_BYTES} bytes`, RangeError);
  }
}

function checkNetworks(name: string, value: unknown): void {
  checkTexts(name, value, "10.0.0.0/8");
  for (const text of value as readonly string[]) {
    if (parseNetwork(text) === undefined) refuse(name, text, "networks such as 10.0.0.0/8");
  }
}

function checkProfile(name: string, value: unknown): void {
  if (typeof value === "string") {
    if (Object.hasOwn(profiles, value)) return;
    refuse(name, value, `one of ${Object.keys(profiles).join(", ")}, or a profile of your own`);
  }
  checkOptions(value, Object.keys(profiles.lan), `${name}.`);
  for (const [key, standard] of Object.entries(profiles.lan)) {
    checkSetting(`${name}.${key}`, (value as Readonly<Record<string, unknown>>)[key], standard);
  }
}

function checkAdvanced(name: string, value: unknown): void {
  checkOptions(value, [...Object.keys(ADVANCED_DEFAULTS), "reconnectTimeoutOverride"], `${name}.`);
  const given = value as Readonly<Record<string, unknown>>;
  for (const [key, standard] of Object.entries(ADVANCED_DEFAULTS)) {
    if (given[key] !== undefined) checkSetting(`${name}.${key}`, given[key], standard);
  }
  const { reconnectTimeoutOverride: override } = given;
  if (override !== undefined) ofType("function")(`${name}.reconnectTimeoutOverride`, override);
}

/**
 * A setting must be of its default's type. No number is negative, and only times may have fractions; an interval of 0
 * would keep the node busy for ever, and a buffer of 0 forget everything at once.
 */
function checkSetting(name: string, value: unknown, standard: number | boolean): void {
  if (typeof value !== typeof standard) refuse(name, value, `a ${typeof standard}`);
  if (typeof value !== "number") return;
  checkNumber(name, value);
  if (value === 0 && /(Interval|Buffer)(Ms)?$/.test(name)) {
    refuse(name, value, "more than 0", RangeError);
  }
  if (!name.endsWith("Ms") && !Number.isSafeInteger(value)) {
    refuse(name, value, "a whole number", RangeError);
  }
}
