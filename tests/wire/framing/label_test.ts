import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { DecodeError } from "../../../lib/base/errors.ts";
import { addLabel, checkLabel, encodeLabel, labelLength } from "../../../lib/wire/framing/label.ts";
import { fromHex, toHex } from "../vectors.ts";

Deno.test("a label stands before everything else, after its magic byte and its length", () => {
  assertEquals(toHex(addLabel(fromHex("0102"), "prod")), "f40470726f640102");
  assertEquals(toHex(encodeLabel("é")), "f402c3a9");
});

Deno.test("without a label nothing is added", () => {
  const bytes = fromHex("0102");
  assertStrictEquals(addLabel(bytes, ""), bytes);
  assertStrictEquals(addLabel(bytes, undefined), bytes);
});

Deno.test("a label has at most 255 bytes", () => {
  assertEquals(encodeLabel("x".repeat(255)).length, 257);
  assertThrows(() => encodeLabel("x".repeat(256)), RangeError, "is too long");
  assertThrows(() => encodeLabel("é".repeat(128)), RangeError, "is too long");
});

Deno.test("the length of a label header is known after two bytes", () => {
  assertEquals(labelLength(new Uint8Array()), undefined);
  assertEquals(labelLength(fromHex("f4")), undefined);
  assertEquals(labelLength(fromHex("f404")), 6);
  assertEquals(labelLength(fromHex("07")), 0);
  assertThrows(() => labelLength(fromHex("f400")), DecodeError, "cannot be empty when present");
});

Deno.test("only our own label is accepted, and no label is one, too", () => {
  const accept = (received: string, label?: string) =>
    checkLabel(encodeLabel(received), { options: { label }, kind: "packet" });
  accept("", undefined);
  accept("", "");
  accept("a", "a");
  const cases = [["a", "b"], ["a", undefined], ["", "a"], ["a", "A"]] as const;
  for (const [received, label] of cases) {
    assertThrows(
      () => accept(received, label),
      DecodeError,
      `discarding packet with unacceptable label "${received}":`,
    );
  }
});

Deno.test("with the check left to the transport, a label is refused", () => {
  const options = { label: "a", skipInboundLabelCheck: true };
  checkLabel(new Uint8Array(), { options, kind: "stream" });
  assertThrows(
    () => checkLabel(encodeLabel("a"), { options, kind: "stream" }),
    DecodeError,
    "unexpected double stream label header:",
  );
});
