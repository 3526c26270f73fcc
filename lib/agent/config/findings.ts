/**
 * Where in files and flags the mistakes of a configuration are: line, column, key, and the key that was probably meant.
 * Files are parsed again for that, so that this is loaded only when something is wrong.
 *
 * @module
 */

import { type Node, parseTree } from "jsonc-parser";
import { decodeText } from "../../base/text.ts";
import { decodeFirstJson } from "../../go/decode_json.ts";
import { escapeControls } from "../../go/escape_controls.ts";
import { type AgentConfig, configOptions } from "./config.ts";
import { type ConfigSources, filesAt } from "./load_config.ts";
import type { ConfigFile, ConfigMistake, JsonPath, StartupError } from "./startup_error.ts";

/** A place in a file; lines and columns count from 1, columns in characters. */
export interface FilePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A mistake, and all that is known of its place. */
export interface Finding extends Partial<FilePlace> {
  /** Whether the agent starts nevertheless. */
  readonly severity: "error" | "warning";
  /** The flag that sets it, without dashes. */
  readonly flag?: string;
  /** The key in the file, with dots between objects. */
  readonly key?: string;
  readonly problem: string;
  /** The known key that is nearest to an unknown one. */
  readonly nearest?: string;
}

/** Where settings may come from. */
export interface FindingSources extends ConfigSources {
  /** The flags by the settings that they set. */
  readonly flags: Readonly<Partial<Record<keyof AgentConfig, string>>>;
  /** Finds the word that somebody may have meant. */
  readonly nearest: (word: string, words: readonly string[]) => string | undefined;
}

/** `FILE:LINE:COLUMN: KEY: PROBLEM`, as compilers and editors have it, or `-FLAG: PROBLEM`. */
export function formatFinding(
  finding: Finding,
  { severity = false }: { readonly severity?: boolean } = {},
): string {
  const { file, line, column, flag, key, problem, nearest } = finding;
  const place = file !== undefined && line !== undefined ? `${file}:${line}:${column}` : file;
  const origin = place ?? (flag === undefined ? undefined : `-${flag}`);
  const parts = [origin, severity ? finding.severity : undefined, key, problem].filter((part) =>
    part !== undefined
  );
  const guess = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
  return escapeControls(parts.join(": ") + guess);
}

/** What is wrong by an error, each with its place. */
export function findingsOf({ mistakes, file }: StartupError, sources: FindingSources): Finding[] {
  return mistakes.map((mistake) => findingOf(mistake, file, sources)).sort(byPlace);
}

/** The order of a file. */
export function byPlace(a: Finding, b: Finding): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

function findingOf(
  mistake: ConfigMistake,
  file: ConfigFile | undefined,
  sources: FindingSources,
): Finding {
  const { problem } = mistake;
  const severity = "error";
  if ("flag" in mistake) return { severity, flag: mistake.flag, problem };
  if ("setting" in mistake) return { severity, ...placeOfSetting(mistake, sources), problem };
  if (file === undefined) return { severity, problem };
  const text = new FileText(file);
  if ("offset" in mistake) {
    return { severity, ...text.placeOfByte(mistake.offset), problem };
  }
  const { path, known } = mistake;
  const nearest = known && sources.nearest(String(path.at(-1)), known);
  const place = text.placeOf(path, { ofKey: known !== undefined });
  return { severity, ...place, key: keyOf(path), problem, nearest };
}

/** Where a setting has its value from: the flags, else the last file that sets it. */
export function placeOfSetting(
  { setting, item }: { readonly setting: keyof AgentConfig; readonly item?: string },
  { layer, configPaths, flags }: FindingSources,
): Partial<Finding> {
  const option = configOptions[setting];
  const key = "key" in option ? option.key : undefined;
  if (isSet(layer[setting], item) || key === undefined) return { flag: flags[setting] };
  for (const file of configPaths.flatMap(readableFiles).reverse()) {
    const place = new FileText(file).placeOfKey(key, item);
    if (place !== undefined) return { ...place, key };
  }
  return { key };
}

/** Whether flags have given a value, or this item of a list. */
function isSet(value: unknown, item: string | undefined): boolean {
  if (Array.isArray(value)) return item === undefined ? value.length > 0 : value.includes(item);
  return typeof value === "object" && value !== null
    ? Object.keys(value).length > 0
    : Boolean(value);
}

/** The files at a path; one that cannot be read sets nothing. */
function readableFiles(path: string): ConfigFile[] {
  try {
    return filesAt(path).map((path) => ({ path, bytes: Deno.readFileSync(path) }));
  } catch {
    return [];
  }
}

/** What is superfluous in a file: text behind the object, and keys that come again. */
export function fileWarnings(path: string): Finding[] {
  return new FileText({ path, bytes: Deno.readFileSync(path) }).warnings();
}

/** `start_join[1]`, `mdns.interface`. */
function keyOf(path: JsonPath): string | undefined {
  const key = path.map((step) => typeof step === "number" ? `[${step}]` : `.${step}`).join("");
  return key === "" ? undefined : key.replace(/^\./, "");
}

/** A file with the places in it. */
class FileText {
  readonly #file: ConfigFile;
  readonly #text: string;

  constructor(file: ConfigFile) {
    this.#file = file;
    this.#text = decodeText(file.bytes);
  }

  /** `undefined` for a file that is not JSON: it could be nested too deep for the parser. */
  get #root(): Node | undefined {
    try {
      decodeFirstJson(this.#file.bytes);
    } catch {
      return undefined;
    }
    return parseTree(this.#text);
  }

  placeOfByte(offset: number): FilePlace {
    return this.#place(decodeText(this.#file.bytes.subarray(0, offset)).length);
  }

  /** The place of a value, or of its key; that of the whole file if there is none at this path. */
  placeOf(path: JsonPath, { ofKey }: { readonly ofKey: boolean }): FilePlace {
    let value = this.#root;
    let key: Node | undefined;
    for (const step of path) {
      const child = typeof step === "number"
        ? value?.children?.[step]
        // Of equal keys the last one counts.
        : value?.children?.findLast(({ children }) => children?.[0].value === step);
      [key, value] = typeof step === "number" ? [undefined, child] : child?.children ?? [];
    }
    return this.#place((ofKey ? key : value)?.offset ?? 0);
  }

  /** The place of a setting's value, or of one text in its list; `undefined` if the file does not set it. */
  placeOfKey(key: string, item?: string): FilePlace | undefined {
    let value = this.#root;
    for (const name of key.split(".")) {
      const children = value?.type === "object" ? value.children : undefined;
      const named = (matches: (text: string) => boolean) =>
        children?.findLast(({ children }) => matches(String(children?.[0].value)));
      const property = named((text) => text === name) ??
        named((text) => text.toLowerCase() === name.toLowerCase());
      value = property?.children?.[1];
    }
    if (value === undefined) return undefined;
    if (item === undefined) return this.#place(value.offset);
    const found = value.children?.find((child) => child.value === item);
    return found && this.#place(found.offset);
  }

  warnings(): Finding[] {
    const root = this.#root;
    const end = (root?.offset ?? 0) + (root?.length ?? 0);
    const rest = this.#text.slice(end).search(/\S/);
    const severity = "warning";
    return [
      ...this.#repeatedKeys(root),
      ...rest < 0 ? [] : [
        {
          severity,
          ...this.#place(end + rest),
          problem: "text behind the object is ignored",
        } as const,
      ],
    ];
  }

  *#repeatedKeys(node: Node | undefined): Generator<Finding> {
    const names = new Set<unknown>();
    // From the end, because of equal keys the last one counts.
    for (const child of (node?.children ?? []).toReversed()) {
      const [key, value] = child.children ?? [];
      if (child.type !== "property" || key === undefined) continue;
      yield* this.#repeatedKeys(value);
      if (names.has(key.value)) {
        const problem = "is ignored, because the same key comes again";
        yield { severity: "warning", ...this.#place(key.offset), key: String(key.value), problem };
      }
      names.add(key.value);
    }
  }

  #place(offset: number): FilePlace {
    const lines = this.#text.slice(0, offset).split("\n");
    const column = [...lines[lines.length - 1]].length + 1;
    return { file: this.#file.path, line: lines.length, column };
  }
}
