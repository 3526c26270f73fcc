/**
 * memberlist's keyring: the keys of an encrypted cluster. Encrypting with them is up to `cipher.ts`.
 *
 * @module
 */

import { equalBytes } from "../../base/bytes.ts";

/** A list of AES keys that the cluster can change while it runs: the primary one encrypts, all of them decrypt. */
export class Keyring {
  #keys: readonly Uint8Array[] = [];

  /** Takes at least one key of 16, 24 or 32 bytes, the primary one first; throws a `RangeError` otherwise. */
  constructor(keys: readonly Uint8Array[]) {
    if (keys.length === 0) {
      throw new RangeError("Cannot create keyring: got no keys, expected at least one");
    }
    for (const key of keys) this.add(key);
  }

  /** The key that encrypts. */
  get primary(): Uint8Array {
    return this.#keys[0];
  }

  /** All keys, the primary one first. */
  get keys(): readonly Uint8Array[] {
    return this.#keys;
  }

  /** Installs a key for decryption; an installed one stays where it is. Throws a `RangeError` for a wrong size. */
  add(key: Uint8Array): void {
    if (![16, 24, 32].includes(key.length)) {
      throw new RangeError("key size must be 16, 24 or 32 bytes");
    }
    if (this.#find(key) === undefined) this.#keys = [...this.#keys, key.slice()];
  }

  /** Makes an installed key the primary one. Throws a `RangeError` if it is not installed. */
  use(key: Uint8Array): void {
    const installed = this.#find(key);
    if (installed === undefined) throw new RangeError("requested key is not in the keyring");
    this.#keys = [installed, ...this.#keys.filter((other) => other !== installed)];
  }

  /** Removes a key; one that is not installed needs no removal. Throws a `RangeError` for the primary one. */
  remove(key: Uint8Array): void {
    const installed = this.#find(key);
    if (installed === this.primary) {
      throw new RangeError("removing the primary key is not allowed");
    }
    this.#keys = this.#keys.filter((other) => other !== installed);
  }

  #find(key: Uint8Array): Uint8Array | undefined {
    return this.#keys.find((installed) => equalBytes(installed, key));
  }
}
