/**
 * The file with the keys of an encrypted cluster, which follows the changes that the cluster makes.
 *
 * @module
 */

import { decodeBase64 } from "../../go/base64.ts";
import { errorText } from "../../base/errors.ts";
import { osErrorText } from "../../go/os_error.ts";
import type { Keyring } from "../../wire/framing/keyring.ts";
import { decodeJson, jsonText, wrongJson } from "../../go/decode_json.ts";

/** Reads a keyring; there must be at least one key. Rejects with an `Error` that says what is wrong with the file. */
export async function readKeyringFile(path: string): Promise<Keyring> {
  const keys = decodeKeys(readBytes(path));
  if (keys.length === 0) throw new Error("Keyring file contains no keys");
  // Cryptography is loaded only by those who use it.
  const { Keyring } = await import("../../wire/framing/keyring.ts");
  try {
    return new Keyring(keys);
  } catch (error) {
    throw new Error(`Failed to restore keyring: ${errorText(error)}`);
  }
}

/** Writes all keys, the primary one first, for the owner's eyes only. Throws an `Error` that says why it cannot. */
export function writeKeyringFile(path: string, keyring: Keyring): void {
  const text = JSON.stringify(keyring.keys.map((key) => key.toBase64()), null, 2);
  try {
    Deno.writeTextFileSync(path, text, { mode: 0o600 });
  } catch (error) {
    throw new Error(`Failed to write keyring file: open ${path}: ${osErrorText(error)}`);
  }
}

function readBytes(path: string): Uint8Array {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new Error(`stat ${path}: ${osErrorText(error)}`);
    }
    throw new Error(`Failed to read keyring file: open ${path}: ${osErrorText(error)}`);
  }
}

function decodeKeys(bytes: Uint8Array): Uint8Array[] {
  return keyTexts(bytes).map((text) => {
    try {
      return decodeBase64(text);
    } catch (error) {
      throw new Error(`Failed to decode key from keyring: ${errorText(error)}`);
    }
  });
}

function keyTexts(bytes: Uint8Array): string[] {
  try {
    const json = decodeJson(bytes) ?? [];
    if (!Array.isArray(json)) throw wrongJson(json, "[]string");
    return json.map(jsonText);
  } catch (error) {
    throw new Error(`Failed to decode keyring file: ${errorText(error)}`);
  }
}
