/**
 * Parts of requests that several routes read.
 *
 * @module
 */

import { errorText } from "../../../base/errors.ts";
import { Problem } from "../problem.ts";

/** Splits texts such as `role=web`. Throws a {@link Problem} if one has no `=`. */
export function splitPairs(texts: readonly string[], parameter: string): Record<string, string> {
  return Object.fromEntries(texts.map((text) => {
    const at = text.indexOf("=");
    if (at < 1) {
      throw new Problem(400, `Cannot use ${parameter}: got "${text}", expected NAME=EXPRESSION`);
    }
    return [text.slice(0, at), text.slice(at + 1)];
  }));
}

/** The object that a body has in JSON, with texts for values. Throws a {@link Problem} if it has something else. */
export function decodeTexts(body: Uint8Array): Record<string, string> {
  const value = decodeJson(body);
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject || !Object.values(value).every((item) => typeof item === "string")) {
    throw new Problem(400, "Cannot use body: expected a JSON object of texts");
  }
  return value as Record<string, string>;
}

function decodeJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (cause) {
    throw new Problem(400, `Cannot use body: expected JSON: ${errorText(cause)}`, { cause });
  }
}
