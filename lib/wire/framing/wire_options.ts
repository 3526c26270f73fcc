/**
 * How a node talks: label, encryption, compression.
 *
 * @module
 */

import type { Keyring } from "./keyring.ts";
import { encodeLabel, type LabelOptions } from "./label.ts";

/** Settings that decide how packets and streams are wrapped, and which ones are accepted. */
export interface WireOptions extends LabelOptions {
  /** With a keyring, everything is encrypted. */
  readonly keyring?: Keyring;
  /** Whether to compress what we send; what arrives compressed is always understood. */
  readonly compress: boolean;
  /** Whether to refuse what is not encrypted. Default true; of no effect without a keyring. */
  readonly verifyIncoming?: boolean;
  /** Whether to encrypt what we send. Default true; of no effect without a keyring. */
  readonly verifyOutgoing?: boolean;
}

/** The keyring that encrypts what we send, if anything does. */
export function outgoingKeyring(options: WireOptions): Keyring | undefined {
  return options.verifyOutgoing === false ? undefined : options.keyring;
}

/** Bytes that label and encryption add to a datagram. */
export function packetOverhead(options: WireOptions): number {
  return encodeLabel(options.label).length + (outgoingKeyring(options)?.overhead ?? 0);
}
