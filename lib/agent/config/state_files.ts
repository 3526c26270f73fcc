/**
 * The files that an agent writes when its tags or its keys change, so that a restart finds them as they were.
 *
 * Both hold JSON, indented as Go does it, and only their owner may read them. Errors are in Serf's words.
 *
 * @module
 */

import { errorText } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import { encodeText } from "../../base/text.ts";
import { writeFileAtomically } from "../../base/write_file.ts";
import { decodeBase64 } from "../../go/base64.ts";
import { decodeJson, jsonText, wrongJson } from "../../go/decode_json.ts";
import { osErrorText } from "../../go/os_error.ts";
import type { Keyring } from "../../wire/framing/keyring.ts";

type Tags = Readonly<Record<string, string>>;

/** What a file is called in errors. */
type FileKind = "tags file" | "keyring file";

/** Reads a tags file; `undefined` if it does not exist. Throws an `Error` that says what is wrong with it. */
export function readTagsFile(path: string): Tags | undefined {
  const bytes = readBytes(path, "tags file");
  return bytes && decode(bytes, "tags file", toTags);
}

/** Writes the tags, sorted by name. Throws an `Error` that says why it cannot. */
export function writeTagsFile(path: string, tags: Tags): void {
  const sorted = Object.entries(tags).sort(([a], [b]) => a < b ? -1 : 1);
  writeJson(path, "tags file", Object.fromEntries(sorted));
}

/** Reads a keyring file with at least one key. Rejects with an `Error` that says what is wrong with it. */
export async function readKeyringFile(path: string): Promise<Keyring> {
  const bytes = readBytes(path, "keyring file");
  if (bytes === undefined) throw new Error(`stat ${path}: no such file or directory`);
  const keys = decode(bytes, "keyring file", toTexts).map(decodeKey);
  if (keys.length === 0) throw new Error("Keyring file contains no keys");
  // Cryptography is loaded only where it is used.
  const { Keyring } = await import("../../wire/framing/keyring.ts");
  try {
    return new Keyring(keys);
  } catch (error) {
    throw new Error(`Failed to restore keyring: ${errorText(error)}`);
  }
}

/** Whether everybody on this machine may read a file, as far as the system has modes. */
export function isReadableByAll(path: string): boolean {
  return ((Deno.statSync(path).mode ?? 0) & 0o004) !== 0;
}

/** Warns if everybody on this machine may read a file with a secret; `what` is what it is called. */
export function warnIfReadableByAll(path: string, what: string, log: Log): void {
  if (!isReadableByAll(path)) return;
  log("WARN", `agent: Everybody on this machine can read the ${what} ${path}`);
}

/** Writes all keys, the primary one first. Throws an `Error` that says why it cannot. */
export function writeKeyringFile(path: string, keyring: Keyring): void {
  writeJson(path, "keyring file", keyring.keys.map((key) => key.toBase64()));
}

function readBytes(path: string, kind: FileKind): Uint8Array | undefined {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new Error(`Failed to read ${kind}: open ${path}: ${osErrorText(error)}`);
  }
}

function decode<T>(bytes: Uint8Array, kind: FileKind, convert: (json: unknown) => T): T {
  try {
    return convert(decodeJson(bytes));
  } catch (error) {
    throw new Error(`Failed to decode ${kind}: ${errorText(error)}`);
  }
}

function writeJson(path: string, kind: FileKind, value: unknown): void {
  try {
    writeFileAtomically(path, encodeText(JSON.stringify(value, null, 2)));
  } catch (error) {
    throw new Error(`Failed to write ${kind}: open ${path}: ${osErrorText(error)}`);
  }
}

function toTags(json: unknown): Tags {
  if (json === null) return {};
  if (typeof json !== "object" || Array.isArray(json)) throw wrongJson(json, "map[string]string");
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => [name, jsonText(value)]),
  );
}

function toTexts(json: unknown): string[] {
  if (json === null) return [];
  if (!Array.isArray(json)) throw wrongJson(json, "[]string");
  return json.map(jsonText);
}

function decodeKey(text: string): Uint8Array {
  try {
    return decodeBase64(text);
  } catch (error) {
    throw new Error(`Failed to decode key from keyring: ${errorText(error)}`);
  }
}
