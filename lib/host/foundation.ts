/**
 * What an instance stands on: its settings, its sockets, its snapshot.
 *
 * @module
 */

import type { Log } from "../base/log.ts";
import type { Address } from "../base/address.ts";
import { errorText } from "../base/errors.ts";
import type { SerfConfig } from "../serf/config.ts";
import type { Keyring } from "../wire/framing/keyring.ts";
import type { WireOptions } from "../wire/framing/wire_options.ts";
import { advertisedAddress, isPublic } from "./advertise.ts";
import { NetTransport } from "./transport/net_transport.ts";
import { DEFAULT_PORT, resolveEndpoint } from "./resolve.ts";
import { machineConfig, type SerfOptions } from "./serf_options.ts";
import { SnapshotFile } from "./snapshot_file.ts";

/** Everything that exists before the machine does. */
export interface Foundation {
  readonly config: SerfConfig;
  readonly wire: WireOptions;
  /** Bound, not started. */
  readonly transport: NetTransport;
  readonly snapshot: SnapshotFile | undefined;
  readonly log: Log;
}

/**
 * Checks the options, opens the snapshot and binds the sockets. Rejects with a `TypeError` or `RangeError` for a bad
 * option, and otherwise with an `Error` in the reference's words whose `cause` is the system's error; nothing stays open
 * then.
 */
export async function layFoundation(options: SerfOptions): Promise<Foundation> {
  const machine = machineConfig(options);
  const wire = await wireOptions(options);
  const log = guardedLog(options.log);
  const bind = await endpoint(options.bind ?? "0.0.0.0", "bind");
  const advertise = options.advertise === undefined
    ? undefined
    : await endpoint(options.advertise, "advertise");
  await using opened = new AsyncDisposableStack();
  const snapshot = await openSnapshot(options, log);
  opened.defer(() => snapshot?.close());
  try {
    const { tcpTimeoutMs: streamTimeoutMs } = machine.profile;
    const transport = await NetTransport.bind({
      bind,
      wire,
      streamTimeoutMs,
      log,
      metrics: options.metrics,
    });
    opened.defer(() => transport.close());
    const address = advertisedAddress({ bound: transport.address, advertise });
    if (bind.port === 0) {
      log("DEBUG", `memberlist: Using dynamic bind port ${transport.address.port}`);
    }
    if (wire.keyring === undefined && isPublic(address)) {
      log("WARN", "memberlist: Binding to public address without encryption!");
    }
    opened.move();
    return { config: { ...machine, address }, wire, transport, snapshot, log };
  } catch (error) {
    const { message, cause } = error as Error;
    throw new Error(`Failed to create memberlist: ${message}`, { cause: cause ?? error });
  }
}

/** Calls the user's log; what it throws is the user's, and must not end up in the middle of our work. */
function guardedLog(log: Log | undefined): Log {
  if (log === undefined) return () => {};
  return (level, text) => {
    try {
      log(level, text);
    } catch (error) {
      reportError(error);
    }
  };
}

async function endpoint(text: string, option: "bind" | "advertise"): Promise<Address> {
  try {
    const [address] = await resolveEndpoint(text, { defaultPort: DEFAULT_PORT });
    return address;
  } catch (cause) {
    throw new TypeError(`Invalid ${option} address: ${errorText(cause)}`, { cause });
  }
}

async function openSnapshot(options: SerfOptions, log: Log): Promise<SnapshotFile | undefined> {
  const { snapshotPath, rejoinAfterLeave = false, metrics } = options;
  if (snapshotPath === undefined) return undefined;
  try {
    return await SnapshotFile.open(snapshotPath, { rejoinAfterLeave, log, metrics });
  } catch (cause) {
    throw new Error(`Failed to setup snapshot: ${errorText(cause)}`, { cause });
  }
}

async function wireOptions(options: SerfOptions): Promise<WireOptions> {
  const { label, verifyIncoming, verifyOutgoing } = options;
  if (options.encryptKey !== undefined && options.keyring !== undefined) {
    throw new TypeError("Cannot use encryptKey: got a keyring too, expected one of them");
  }
  return {
    compress: options.compression ?? true,
    keyring: options.encryptKey ? await keyringOf(options.encryptKey) : options.keyring,
    label,
    verifyIncoming,
    verifyOutgoing,
  };
}

/** Loads the cryptography only for those who encrypt. */
async function keyringOf(key: Uint8Array): Promise<Keyring> {
  const { Keyring } = await import("../wire/framing/keyring.ts");
  try {
    return new Keyring([key]);
  } catch (cause) {
    throw new RangeError(`Failed to create memberlist: ${errorText(cause)}`, { cause });
  }
}
