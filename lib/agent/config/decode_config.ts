/**
 * Decoding the JSON of a configuration file, as strictly as Serf and with its messages.
 *
 * @module
 */

import { parseDuration } from "../../go/duration.ts";
import { type ConfigKind, type ConfigLayer, configOptions } from "./config.ts";
import { decodeFirstJson } from "../../go/decode_json.ts";

type JsonObject = { readonly [key: string]: unknown };

/** Keys that must be booleans but have no effect; Serf accepts them too. */
const INERT_KEYS = ["enable_compression", "MsgpackUseNewTimeFormat"];

/**
 * Decodes a file with one JSON object. Keys match in any case, a `null` counts as absent, and text after the object is
 * ignored. Throws a `SyntaxError`, or a `TypeError` that lists all wrong types and unknown keys.
 */
export function decodeConfig(bytes: Uint8Array): ConfigLayer {
  const json = decodeFirstJson(bytes);
  if (json === null) return {};
  if (!isObject(json)) throw new TypeError(`'' expected a map, got '${goKind(json)}'`);
  const decoder = new ConfigDecoder();
  decoder.object("", json);
  return decoder.finish();
}

class ConfigDecoder {
  /** Values by key, with durations still as text. */
  readonly #values = new Map<string, unknown>();
  readonly #problems: string[] = [];

  /** Decodes the settings whose keys start with `prefix`. */
  object(prefix: string, json: JsonObject): void {
    const unused = new Set(Object.keys(json));
    for (const key of keysBelow(prefix)) {
      const found = unused.has(key) ? key : [...unused].find((other) => equalFold(other, key));
      if (found === undefined) continue;
      unused.delete(found);
      if (json[found] !== null) this.#entry(prefix + key, json[found]);
    }
    if (unused.size === 0) return;
    this.#problem(`'${prefix.slice(0, -1)}' has invalid keys: ${[...unused].sort().join(", ")}`);
  }

  /** The decoded settings; throws if there were problems. */
  finish(): ConfigLayer {
    if (this.#problems.length > 0) {
      const list = this.#problems.sort().map((problem) => `* ${problem}`).join("\n");
      throw new TypeError(`${this.#problems.length} error(s) decoding:\n\n${list}`);
    }
    const layer: Record<string, unknown> = {};
    for (const [name, option] of Object.entries(configOptions)) {
      const value = "key" in option ? this.#values.get(option.key) : undefined;
      if (value === undefined || value === "") continue;
      layer[name] = option.kind === "duration" ? parseDuration(String(value)) : value;
    }
    return layer;
  }

  #entry(key: string, value: unknown): void {
    const kind = kindOfKey(key);
    if (kind !== undefined) {
      const decoded = this.#decode(key, kind, value);
      if (decoded !== undefined) this.#values.set(key, decoded);
    } else if (isObject(value)) this.object(`${key}.`, value);
    else this.#notAMap(key, value);
  }

  /** The value of a setting; `undefined`, after noting a problem, if it is of the wrong type. */
  #decode(key: string, kind: ConfigKind, value: unknown): unknown {
    switch (kind) {
      case "string":
      case "duration":
        return this.#typed(key, "string", value);
      case "bool":
        return this.#typed(key, "bool", value);
      case "int":
        return this.#int(key, value);
      case "size":
        return this.#size(key, value);
      case "list":
        return this.#list(key, value);
      case "tags":
        return this.#tags(key, value);
      default:
        throw kind satisfies never;
    }
  }

  #typed(key: string, type: string, value: unknown): unknown {
    if (goType(value) === type) return value;
    this.#problem(
      `'${key}' expected type '${type}', got unconvertible type '${goType(value)}', value: '${
        goFormat(value)
      }'`,
    );
  }

  #int(key: string, value: unknown): unknown {
    return typeof value === "number" ? Math.trunc(value) : this.#typed(key, "int", value);
  }

  /** Serf accepts a negative size, and then refuses everything that is sent. */
  #size(key: string, value: unknown): unknown {
    const size = this.#int(key, value);
    if (!(Number(size) < 0)) return size;
    this.#problem(`'${key}' expected 0 or more, got '${size}'`);
  }

  #list(key: string, value: unknown): unknown {
    if (Array.isArray(value)) {
      return value.map((item, i) => this.#typed(`${key}[${i}]`, "string", item ?? ""));
    }
    this.#problem(`'${key}': source data must be an array or slice, got ${goKind(value)}`);
  }

  #tags(key: string, value: unknown): unknown {
    if (!isObject(value)) return this.#notAMap(key, value);
    const entries = Object.entries(value)
      .map(([tag, item]) => [tag, this.#typed(`${key}[${tag}]`, "string", item ?? "")]);
    return Object.fromEntries(entries);
  }

  #notAMap(key: string, value: unknown): void {
    this.#problem(`'${key}' expected a map, got '${goKind(value)}'`);
  }

  #problem(text: string): void {
    this.#problems.push(text);
  }
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
