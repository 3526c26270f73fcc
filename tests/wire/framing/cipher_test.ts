import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { DecodeError } from "../../../lib/base/errors.ts";
import { KeyringCipher } from "../../../lib/wire/framing/cipher.ts";
import { Keyring } from "../../../lib/wire/framing/keyring.ts";

const [a, b, c] = [16, 24, 32].map((length) => new Uint8Array(length).fill(length));
const message = new TextEncoder().encode("attack at dawn");
const label = new TextEncoder().encode("prod");
const none = new Uint8Array();

function cipherOf(keys: readonly Uint8Array[]): KeyringCipher {
  return new KeyringCipher(new Keyring(keys));
}

Deno.test("keys of all three sizes encrypt under the primary key, and any key decrypts", () => {
  for (const key of [a, b, c]) {
    const sealed = cipherOf([key]).encrypt(message, label);
    assertEquals(sealed[0], 1);
    assertEquals(sealed.length, message.length + 29);
    assertEquals(cipherOf([a, b, c]).decrypt(sealed, label), message);
  }
});

Deno.test("no two encryptions look alike", () => {
  const cipher = cipherOf([c]);
  assertNotEquals(cipher.encrypt(message, label), cipher.encrypt(message, label));
});

Deno.test("an empty message can be encrypted", () => {
  for (const key of [a, b, c]) {
    const cipher = cipherOf([key]);
    assertEquals(cipher.decrypt(cipher.encrypt(none, none), none), none);
  }
});

Deno.test("another key, another label, or a changed bit anywhere is refused", () => {
  for (const key of [a, b, c]) {
    const cipher = cipherOf([key]);
    const sealed = cipher.encrypt(message, label);
    const refused = "no installed keys could decrypt the message";
    const other = cipherOf([new Uint8Array(key.length)]);
    assertThrows(() => other.decrypt(sealed, label), DecodeError, refused);
    assertThrows(() => cipher.decrypt(sealed, none), DecodeError, refused);
    for (let i = 1; i < sealed.length; i++) {
      sealed[i] ^= 1 << i % 8;
      assertThrows(() => cipher.decrypt(sealed, label), DecodeError, refused);
      sealed[i] ^= 1 << i % 8;
    }
  }
});

Deno.test("versions after 1 and payloads that are too short are refused", () => {
  const cipher = cipherOf([a]);
  const refusals: [length: number, version: number, text: string][] = [
    [0, 0, "cannot decrypt empty payload"],
    [100, 2, "unsupported encryption version 2"],
    [28, 1, "payload is too small to decrypt: 28"],
    [44, 0, "payload is too small to decrypt: 44"],
  ];
  for (const [length, version, text] of refusals) {
    const payload = new Uint8Array(length);
    if (length > 0) payload[0] = version;
    assertThrows(() => cipher.decrypt(payload, none), DecodeError, text);
  }
});

Deno.test("padding of the old version that exceeds the message is refused", () => {
  const cipher = cipherOf([a]);
  for (const [padding, left] of [[16, 0], [1, 15], [0, 16]]) {
    assertEquals(cipher.decrypt(old(cipher, padding), none).length, left);
  }
  assertThrows(
    () => cipher.decrypt(old(cipher, 17), none),
    DecodeError,
    "cannot remove 17 bytes of padding from 16",
  );
});

/** One block that ends in this padding byte, in the old version, which is not authenticated. */
function old(cipher: KeyringCipher, padding: number): Uint8Array {
  const sealed = cipher.encrypt(new Uint8Array(16).fill(padding), none);
  sealed[0] = 0;
  return sealed;
}
