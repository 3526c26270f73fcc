/**
 * Reads the packets and streams that were recorded from real agents.
 *
 * @module
 */

import { KeyringCipher } from "../../lib/wire/framing/cipher.ts";
import { Keyring } from "../../lib/wire/framing/keyring.ts";
import type { WireOptions } from "../../lib/wire/framing/wire_options.ts";

/** A JSON object of a vector's description. */
export type Description = Readonly<Record<string, unknown>>;

/** One datagram, or all bytes of one direction of a connection. */
export interface Vector {
  readonly name: string;
  readonly transport: "udp" | "tcp";
  /** Source and destination address. */
  readonly direction: string;
  readonly hex: string;
  /** Base64 of the key that decrypts it. */
  readonly key?: string;
  readonly label?: string;
  /** What encryption hides, where the description does not say it. */
  readonly plaintextHex?: string;
  readonly decoded: Description;
}

const files = {
  "plain-compressed": { compress: true },
  "encrypted": { compress: true },
  "uncompressed-and-variants": { compress: false },
  "addr16-mapped": { compress: false },
  "ipv6-and-large": { compress: true },
  "labels-and-encryption-v0": { compress: false },
} as const;

/** Reads one of the vector files. */
export function readVectors<T>(name: string): readonly T[] {
  const url = new URL(`../vectors/${name}.json`, import.meta.url);
  return JSON.parse(Deno.readTextFileSync(url));
}

/** Every recorded datagram and stream, with how its sender was configured. */
export function capturedVectors(): { vector: Vector; options: WireOptions }[] {
  return Object.entries(files).flatMap(([file, { compress }]) =>
    readVectors<Vector>(file).map((vector) => ({
      vector,
      options: {
        compress,
        label: vector.label,
        cipher: vector.key === undefined
          ? undefined
          : new KeyringCipher(new Keyring([fromBase64(vector.key)])),
      },
    }))
  );
}

/** Who we are to read a stream: its server, unless it is an answer, which goes to an ephemeral port. */
export function readerRole({ direction }: Vector): "dialler" | "server" {
  const port = Number(direction.split(":").at(-1));
  return port > 30_000 ? "dialler" : "server";
}

/** Descriptions of all messages in a description, with the layers around them removed. */
export function messageDescriptions(decoded: Description): Description[] {
  if (isWrapper(decoded)) return messageDescriptions(decoded.inner as Description);
  if (decoded.msg !== "compound") return [decoded];
  return (decoded.parts as Description[]).flatMap(messageDescriptions);
}

/** The first layer of a description that has this property. */
export function findLayer(decoded: Description, property: string): Description | undefined {
  if (property in decoded) return decoded;
  return isWrapper(decoded) ? findLayer(decoded.inner as Description, property) : undefined;
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (digits) => parseInt(digits, 16));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function isWrapper(decoded: Description): boolean {
  return decoded.encrypted === true || decoded.msg === "compress" || decoded.msg === "hasCrc";
}
