import { assertThrows } from "@std/assert";
import {
  checkNumber,
  checkOptions,
  checkPayload,
  checkText,
  checkTextMap,
  checkTexts,
  keyBytes,
} from "../../lib/api/arguments.ts";

Deno.test("an error names the argument, what was got and what was expected", () => {
  const cases: [() => void, string][] = [
    [() => checkText("name", 5), "Cannot use name: got 5, expected text"],
    [() => checkText("name", undefined), "Cannot use name: got undefined, expected text"],
    [() => checkText("name", null), "Cannot use name: got null, expected text"],
    [() => checkText("name", () => {}), "Cannot use name: got a function, expected text"],
    [
      () => checkTexts("addresses", "x", "10.0.0.1:7946"),
      'Cannot use addresses: got "x", expected an array of texts such as ["10.0.0.1:7946"]',
    ],
    [() => checkTexts("nodes", ["a", 2], "a"), "Cannot use nodes[1]: got 2, expected text"],
    [
      () => checkTextMap("tags", ["a"]),
      "Cannot use tags: got an array, expected an object of texts",
    ],
    [() => checkTextMap("tags", { a: 1 }), "Cannot use tags.a: got 1, expected text"],
    [
      () => checkPayload({}),
      "Cannot use payload: got an object, expected text, a Uint8Array or null",
    ],
    [() => checkPayload(new Map()), "Cannot use payload: got a value of type Map, expected text"],
    [() => checkNumber("timeoutMs", "5"), 'Cannot use timeoutMs: got "5", expected a number'],
    [() => keyBytes("key", "!"), "Cannot use key: got text that is not base64"],
  ];
  for (const [check, message] of cases) assertThrows(check, TypeError, message);
  assertThrows(
    () => checkNumber("id", -1),
    RangeError,
    "Cannot use id: got -1, expected 0 or more",
  );
  assertThrows(() => checkNumber("n", 256, 255), RangeError, "got 256, expected 0 to 255");
});

Deno.test("a long text is cut in the message", () => {
  const message = `Cannot use payload[0]: got "${"x".repeat(40)}…"`;
  assertThrows(() => checkNumber("payload[0]", "x".repeat(1_000)), TypeError, message);
});

Deno.test("an unknown option is named together with the nearest known one", () => {
  const known = ["encryptKey", "tags", "bind"];
  assertThrows(
    () => checkOptions({ encryptkey: "" }, known),
    TypeError,
    "Cannot use encryptkey: there is no such option, did you mean encryptKey?",
  );
  assertThrows(() => checkOptions({ tag: {} }, known), TypeError, "did you mean tags?");
  assertThrows(
    () => checkOptions({ reapInterval: 5 }, known, "advanced."),
    TypeError,
    "Cannot use advanced.reapInterval: there is no such option, expected one of encryptKey, tags, bind",
  );
  checkOptions({ bind: undefined }, known);
});

Deno.test("options that are no object, and signals that are none, are refused", () => {
  for (const options of [true, null, "x", ["signal"]]) {
    assertThrows(() => checkOptions(options, ["signal"]), TypeError, "Cannot use options: got");
  }
  assertThrows(
    () => checkOptions({ signal: 5_000 }, ["signal"]),
    TypeError,
    "Cannot use signal: got 5000, expected an AbortSignal",
  );
});
