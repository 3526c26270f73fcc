import { assertEquals, assertThrows } from "@std/assert";
import { formatDuration, parseDuration } from "../../lib/go/duration.ts";

Deno.test("durations parse as in Go", () => {
  const cases: [string, number][] = [
    ["0", 0],
    ["-0", 0],
    ["5s", 5_000],
    ["1m30s", 90_000],
    ["1.5h", 5_400_000],
    [".5s", 500],
    ["1.s", 1_000],
    ["-1h2m3.5s", -3_723_500],
    ["+5s", 5_000],
    ["250us", 0.25],
    ["250\u00b5s", 0.25],
    ["250\u03bcs", 0.25],
    ["1ns", 1e-6],
    ["1.9ns", 1e-6],
    ["24h", 86_400_000],
    ["9223372036854775807ns", 9223372036854.775807],
    ["0.3333333333333333333333h", 1_200_000],
  ];
  for (const [text, ms] of cases) assertEquals(parseDuration(text), ms, text);
});

Deno.test("what is not a duration is refused in Go's words", () => {
  const cases: [string, string][] = [
    ["", 'time: invalid duration ""'],
    ["zz", 'time: invalid duration "zz"'],
    ["-", 'time: invalid duration "-"'],
    [".s", 'time: invalid duration ".s"'],
    ["5", 'time: missing unit in duration "5"'],
    ["1m5", 'time: missing unit in duration "1m5"'],
    ["1.2.3s", 'time: missing unit in duration "1.2.3s"'],
    ["5x", 'time: unknown unit "x" in duration "5x"'],
    ["5 s", 'time: unknown unit " s" in duration "5 s"'],
    ["9223372036854775808ns", 'time: invalid duration "9223372036854775808ns"'],
    ["3000000h", 'time: invalid duration "3000000h"'],
    ['1"\\\u00e9', 'time: unknown unit "\\"\\\\\\xc3\\xa9" in duration "1\\"\\\\\\xc3\\xa9"'],
    ["5toString", 'time: unknown unit "toString" in duration "5toString"'],
  ];
  for (const [text, message] of cases) {
    assertEquals(assertThrows(() => parseDuration(text), TypeError).message, message);
  }
});

Deno.test("durations print as in Go", () => {
  const cases: [number, string][] = [
    [0, "0s"],
    [30_000, "30s"],
    [90_000, "1m30s"],
    [1_500, "1.5s"],
    [250, "250ms"],
    [0.25, "250\u00b5s"],
    [1e-6, "1ns"],
    [1.1, "1.1ms"],
    [86_400_000, "24h0m0s"],
    [3_723_500, "1h2m3.5s"],
    [-1_500, "-1.5s"],
    [60_000, "1m0s"],
    [1_000.000001, "1.000000001s"],
  ];
  for (const [ms, text] of cases) assertEquals(formatDuration(ms), text);
});

Deno.test("a printed duration parses to the same value", () => {
  for (const ms of [1, 999.999999, 1_000, 61_001.5, 7_200_000, 123_456_789.25]) {
    assertEquals(parseDuration(formatDuration(ms)), ms);
  }
});
