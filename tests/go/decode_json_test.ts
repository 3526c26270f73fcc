import { assertEquals, assertGreater, assertThrows } from "@std/assert";
import { Random } from "../../lib/sim/random.ts";
import { decodeFirstJson, decodeJson } from "../../lib/go/decode_json.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function errorOf(decode: (bytes: Uint8Array) => unknown, text: string): string {
  return assertThrows(() => decode(bytes(text)), SyntaxError).message;
}

Deno.test("every kind of value is decoded", () => {
  const text =
    ' {"a":[1,-2.5e+3,0,true,false,null,"\\u00e9\\n\\"\u00fc"],"b":{},"c":[],"":0,"__proto__":1} ';
  assertEquals(decodeJson(bytes(text)), JSON.parse(text));
  assertEquals(decodeFirstJson(bytes(text)), JSON.parse(text));
});

Deno.test("decodeFirstJson ignores what follows the first value, and decodeJson refuses it", () => {
  assertEquals(decodeFirstJson(bytes('{"a":1} trailing')), { a: 1 });
  assertEquals(decodeFirstJson(bytes("{}}")), {});
  assertEquals(
    errorOf(decodeJson, '{"a":1} trailing'),
    "invalid character 't' after top-level value",
  );
});

Deno.test("the two decoders report the end of the input differently, as in Go", () => {
  for (const text of ["", " \n"]) {
    assertEquals(errorOf(decodeFirstJson, text), "EOF");
    assertEquals(errorOf(decodeJson, text), "unexpected end of JSON input");
  }
  for (const text of ["{", '{"a', '{"a"', '{"a":', '{"a":1', '{"a":1,', "[", "[1", "[1,"]) {
    assertEquals(errorOf(decodeFirstJson, text), "unexpected EOF", text);
    assertEquals(errorOf(decodeJson, text), "unexpected end of JSON input", text);
  }
});

Deno.test("a word or number cut off by the end of a file is reported as having a space in it", () => {
  const parts: [string, string][] = [
    ["-", "in numeric literal"],
    ["1.", "after decimal point in numeric literal"],
    ["1e", "in exponent of numeric literal"],
    ["tr", "in literal true (expecting 'u')"],
    ['"\\', "in string escape code"],
    ['"\\u12', "in \\u hexadecimal character escape"],
  ];
  for (const [text, context] of parts) {
    assertEquals(errorOf(decodeFirstJson, text), "unexpected EOF", text);
    assertEquals(errorOf(decodeJson, text), `invalid character ' ' ${context}`, text);
  }
});

Deno.test("a wrong character is named as Go names it", () => {
  const cases: [string, string][] = [
    ["{nope", "'n' looking for beginning of object key string"],
    ["{,}", "',' looking for beginning of object key string"],
    ['{"a":1,}', "'}' looking for beginning of object key string"],
    ['{"a" 1}', "'1' after object key"],
    ['{"a":1 "b"}', "'\"' after object key:value pair"],
    ["[1 2]", "'2' after array element"],
    ["[1,]", "']' looking for beginning of value"],
    ["[01]", "'1' after array element"],
    ["nope", "'o' in literal null (expecting 'u')"],
    ["trUe", "'U' in literal true (expecting 'u')"],
    ["falsy", "'y' in literal false (expecting 'e')"],
    ["-x", "'x' in numeric literal"],
    ["1.x", "'x' after decimal point in numeric literal"],
    ["1ex", "'x' in exponent of numeric literal"],
    ["'a'", "'\\'' looking for beginning of value"],
    ['"a\nb"', "'\\n' in string literal"],
    ['"\\x"', "'x' in string escape code"],
    ['"\\u00zz"', "'z' in \\u hexadecimal character escape"],
    ["\u00e9", "'\u00c3' looking for beginning of value"],
    ["\u0001", "'\\x01' looking for beginning of value"],
  ];
  for (const [text, message] of cases) {
    assertEquals(errorOf(decodeFirstJson, text), `invalid character ${message}`, text);
    assertEquals(errorOf(decodeJson, text), `invalid character ${message}`, text);
  }
});

Deno.test("bytes that are not UTF-8 become replacement characters", () => {
  assertEquals(decodeJson(Uint8Array.of(0x22, 0xff, 0x22)), "\ufffd");
});

Deno.test("very deep nesting is refused", () => {
  assertEquals(errorOf(decodeJson, "[".repeat(5_000)), "exceeded max depth");
});

Deno.test("whatever JSON.parse accepts is accepted, and nothing else", () => {
  const random = new Random(3);
  const alphabet = '{}[]:,"\\u019eE+-.truefalsn \n';
  let accepted = 0;
  for (let round = 0; round < 20_000; round++) {
    const seeds = ['{"a":[1,2.5e-3,{"b":null}],"c":"x\\u00e9"}', "[true,false,-0.1]", '"\\n\\\\"'];
    const characters = [...seeds[random.below(3)]];
    for (let edits = random.below(3); edits > 0; edits--) {
      characters.splice(
        random.below(characters.length),
        random.below(2),
        alphabet[random.below(alphabet.length)],
      );
    }
    const text = characters.join("");
    let expected: unknown;
    try {
      expected = JSON.parse(text);
    } catch {
      assertThrows(() => decodeJson(bytes(text)), SyntaxError);
      continue;
    }
    accepted++;
    assertEquals(decodeJson(bytes(text)), expected, text);
  }
  assertGreater(accepted, 1_000);
});
