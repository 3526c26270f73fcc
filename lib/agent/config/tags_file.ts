/**
 * The file in which tags are kept that change while the agent runs.
 *
 * @module
 */

import { errorText } from "../../base/errors.ts";
import { osErrorText } from "../../go/os_error.ts";
import { decodeJson, jsonText, wrongJson } from "../../go/decode_json.ts";

type Tags = Readonly<Record<string, string>>;

/** Reads the tags of a file; `undefined` if there is none. Throws an `Error` that says what is wrong with it. */
export function readTagsFile(path: string): Tags | undefined {
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new Error(`Failed to read tags file: open ${path}: ${osErrorText(error)}`);
  }
  try {
    return tagsOf(decodeJson(bytes));
  } catch (error) {
    throw new Error(`Failed to decode tags file: ${errorText(error)}`);
  }
}

/** Writes the tags, sorted by name, for the owner's eyes only. Throws an `Error` that says why it cannot. */
export function writeTagsFile(path: string, tags: Tags): void {
  const sorted = Object.entries(tags).sort(([a], [b]) => a < b ? -1 : 1);
  try {
    const text = JSON.stringify(Object.fromEntries(sorted), null, 2);
    Deno.writeTextFileSync(path, text, { mode: 0o600 });
  } catch (error) {
    throw new Error(`Failed to write tags file: open ${path}: ${osErrorText(error)}`);
  }
}

function tagsOf(json: unknown): Tags {
  if (json === null) return {};
  if (typeof json !== "object" || Array.isArray(json)) throw wrongJson(json, "map[string]string");
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => [name, jsonText(value)]),
  );
}
