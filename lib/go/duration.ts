/**
 * Durations in the text form of Go's `time.Duration`: `30s`, `1h2m3.5s`, `250ms`. Flags, configuration files and log
 * lines have them.
 *
 * @module
 */

import { encodeText } from "../base/text.ts";

const NANOSECONDS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  "\u00b5s": 1_000n, // micro sign
  "\u03bcs": 1_000n, // Greek letter mu
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

const MAX_NANOSECONDS = 2n ** 63n - 1n;

/**
 * Parses a Go duration: an optional sign, then numbers with units (`ns us µs ms s m h`), or a plain `0`. Returns
 * milliseconds, possibly with a fraction. Throws a `TypeError` with Go's own message, for instance
 * `time: invalid duration "zz"`.
 */
export function parseDuration(text: string): number {
  const invalid = () => new TypeError(`time: invalid duration ${quote(text)}`);
  const sign = /^[-+]/.exec(text)?.[0] ?? "";
  let rest = text.slice(sign.length);
  if (rest === "0") return 0;
  if (rest === "") throw invalid();
  let total = 0n;
  while (rest !== "") {
    const [number, whole, fraction = ""] = /^(\d*)(?:\.(\d*))?/.exec(rest) as RegExpExecArray;
    if (whole === "" && fraction === "" || BigInt(whole) > MAX_NANOSECONDS + 1n) throw invalid();
    const unit = (/^[^.\d]*/.exec(rest.slice(number.length)) as RegExpExecArray)[0];
    if (unit === "") throw new TypeError(`time: missing unit in duration ${quote(text)}`);
    if (!Object.hasOwn(NANOSECONDS, unit)) {
      throw new TypeError(`time: unknown unit ${quote(unit)} in duration ${quote(text)}`);
    }
    const scale = NANOSECONDS[unit];
    total += BigInt(whole) * scale + fractionOf(scale, fraction);
    if (total > MAX_NANOSECONDS) throw invalid();
    rest = rest.slice(number.length + unit.length);
  }
  return Number(sign === "-" ? -total : total) / 1e6;
}

/** Formats milliseconds as Go prints a duration, rounded to nanoseconds: `1m30s`, `1.5s`, `250ms`, `0s`. */
export function formatDuration(ms: number): string {
  const total = BigInt(Math.round(ms * 1e6));
  if (total < 0n) return `-${formatDuration(-ms)}`;
  if (total === 0n) return "0s";
  if (total < 1_000n) return `${total}ns`;
  if (total < 1_000_000n) return `${decimal(total, 3)}\u00b5s`;
  if (total < 1_000_000_000n) return `${decimal(total, 6)}ms`;
  const minutes = total / NANOSECONDS.m;
  const seconds = `${decimal(total % NANOSECONDS.m, 9)}s`;
  if (minutes === 0n) return seconds;
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

/**
 * The nanoseconds of a decimal fraction of a unit, rounded down. As in Go, the digits that fit into 63 bits count, and
 * floating point is used, so that `0.33333333333333333333h` is 20 minutes.
 */
function fractionOf(scale: bigint, fraction: string): bigint {
  const whole = BigInt(fraction.slice(0, 19));
  const digits = fraction.slice(0, whole > MAX_NANOSECONDS ? 18 : 19);
  return BigInt(Math.trunc(Number(digits) * (Number(scale) / 10 ** digits.length)));
}

/** `value / 10^places`, without zeros at the end. */
function decimal(value: bigint, places: number): string {
  const digits = value.toString().padStart(places + 1, "0");
  const fraction = digits.slice(-places).replace(/0+$/, "");
  return digits.slice(0, -places) + (fraction === "" ? "" : `.${fraction}`);
}

/** Quotes like Go's `time` package, which, unlike `strconv.Quote`, writes every byte that is not printable ASCII in hex. */
function quote(text: string): string {
  let quoted = "";
  for (const byte of encodeText(text)) {
    if (byte < 0x20 || byte >= 0x80) quoted += `\\x${byte.toString(16).padStart(2, "0")}`;
    else quoted += (byte === 0x22 || byte === 0x5c ? "\\" : "") + String.fromCharCode(byte);
  }
  return `"${quoted}"`;
}
