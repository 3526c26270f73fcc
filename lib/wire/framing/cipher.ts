/**
 * memberlist's encryption, AES-GCM: `version | nonce | ciphertext | tag`.
 *
 * Version 1 encrypts the message as it is. Version 0, which only memberlist's protocol 1 sends, pads it to whole blocks
 * (PKCS #7); it is read but never written.
 *
 * Nodes that do not encrypt never load this module, which pulls in the cryptography libraries.
 *
 * @module
 */

// deno-lint-ignore no-import-prefix -- as in go/regexp.ts
import { gcm } from "npm:@noble/ciphers@^2.4.0/aes.js";
import { createCipheriv, createDecipheriv, randomFillSync } from "node:crypto";
import { DecodeError } from "../../base/errors.ts";
import type { Keyring } from "./keyring.ts";

const VERSION = 1;
const PADDED_VERSION = 0;
const NONCE_SIZE = 12;
const TAG_SIZE = 16;
const BLOCK_SIZE = 16;
const HEADER_SIZE = 1 + NONCE_SIZE;

/** Bytes that encryption adds to a message. */
const OVERHEAD = HEADER_SIZE + TAG_SIZE;

/** Encrypts with the keys of a keyring, which may change meanwhile. */
export class KeyringCipher {
  /** The keys. */
  readonly keyring: Keyring;
  /** Bytes that encryption adds to a message. */
  readonly overhead: number = OVERHEAD;

  constructor(keyring: Keyring) {
    this.keyring = keyring;
  }

  /** Encrypts under the primary key; `associated` bytes are authenticated with the message. */
  encrypt(message: Uint8Array, associated: Uint8Array): Uint8Array {
    return encrypt(this.keyring.primary, message, associated);
  }

  /** Decrypts with whichever key fits. Throws a {@link DecodeError} if none does. */
  decrypt(sealed: Uint8Array, associated: Uint8Array): Uint8Array {
    return decrypt(this.keyring.keys, sealed, associated);
  }
}

/** Encrypts with a key of 16, 24 or 32 bytes. `associated` is authenticated, but not part of the result. */
function encrypt(
  key: Uint8Array,
  message: Uint8Array,
  associated: Uint8Array,
): Uint8Array {
  const sealed = new Uint8Array(message.length + OVERHEAD);
  sealed[0] = VERSION;
  const nonce = randomFillSync(sealed.subarray(1, HEADER_SIZE));
  if (key.length === 24) {
    sealed.set(gcm(key, nonce, associated).encrypt(message), HEADER_SIZE);
    return sealed;
  }
  const cipher = createCipheriv(algorithm(key), key, nonce).setAAD(associated);
  sealed.set(cipher.update(message), HEADER_SIZE);
  cipher.final();
  sealed.set(cipher.getAuthTag(), HEADER_SIZE + message.length);
  return sealed;
}

/** Decrypts with the first of the keys that fits. Throws a {@link DecodeError} if none does. */
function decrypt(
  keys: readonly Uint8Array[],
  sealed: Uint8Array,
  associated: Uint8Array,
): Uint8Array {
  if (sealed.length === 0) throw new DecodeError("cannot decrypt empty payload");
  const version = sealed[0];
  if (version > VERSION) throw new DecodeError(`unsupported encryption version ${version}`);
  if (sealed.length < OVERHEAD + (version === PADDED_VERSION ? BLOCK_SIZE : 0)) {
    throw new DecodeError(`payload is too small to decrypt: ${sealed.length}`);
  }
  for (const key of keys) {
    const message = open(key, sealed, associated);
    if (message !== undefined) return version === PADDED_VERSION ? unpad(message) : message;
  }
  throw new DecodeError("no installed keys could decrypt the message");
}

/** Decrypts with one key; `undefined` if it is the wrong one, or the bytes have been tampered with. */
function open(
  key: Uint8Array,
  sealed: Uint8Array,
  associated: Uint8Array,
): Uint8Array | undefined {
  const nonce = sealed.subarray(1, HEADER_SIZE);
  const tagStart = sealed.length - TAG_SIZE;
  try {
    if (key.length === 24) {
      return gcm(key, nonce, associated).decrypt(sealed.subarray(HEADER_SIZE));
    }
    const decipher = createDecipheriv(algorithm(key), key, nonce)
      .setAAD(associated)
      .setAuthTag(sealed.subarray(tagStart));
    const message = decipher.update(sealed.subarray(HEADER_SIZE, tagStart));
    decipher.final();
    return new Uint8Array(message.buffer, message.byteOffset, message.length);
  } catch {
    return undefined; // both libraries throw if the tag does not match
  }
}

/** The name of a cipher in node:crypto, which has no 192-bit GCM. */
function algorithm(key: Uint8Array): "aes-128-gcm" | "aes-256-gcm" {
  return key.length === 16 ? "aes-128-gcm" : "aes-256-gcm";
}

function unpad(message: Uint8Array): Uint8Array {
  const padding = message[message.length - 1];
  if (padding > message.length) {
    throw new DecodeError(`cannot remove ${padding} bytes of padding from ${message.length}`);
  }
  return message.subarray(0, message.length - padding);
}
