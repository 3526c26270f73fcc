/**
 * Command-line flags by the rules of Go's `flag` package, because scripts that call Serf rely on them.
 *
 * One or two dashes mean the same. A value follows after `=` or as the next argument, but a boolean never takes the
 * next argument. Parsing stops at the first positional, at a lone `-` and after `--`. The arguments are checked one by
 * one, because Go reports the first mistake in command-line order, and rewritten into a form that `parseArgs` reads as
 * Go would.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { parseDuration } from "./duration.ts";
import { goQuote } from "./quote.ts";

/** The type of a flag. A `"list"` flag may be repeated and collects its values in order. */
export type FlagKind = "bool" | "string" | "int" | "duration" | "list";

/** One flag: how it is parsed and how the help text shows it. */
export interface FlagSpec {
  readonly kind: FlagKind;
  /** The placeholder for the value in the help text, as `addr` in `-bind=addr`. Booleans have none. */
  readonly value?: string;
  /** The description in the help text. */
  readonly help: string;
  /** The value when the flag is absent; without one a boolean is false and a list is empty. */
  readonly default?: boolean | string | number;
  /** The list flag that receives the values of this one, to keep the order of two flags among each other. */
  readonly into?: string;
}

/** Flags by name, without dashes, in the order in which the help text lists them. */
export type FlagSpecs = Readonly<Record<string, FlagSpec>>;

interface KindValue {
  bool: boolean;
  string: string;
  int: number;
  duration: number;
  list: readonly string[];
}

type FlagValue<S extends FlagSpec> = S["kind"] extends "bool" | "list" ? KindValue[S["kind"]]
  : S extends { readonly default: string | number } ? KindValue[S["kind"]]
  : KindValue[S["kind"]] | undefined;

/** The values of parsed flags; a string, int or duration (milliseconds) that was not given is `undefined`. */
export type FlagValues<F extends FlagSpecs> = { readonly [Name in keyof F]: FlagValue<F[Name]> };

/** What {@link parseGoFlags} returns. */
export interface ParsedFlags<F extends FlagSpecs> {
  readonly flags: FlagValues<F>;
  /** The arguments after the flags. */
  readonly positionals: readonly string[];
}

/**
 * A mistake in the flags. The message is the line that Go prints. It is empty for a request for help that only the flag
 * parser recognizes, such as `-help=1`.
 */
export class FlagError extends Error {
  override readonly name = "FlagError";
}

/** Parses `args` by `specs`; throws a {@link FlagError} at the first mistake. */
export function parseGoFlags<const F extends FlagSpecs>(
  args: readonly string[],
  specs: F,
): ParsedFlags<F> {
  const { normal, positionals } = normalise(args, specs);
  const names = Object.keys(specs);
  const ofKind = (...kinds: FlagKind[]) => names.filter((name) => kinds.includes(specs[name].kind));
  const withDefault = names.filter((name) => specs[name].default !== undefined);
  // Integers and durations are not declared: parseArgs turns what looks like a number into one.
  const parsed = parseArgs(normal, {
    boolean: ofKind("bool"),
    string: ofKind("string", "list"),
    collect: ofKind("list"),
    default: Object.fromEntries(withDefault.map((name) => [name, specs[name].default])),
  });
  const flags = Object.fromEntries(names.map((name) => [name, parsed[name]]));
  return { flags: flags as FlagValues<F>, positionals };
}

/** Rewrites the flags into `--name=value`, and for booleans `--name` and `true` or `false`. */
function normalise(
  args: readonly string[],
  specs: FlagSpecs,
): { normal: string[]; positionals: readonly string[] } {
  const normal: string[] = [];
  let next = 0;
  while (next < args.length) {
    const arg = args[next];
    if (!arg.startsWith("-") || arg === "-") break;
    next++;
    if (arg === "--") break;
    const { name, text } = splitFlag(arg);
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
    if (spec === undefined) throw undefinedFlag(name);
    if (spec.kind === "bool") {
      normal.push(`--${name}`, String(text === undefined || parseBool(name, text)));
      continue;
    }
    if (text === undefined && next >= args.length) {
      throw new FlagError(`flag needs an argument: -${name}`);
    }
    const value = canonicalValue(name, spec.kind, text ?? args[next++]);
    normal.push(`--${spec.into ?? name}=${value}`);
  }
  return { normal, positionals: args.slice(next) };
}

function splitFlag(arg: string): { name: string; text: string | undefined } {
  const body = arg.slice(arg.startsWith("--") ? 2 : 1);
  if (body === "" || body.startsWith("-") || body.startsWith("=")) {
    throw new FlagError(`bad flag syntax: ${arg}`);
  }
  const equals = body.indexOf("=");
  return equals < 0
    ? { name: body, text: undefined }
    : { name: body.slice(0, equals), text: body.slice(equals + 1) };
}

function undefinedFlag(name: string): FlagError {
  const asksForHelp = name === "h" || name === "help";
  return new FlagError(asksForHelp ? "" : `flag provided but not defined: -${name}`);
}

const TRUE_WORDS = ["1", "t", "T", "TRUE", "true", "True"];
const FALSE_WORDS = ["0", "f", "F", "FALSE", "false", "False"];

function parseBool(name: string, text: string): boolean {
  if (TRUE_WORDS.includes(text)) return true;
  if (FALSE_WORDS.includes(text)) return false;
  throw new FlagError(`invalid boolean value ${goQuote(text)} for -${name}: parse error`);
}

/** The value in the form that `parseArgs` reads: text as it is, numbers in decimal, durations in milliseconds. */
function canonicalValue(name: string, kind: Exclude<FlagKind, "bool">, text: string): string {
  switch (kind) {
    case "string":
    case "list":
      return text;
    case "int":
      return String(parseInteger(name, text));
    case "duration":
      return String(parseDurationFlag(name, text));
    default:
      throw kind satisfies never;
  }
}

/** A Go integer literal: a sign, a base prefix, and `_` between digits or after the prefix. */
const INTEGER =
  /^[+-]?(?:0[xX](?:_?[\da-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0(?:_?[0-7])*|[1-9](?:_?\d)*)$/;
const INT64_LIMIT = 2n ** 63n;

function parseInteger(name: string, text: string): bigint {
  if (!INTEGER.test(text)) throw badValue(name, text, "parse error");
  const negative = text.startsWith("-");
  const digits = text.replace(/^[+-]/, "").replaceAll("_", "").replace(/^0(?=\d)/, "0o");
  const magnitude = BigInt(digits);
  if (magnitude >= (negative ? INT64_LIMIT + 1n : INT64_LIMIT)) {
    throw badValue(name, text, "value out of range");
  }
  return negative ? -magnitude : magnitude;
}

function parseDurationFlag(name: string, text: string): number {
  try {
    return parseDuration(text);
  } catch {
    throw badValue(name, text, "parse error");
  }
}

function badValue(name: string, text: string, problem: string): FlagError {
  return new FlagError(`invalid value ${goQuote(text)} for flag -${name}: ${problem}`);
}
