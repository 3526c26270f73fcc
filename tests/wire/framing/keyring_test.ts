import { assertEquals, assertThrows } from "@std/assert";
import { Keyring } from "../../../lib/wire/framing/keyring.ts";

const [a, b, c] = [16, 24, 32].map((length) => new Uint8Array(length).fill(length));

Deno.test("the first key is the primary one, and equal keys count once", () => {
  const keyring = new Keyring([b, a, b.slice(), c]);
  assertEquals(keyring.primary, b);
  assertEquals(keyring.keys, [b, a, c]);
});

Deno.test("a keyring needs keys, of 16, 24 or 32 bytes", () => {
  assertThrows(() => new Keyring([]), RangeError, "got no keys");
  for (const length of [0, 15, 17, 31, 33]) {
    assertThrows(
      () => new Keyring([a]).add(new Uint8Array(length)),
      RangeError,
      "key size must be 16, 24 or 32 bytes",
    );
  }
});

Deno.test("an added key is not the primary one, until it is used", () => {
  const keyring = new Keyring([a]);
  keyring.add(b);
  keyring.add(c);
  assertEquals(keyring.keys, [a, b, c]);
  keyring.use(c.slice());
  assertEquals(keyring.keys, [c, a, b]);
  keyring.add(a);
  assertEquals(keyring.keys, [c, a, b]);
});

Deno.test("only an installed key can be used", () => {
  const keyring = new Keyring([a]);
  assertThrows(() => keyring.use(b), RangeError, "requested key is not in the keyring");
  assertEquals(keyring.keys, [a]);
});

Deno.test("any key but the primary one can be removed, even one that is not installed", () => {
  const keyring = new Keyring([a, b]);
  assertThrows(() => keyring.remove(a), RangeError, "removing the primary key is not allowed");
  keyring.remove(c);
  assertEquals(keyring.keys, [a, b]);
  keyring.remove(b.slice());
  assertEquals(keyring.keys, [a]);
});

Deno.test("changing the bytes of a key that was passed in changes nothing", () => {
  const key = a.slice();
  const keyring = new Keyring([key]);
  key.fill(0);
  assertEquals(keyring.primary, a);
});
