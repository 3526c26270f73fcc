import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { DecodeError } from "../../../lib/base/errors.ts";
import { Keyring } from "../../../lib/wire/framing/keyring.ts";

const [a, b, c] = [16, 24, 32].map((length) => new Uint8Array(length).fill(length));
const message = new TextEncoder().encode("attack at dawn");
const label = new TextEncoder().encode("prod");
const none = new Uint8Array();

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

Deno.test("keys of all three sizes encrypt under the primary key, and any key decrypts", () => {
  for (const key of [a, b, c]) {
    const sealed = new Keyring([key]).encrypt(message, label);
    assertEquals(sealed[0], 1);
    assertEquals(sealed.length, message.length + 29);
    assertEquals(new Keyring([a, b, c]).decrypt(sealed, label), message);
  }
});

Deno.test("no two encryptions look alike", () => {
  const keyring = new Keyring([c]);
  assertNotEquals(keyring.encrypt(message, label), keyring.encrypt(message, label));
});

Deno.test("an empty message can be encrypted", () => {
  for (const key of [a, b, c]) {
    const keyring = new Keyring([key]);
    assertEquals(keyring.decrypt(keyring.encrypt(none, none), none), none);
  }
});

Deno.test("another key, another label, or a changed bit anywhere is refused", () => {
  for (const key of [a, b, c]) {
    const keyring = new Keyring([key]);
    const sealed = keyring.encrypt(message, label);
    const refused = "no installed keys could decrypt the message";
    const other = new Keyring([new Uint8Array(key.length)]);
    assertThrows(() => other.decrypt(sealed, label), DecodeError, refused);
    assertThrows(() => keyring.decrypt(sealed, none), DecodeError, refused);
    for (let i = 1; i < sealed.length; i++) {
      sealed[i] ^= 1 << i % 8;
      assertThrows(() => keyring.decrypt(sealed, label), DecodeError, refused);
      sealed[i] ^= 1 << i % 8;
    }
  }
});

Deno.test("versions after 1 and payloads that are too short are refused", () => {
  const keyring = new Keyring([a]);
  const refusals: [length: number, version: number, text: string][] = [
    [0, 0, "cannot decrypt empty payload"],
    [100, 2, "unsupported encryption version 2"],
    [28, 1, "payload is too small to decrypt: 28"],
    [44, 0, "payload is too small to decrypt: 44"],
  ];
  for (const [length, version, text] of refusals) {
    const payload = new Uint8Array(length);
    if (length > 0) payload[0] = version;
    assertThrows(() => keyring.decrypt(payload, none), DecodeError, text);
  }
});

Deno.test("padding of the old version that exceeds the message is refused", () => {
  const keyring = new Keyring([a]);
  for (const [padding, left] of [[16, 0], [1, 15], [0, 16]]) {
    assertEquals(keyring.decrypt(old(keyring, padding), none).length, left);
  }
  assertThrows(
    () => keyring.decrypt(old(keyring, 17), none),
    DecodeError,
    "cannot remove 17 bytes of padding from 16",
  );
});

/** One block that ends in this padding byte, in the old version, which is not authenticated. */
function old(keyring: Keyring, padding: number): Uint8Array {
  const sealed = keyring.encrypt(new Uint8Array(16).fill(padding), none);
  sealed[0] = 0;
  return sealed;
}
