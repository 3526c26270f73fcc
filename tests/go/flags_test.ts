import { assertEquals, assertThrows } from "@std/assert";
import { FlagError, type FlagValues, parseGoFlags } from "../../lib/go/flags.ts";

const specs = {
  "coalesce": { kind: "bool", default: true, help: "" },
  "no-ack": { kind: "bool", help: "" },
  "name": { kind: "string", help: "" },
  "format": { kind: "string", default: "text", help: "" },
  "relay": { kind: "int", help: "" },
  "timeout": { kind: "duration", default: 0, help: "" },
  "tag": { kind: "list", help: "" },
} as const;

const absent: FlagValues<typeof specs> = {
  coalesce: true,
  "no-ack": false,
  name: undefined,
  format: "text",
  relay: undefined,
  timeout: 0,
  tag: [],
};

function parse(...args: string[]) {
  return parseGoFlags(args, specs);
}

function mistake(...args: string[]): string {
  return assertThrows(() => parse(...args), FlagError).message;
}

Deno.test("flags that are absent have their default, or no value", () => {
  assertEquals(parse(), { flags: absent, positionals: [] });
  assertEquals(parse("a", "-name=x"), { flags: absent, positionals: ["a", "-name=x"] });
});

Deno.test("one and two dashes, and both places for a value, mean the same", () => {
  for (const args of [["-name=x"], ["--name=x"], ["-name", "x"], ["--name", "x"]]) {
    assertEquals(parse(...args, "p").flags, { ...absent, name: "x" }, args.join(" "));
    assertEquals(parse(...args, "p").positionals, ["p"], args.join(" "));
  }
});

Deno.test("text is kept as it is", () => {
  for (const text of ["", "=", "a=b=c", "-x", "--", "-h", "12", "true", "a\nb\n", "é|ü", " "]) {
    assertEquals(parse("-name", text).flags.name, text);
    assertEquals(parse(`--name=${text}`).flags.name, text);
    assertEquals(parse("-tag", text, `-tag=${text}`).flags.tag, [text, text]);
  }
});

Deno.test("a boolean takes a value only after an equals sign", () => {
  assertEquals(parse("-coalesce", "false"), { flags: absent, positionals: ["false"] });
  for (const word of ["1", "t", "T", "TRUE", "true", "True"]) {
    assertEquals(parse(`-no-ack=${word}`).flags["no-ack"], true, word);
  }
  for (const word of ["0", "f", "F", "FALSE", "false", "False"]) {
    assertEquals(parse(`-coalesce=${word}`, "-no-ack").flags, {
      ...absent,
      coalesce: false,
      "no-ack": true,
    });
  }
});

Deno.test("the last of a repeated flag wins, and lists collect in order", () => {
  assertEquals(parse("-name=a", "-name=", "-no-ack", "-no-ack=f").flags, { ...absent, name: "" });
  assertEquals(parse("-tag=b", "-tag", "a", "-tag=").flags.tag, ["b", "a", ""]);
});

Deno.test("two flags may fill one list, in command-line order", () => {
  const { flags } = parseGoFlags(["-dir=a", "-file=b", "-dir", "c"], {
    file: { kind: "list", help: "" },
    dir: { kind: "list", help: "", into: "file" },
  });
  assertEquals(flags, { file: ["a", "b", "c"], dir: [] });
});

Deno.test("parsing stops at the first positional, at a dash, and after two dashes", () => {
  assertEquals(parse("x", "-no-ack").positionals, ["x", "-no-ack"]);
  assertEquals(parse("-no-ack", "-", "-name=x").positionals, ["-", "-name=x"]);
  assertEquals(parse("--", "-no-ack", "--").positionals, ["-no-ack", "--"]);
  assertEquals(parse("", "-no-ack").positionals, ["", "-no-ack"]);
});

Deno.test("integers are Go literals", () => {
  const cases: [string, number][] = [
    ["0", 0],
    ["-5", -5],
    ["+5", 5],
    ["0x10", 16],
    ["0X_1f", 31],
    ["0b101", 5],
    ["0o17", 15],
    ["017", 15],
    ["0_7", 7],
    ["1_000", 1000],
    ["-0x10", -16],
    ["-9223372036854775808", -(2 ** 63)],
  ];
  for (const [text, value] of cases) assertEquals(parse("-relay", text).flags.relay, value, text);
});

Deno.test("durations become milliseconds", () => {
  assertEquals(parse("-timeout=1m30s").flags.timeout, 90_000);
  assertEquals(parse("-timeout", "-1ns").flags.timeout, -1e-6);
  assertEquals(parse("-timeout=0").flags.timeout, 0);
});

Deno.test("the first mistake is reported with Go's message", () => {
  assertEquals(mistake("-bogus=3"), "flag provided but not defined: -bogus");
  assertEquals(mistake("--constructor"), "flag provided but not defined: -constructor");
  assertEquals(mistake("-name"), "flag needs an argument: -name");
  assertEquals(mistake("---x"), "bad flag syntax: ---x");
  assertEquals(mistake("-=x"), "bad flag syntax: -=x");
  assertEquals(mistake("--=x"), "bad flag syntax: --=x");
  assertEquals(mistake("-relay=1", "-relay=x", "-bogus"), badRelay("x"));
});

Deno.test("bad values are reported with Go's messages", () => {
  for (const text of ["", "abc", "1.5", "08", "0x", "_1", "1__0", "1_", "0b2", "--1", " 1"]) {
    assertEquals(mistake("-relay", text), badRelay(text));
  }
  for (const text of ["99999999999999999999", "9223372036854775808", "-9223372036854775809"]) {
    assertEquals(mistake("-relay", text), badRelay(text, "value out of range"));
  }
  for (const text of ["", "5", "abc", "3000000h"]) {
    assertEquals(
      mistake("-timeout", text),
      `invalid value "${text}" for flag -timeout: parse error`,
    );
  }
  assertEquals(
    mistake("-coalesce=may\tbe"),
    'invalid boolean value "may\\tbe" for -coalesce: parse error',
  );
  assertEquals(mistake("-no-ack="), 'invalid boolean value "" for -no-ack: parse error');
});

Deno.test("a help flag with a value is an error without a message", () => {
  assertEquals(mistake("-h=1"), "");
  assertEquals(mistake("--help=x"), "");
});

function badRelay(text: string, problem = "parse error"): string {
  return `invalid value "${text}" for flag -relay: ${problem}`;
}
