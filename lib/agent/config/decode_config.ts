/**
 * Decoding the JSON of a configuration file, as strictly as Serf and with its messages.
 *
 * @module
 */

import { parseDuration } from "../../go/duration.ts";
import { errorText } from "../../base/errors.ts";
import { decodeFirstJson } from "../../go/decode_json.ts";
import { type ConfigKind, type ConfigLayer, configOptions } from "./config.ts";
import type { ConfigMistake, JsonPath } from "./startup_error.ts";

type JsonObject = { readonly [key: string]: unknown };

/** Keys that must be booleans but have no effect; Serf accepts them too. */
export const INERT_KEYS = ["enable_compression", "MsgpackUseNewTimeFormat"];

/** Why JSON is no configuration. The message is Serf's. */
export class DecodeError extends TypeError {
  override readonly name = "DecodeError";
  readonly mistakes: readonly ConfigMistake[];

  constructor(message: string, mistakes: readonly ConfigMistake[]) {
    super(message);
    this.mistakes = mistakes;
  }
}

/**
 * Decodes a file with one JSON object. Keys match in any case, a `null` counts as absent, and text after the object is
 * ignored. Throws a `JsonSyntaxError`, or a {@link DecodeError} that lists all wrong types and unknown keys.
 */
export function decodeConfig(bytes: Uint8Array): ConfigLayer {
  const json = decodeFirstJson(bytes);
  if (json === null) return {};
  if (!isObject(json)) {
    const problem = unexpected("an object", json);
    throw new DecodeError(`'' expected a map, got '${goKind(json)}'`, [{ path: [], problem }]);
  }
  const decoder = new ConfigDecoder();
  decoder.object({ key: "", path: [] }, json);
  return decoder.finish();
}

/** A value of a file: its key, and the way to it as the file writes it. */
interface Place {
  readonly key: string;
  readonly path: JsonPath;
}

/** What is expected, in the words of our own messages. */
const EXPECTED = {
  string: "a text",
  duration: 'a text with a duration such as "5s"',
  bool: "true or false",
  int: "a whole number",
  size: "a whole number, 0 or more",
  list: "a list of texts",
  tags: "an object of texts",
} as const satisfies Record<ConfigKind, string>;

class ConfigDecoder {
  /** Values by key, with durations still as text. */
  readonly #values = new Map<string, Place & { readonly value: unknown }>();
  readonly #problems: string[] = [];
  readonly #mistakes: ConfigMistake[] = [];

  /** Decodes the settings of the whole file, or of an object in it. */
  object(place: Place, json: JsonObject): void {
    const prefix = place.key === "" ? "" : `${place.key}.`;
    const unused = new Set(Object.keys(json));
    for (const key of keysBelow(prefix)) {
      const found = unused.has(key) ? key : [...unused].find((other) => equalFold(other, key));
      if (found === undefined) continue;
      unused.delete(found);
      if (json[found] === null) continue;
      this.#entry({ key: prefix + key, path: [...place.path, found] }, json[found]);
    }
    if (unused.size === 0) return;
    this.#problems.push(`'${place.key}' has invalid keys: ${[...unused].sort().join(", ")}`);
    const known = prefix === "" ? [...optionKeys, ...INERT_KEYS] : keysBelow(prefix);
    for (const key of unused) {
      this.#mistakes.push({ path: [...place.path, key], problem: "unknown key", known });
    }
  }

  /** The decoded settings; throws if there were problems. */
  finish(): ConfigLayer {
    if (this.#problems.length > 0) {
      const list = this.#problems.sort().map((problem) => `* ${problem}`).join("\n");
      throw new DecodeError(
        `${this.#problems.length} error(s) decoding:\n\n${list}`,
        this.#mistakes,
      );
    }
    const layer: Record<string, unknown> = {};
    for (const [name, option] of Object.entries(configOptions)) {
      const found = "key" in option ? this.#values.get(option.key) : undefined;
      if (found === undefined || found.value === "") continue;
      layer[name] = option.kind === "duration" ? this.#duration(found) : found.value;
    }
    // As in Serf, only the first bad duration is told.
    const [first] = this.#mistakes;
    if (first !== undefined) throw new DecodeError(first.problem, this.#mistakes);
    return layer;
  }

  #entry(place: Place, value: unknown): void {
    const kind = kindOfKey(place.key);
    if (kind !== undefined) {
      const decoded = this.#decode(place, kind, value);
      if (decoded !== undefined) this.#values.set(place.key, { ...place, value: decoded });
    } else if (isObject(value)) this.object(place, value);
    else this.#notAMap(place, value, "an object");
  }

  /** The value of a setting; `undefined`, after noting a problem, if it is of the wrong type. */
  #decode(place: Place, kind: ConfigKind, value: unknown): unknown {
    const expected = EXPECTED[kind];
    switch (kind) {
      case "string":
      case "duration":
        return this.#typed(place, "string", { value, expected });
      case "bool":
        return this.#typed(place, "bool", { value, expected });
      case "int":
        return this.#int(place, { value, expected });
      case "size":
        return this.#size(place, { value, expected });
      case "list":
        return this.#list(place, value);
      case "tags":
        return this.#tags(place, value);
      default:
        throw kind satisfies never;
    }
  }

  #typed(place: Place, type: string, { value, expected }: TypedValue): unknown {
    if (goType(value) === type) return value;
    this.#problem(
      place,
      `'${place.key}' expected type '${type}', got unconvertible type '${goType(value)}', value: '${
        goFormat(value)
      }'`,
      unexpected(expected, value),
    );
  }

  #int(place: Place, given: TypedValue): unknown {
    const { value } = given;
    return typeof value === "number" ? Math.trunc(value) : this.#typed(place, "int", given);
  }

  /** Serf accepts a negative size, and then refuses everything that is sent. */
  #size(place: Place, given: TypedValue): unknown {
    const size = this.#int(place, given);
    if (!(Number(size) < 0)) return size;
    const text = `'${place.key}' expected 0 or more, got '${size}'`;
    this.#problem(place, text, unexpected(given.expected, given.value));
  }

  #list({ key, path }: Place, value: unknown): unknown {
    if (Array.isArray(value)) {
      return value.map((item, i) =>
        this.#typed({ key: `${key}[${i}]`, path: [...path, i] }, "string", textItem(item))
      );
    }
    const text = `'${key}': source data must be an array or slice, got ${goKind(value)}`;
    this.#problem({ key, path }, text, unexpected(EXPECTED.list, value));
  }

  #tags(place: Place, value: unknown): unknown {
    if (!isObject(value)) return this.#notAMap(place, value, EXPECTED.tags);
    const { key, path } = place;
    const entries = Object.entries(value).map(([tag, item]) => [
      tag,
      this.#typed({ key: `${key}[${tag}]`, path: [...path, tag] }, "string", textItem(item)),
    ]);
    return Object.fromEntries(entries);
  }

  #duration({ path, value }: Place & { readonly value: unknown }): number | undefined {
    try {
      return parseDuration(String(value));
    } catch (error) {
      this.#mistakes.push({ path, problem: errorText(error) });
    }
  }

  #notAMap(place: Place, value: unknown, expected: string): void {
    const text = `'${place.key}' expected a map, got '${goKind(value)}'`;
    this.#problem(place, text, unexpected(expected, value));
  }

  /** Notes a problem in Serf's words, and in ours. */
  #problem({ path }: Place, text: string, problem: string): void {
    this.#problems.push(text);
    this.#mistakes.push({ path, problem });
  }
}

/** A value, and what is expected in its place. */
interface TypedValue {
  readonly value: unknown;
  readonly expected: string;
}

/** A text in a list or an object, in which a `null` counts as an empty one. */
function textItem(item: unknown): TypedValue {
  return { value: item ?? "", expected: EXPECTED.string };
}

function unexpected(expected: string, value: unknown): string {
  const got = Array.isArray(value)
    ? "a list"
    : isObject(value)
    ? "an object"
    : JSON.stringify(value);
  return `expected ${expected}, got ${got}`;
}

/** The keys of all settings. */
const optionKeys = Object.values(configOptions).flatMap((option) =>
  "key" in option ? [option.key] : []
);

/** The next part of each key that starts with a prefix. */
function keysBelow(prefix: string): string[] {
  const rests = [...optionKeys, ...INERT_KEYS]
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length).split(".")[0]);
  return [...new Set(rests)];
}

/** The kind of the setting with this key; `undefined` if the key is that of an object of settings. */
function kindOfKey(key: string): ConfigKind | undefined {
  if (INERT_KEYS.includes(key)) return "bool";
  return Object.values(configOptions).find((option) => "key" in option && option.key === key)?.kind;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function equalFold(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** The name of the Go type to which JSON is decoded. */
function goType(value: unknown): string {
  if (typeof value === "string") return "string";
  if (typeof value === "number") return "float64";
  if (typeof value === "boolean") return "bool";
  return Array.isArray(value) ? "[]interface {}" : "map[string]interface {}";
}

/** The kind of that type in Go, without element types. */
function goKind(value: unknown): string {
  if (Array.isArray(value)) return "slice";
  return isObject(value) ? "map" : goType(value);
}

/** The value in Go's `%v` form. */
function goFormat(value: unknown): string {
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(goFormat).join(" ")}]`;
  if (!isObject(value)) return String(value);
  const entries = Object.keys(value).sort().map((key) => `${key}:${goFormat(value[key])}`);
  return `map[${entries.join(" ")}]`;
}
