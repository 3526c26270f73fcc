/**
 * How a node wraps what it sends, and what it accepts: label, encryption, compression.
 *
 * @module
 */

import type { KeyringCipher } from "./cipher.ts";

/** Settings that decide how packets and streams are wrapped, and which ones are accepted. */
export interface WireOptions {
  /** Every packet and stream of the cluster starts with it; up to 255 bytes, none when empty or absent. */
  readonly label?: string;
  /** For a transport that has checked and removed the label itself: a label is then an error. */
  readonly skipInboundLabelCheck?: boolean;
  /** With a cipher, everything is encrypted. */
  readonly cipher?: KeyringCipher;
  /** Whether to compress what we send; what arrives compressed is always understood. */
  readonly compress: boolean;
  /** Whether to compress also what arrives no sooner for it, as memberlist does. Default true. */
  readonly compressShort?: boolean;
  /** Whether to refuse what is not encrypted. Default true; of no effect without a cipher. */
  readonly verifyIncoming?: boolean;
  /** Whether to encrypt what we send. Default true; of no effect without a cipher. */
  readonly verifyOutgoing?: boolean;
}

/** The cipher that encrypts what we send, if anything does. */
export function outgoingCipher(options: WireOptions): KeyringCipher | undefined {
  return options.verifyOutgoing === false ? undefined : options.cipher;
}

/** Whether a message of so many bytes is compressed, if those from `worthwhile` bytes on gain by it. */
export function isCompressed(
  bytes: number,
  worthwhile: number,
  { compress, compressShort = true }: WireOptions,
): boolean {
  return compress && (compressShort || bytes >= worthwhile);
}
