/**
 * Text of any bytes. Go's strings, and with them names, tags and event names in a cluster, need not be UTF-8.
 *
 * A byte that is not part of valid UTF-8 becomes one of the characters U+DC80 to U+DCFF, as with Python's
 * `surrogateescape` (PEP 383), and becomes that byte again when the text is encoded: text survives byte for byte, and
 * different names stay different. Valid UTF-8 never contains these characters, which are unpaired surrogates.
 *
 * @module
 */

/** Both are made when they are first needed: a command that sees only short ASCII texts saves half a millisecond. */
let encoder: TextEncoder | undefined;
let decoder: TextDecoder | undefined;

/** Added to an invalid byte. */
const ESCAPE = 0xdc00;

/** Longer texts are not cached. */
const MAX_CACHED_LENGTH = 32;

/** Longer texts need an encoder even if they are ASCII, because it is faster then. */
const MAX_PLAIN_LENGTH = 256;

/**
 * Recently decoded texts by the hash of their bytes. A few short texts, field names and the names of nodes, make up
 * nearly all of the traffic.
 */
const cache: string[] = new Array(1024).fill("");

/** Decodes `bytes` from `start` to `end`; `null` is the empty text, as a nil slice is in Go. */
export function decodeText(
  bytes: Uint8Array | null,
  start = 0,
  end: number = bytes?.length ?? 0,
): string {
  if (bytes === null) return "";
  if (end - start > MAX_CACHED_LENGTH) return decode(bytes.subarray(start, end));
  let hash = 0;
  let allBits = 0;
  for (let i = start; i < end; i++) {
    hash = Math.imul(hash, 31) + bytes[i];
    allBits |= bytes[i];
  }
  const place = (hash ^ hash >>> 10) & cache.length - 1;
  const cached = cache[place];
  if (isText(cached, bytes, start, end)) return cached;
  const read = bytes.subarray(start, end);
  return cache[place] = allBits < 0x80
    ? String.fromCharCode.apply(null, read as unknown as number[])
    : decode(read);
}

/** Encodes a text; what {@link decodeText} returned becomes the same bytes again. */
export function encodeText(text: string): Uint8Array<ArrayBuffer> {
  const plain = text.length <= MAX_PLAIN_LENGTH ? asciiBytes(text) : undefined;
  if (plain !== undefined) return plain;
  encoder ??= new TextEncoder();
  return text.isWellFormed() ? encoder.encode(text) : encodeEscaped(text, encoder);
}

/** The bytes of a text; `undefined` if it is not ASCII. */
function asciiBytes(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) return undefined;
    bytes[i] = code;
  }
  return bytes;
}

/** How many bytes a text is encoded to. */
export function encodedLength(text: string): number {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) >= 0x80) return encodeText(text).length;
  }
  return text.length;
}

/** FNV-1a, with UTF-16 units for bytes; the same on every runtime, as all who compare its results need. Goes on from `hash`. */
export function fnv1a(text: string, hash = 0x811c_9dc5): number {
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  return hash;
}

/** MurmurHash3's finaliser, from 0 to 2^32 - 1: each bit changes all others. In FNV-1a the last characters change few. */
export function mixBits(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The byte that an escape character of decoded text stands for, `undefined` for any other character. */
export function escapedByte(character: string): number | undefined {
  if (character.length !== 1) return undefined;
  const byte = character.charCodeAt(0) - ESCAPE;
  return byte >= 0x80 && byte <= 0xff ? byte : undefined;
}

/** Whether the bytes are exactly this text, which is looked at only if it is ASCII. */
function isText(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let i = start; i < end; i++) {
    if (bytes[i] >= 0x80 || text.charCodeAt(i - start) !== bytes[i]) return false;
  }
  return true;
}

function decode(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  // The decoder replaces what is invalid, but U+FFFD may also be in the input.
  return text.includes("\ufffd") ? decodeEscaped(bytes) : text;
}

function decodeUtf8(bytes: Uint8Array): string {
  decoder ??= new TextDecoder("utf-8", { ignoreBOM: true });
  return decoder.decode(bytes);
}

function decodeEscaped(bytes: Uint8Array): string {
  let text = "";
  let valid = 0; // where the valid part before `i` starts
  for (let i = 0; i < bytes.length;) {
    const length = sequenceLength(bytes, i);
    if (length > 0) {
      i += length;
      continue;
    }
    if (valid < i) text += decodeUtf8(bytes.subarray(valid, i));
    text += String.fromCharCode(ESCAPE + bytes[i]);
    valid = ++i;
  }
  return text + decodeUtf8(bytes.subarray(valid));
}

/** The length of the valid UTF-8 sequence at `start`, 0 if there is none (Unicode, table 3-7). */
function sequenceLength(bytes: Uint8Array, start: number): number {
  const lead = bytes[start];
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (start + length > bytes.length) return 0;
  // The second byte excludes overlong forms, surrogates and what is beyond U+10FFFF.
  const second = bytes[start + 1];
  const min = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const max = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < min || second > max) return 0;
  for (let i = start + 2; i < start + length; i++) if ((bytes[i] & 0xc0) !== 0x80) return 0;
  return length;
}

function encodeEscaped(text: string, encoder: TextEncoder): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(3 * text.length);
  let length = 0;
  for (const character of text) {
    const byte = escapedByte(character);
    if (byte !== undefined) bytes[length++] = byte;
    else length += encoder.encodeInto(character, bytes.subarray(length)).written;
  }
  return bytes.slice(0, length);
}
