/**
 * What an instance holds from its start to its end: sockets, the snapshot file, and the checked settings.
 *
 * @module
 */

import { keyBytes } from "../api/arguments.ts";
import { abortable } from "../base/abortable.ts";
import type { Address } from "../base/address.ts";
import { errorText } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { loadPlatform } from "../base/platform/load_platform.ts";
import type { Platform } from "../base/platform/platform.ts";
import type { SerfConfig } from "../serf/config.ts";
import type { KeyringCipher } from "../wire/framing/cipher.ts";
import { Keyring } from "../wire/framing/keyring.ts";
import type { WireOptions } from "../wire/framing/wire_options.ts";
import { advertisedAddress, isPublic } from "./advertise.ts";
import { guardedLog, guardedMetrics } from "./guards.ts";
import { DEFAULT_PORT, resolveEndpoint } from "./resolve.ts";
import { checkSerfOptions, type NodeConfig, nodeConfig, type SerfOptions } from "./serf_options.ts";
import type { SnapshotFile } from "./snapshot_file.ts";
import type { Tracer } from "./tracing.ts";
import { NetTransport } from "./transport/net_transport.ts";

/** Everything that exists before the node does. */
export interface Resources {
  readonly config: SerfConfig;
  readonly wire: WireOptions;
  /** Bound, not started. */
  readonly transport: NetTransport;
  readonly snapshot: SnapshotFile | undefined;
  readonly log: Log;
}

/**
 * Checks the options, opens the snapshot and binds the sockets. Rejects with a `TypeError` or `RangeError` for a bad
 * option, with the signal's reason, and otherwise with an `Error` in the words of Serf and memberlist whose `cause` is
 * the system's error. Nothing stays open then.
 */
export async function openResources(given: SerfOptions, tracer: Tracer): Promise<Resources> {
  checkSerfOptions(given);
  const options = { ...given, metrics: guardedMetrics(given.metrics) };
  const { signal } = options;
  signal?.throwIfAborted();
  const platform = await loadPlatform();
  const config = nodeConfig(options, platform.hostname);
  const wire = await wireOptions(options);
  const log = guardedLog(options.log);
  const [bind, advertise] = await abortable(endpoints(options), signal);
  await using opened = new AsyncDisposableStack();
  const snapshot = await openSnapshot(options, log);
  opened.defer(() => snapshot?.close());
  const transport = await bindTransport(bind, { options, config, wire, log, tracer });
  opened.defer(() => transport.close());
  signal?.throwIfAborted();
  const address = addressToAnnounce(transport, { advertise, platform });
  if (bind.port === 0) {
    log("DEBUG", `memberlist: Using dynamic bind port ${transport.address.port}`);
  }
  if (wire.cipher === undefined && isPublic(address)) {
    log("WARN", "memberlist: Binding to public address without encryption!");
  }
  opened.move();
  return { config: { ...config, address }, wire, transport, snapshot, log };
}

/** The address to bind, and the one to announce if that is given. */
async function endpoints(
  { bind = "0.0.0.0", advertise }: SerfOptions,
): Promise<[Address, Address | undefined]> {
  const bound = await endpoint(bind, "bind");
  return [bound, advertise === undefined ? undefined : await endpoint(advertise, "advertise")];
}

async function endpoint(text: string, option: "bind" | "advertise"): Promise<Address> {
  try {
    const [address] = await resolveEndpoint(text, { defaultPort: DEFAULT_PORT });
    return address;
  } catch (cause) {
    throw new TypeError(`Invalid ${option} address: ${errorText(cause)}`, { cause });
  }
}

/** Loads what keeps a snapshot only where one is kept. */
async function openSnapshot(options: SerfOptions, log: Log): Promise<SnapshotFile | undefined> {
  const { snapshotPath, rejoinAfterLeave = false, metrics } = options;
  if (snapshotPath === undefined) return undefined;
  const { SnapshotFile } = await import("./snapshot_file.ts");
  try {
    return await SnapshotFile.open(snapshotPath, { rejoinAfterLeave, log, metrics });
  } catch (cause) {
    throw new Error(`Failed to setup snapshot: ${errorText(cause)}`, { cause });
  }
}

async function bindTransport(
  bind: Address,
  { options: { metrics }, config, wire, log, tracer }: {
    readonly options: SerfOptions;
    readonly config: NodeConfig;
    readonly wire: WireOptions;
    readonly log: Log;
    readonly tracer: Tracer;
  },
): Promise<NetTransport> {
  try {
    const { allows, profile: { tcpTimeoutMs: streamTimeoutMs } } = config;
    return await NetTransport.bind({
      ...{ bind, wire, streamTimeoutMs, allows },
      ...{ log, metrics, tracer },
    });
  } catch (error) {
    throw memberlistError(error);
  }
}

function addressToAnnounce(
  transport: NetTransport,
  { advertise, platform }: {
    readonly advertise: Address | undefined;
    readonly platform: Platform;
  },
): Address {
  try {
    const interfaces = platform.networkInterfaces;
    return advertisedAddress({ bound: transport.address, advertise, interfaces });
  } catch (error) {
    throw memberlistError(error);
  }
}

function memberlistError(error: unknown): Error {
  const { message, cause } = error as Error;
  return new Error(`Failed to create memberlist: ${message}`, { cause: cause ?? error });
}

async function wireOptions(options: SerfOptions): Promise<WireOptions> {
  const { label, compression = true, encryptKey, advanced = {} } = options;
  const { verifyIncoming, verifyOutgoing, skipInboundLabelCheck } = advanced;
  const keyring = encryptKey === undefined ? options.keyring : keyringOf(encryptKey);
  return {
    compress: compression,
    compressShort: false,
    cipher: keyring && await cipherOf(keyring),
    label,
    skipInboundLabelCheck,
    verifyIncoming,
    verifyOutgoing,
  };
}

/** Loads the cryptography only for those who encrypt. */
async function cipherOf(keyring: Keyring): Promise<KeyringCipher> {
  const { KeyringCipher } = await import("../wire/framing/cipher.ts");
  return new KeyringCipher(keyring);
}

function keyringOf(key: Uint8Array | string): Keyring {
  const bytes = keyBytes("encryptKey", key);
  try {
    return new Keyring([bytes]);
  } catch (cause) {
    throw new RangeError(`Failed to create memberlist: ${errorText(cause)}`, { cause });
  }
}
