/**
 * Values at which programs fail: limits of number types, lengths of which nothing follows, names of others, expressions
 * that expand.
 *
 * @module
 */

/** The name of the node that gets fuzzed messages: one that recorded messages are about. */
export const OWN_NAME = "beta";

/** Encoded numbers, and what is no number. */
export const NUMBERS: readonly Uint8Array[] = [
  "00 01 02 03 7f c0 c2 c3 e0 ff 80 90",
  "cc80 ccff cd0100 cdffff ce7fffffff ce80000000 ceffffffff",
  "cf0000000100000000 cf001fffffffffffff cf0020000000000000 cf7fffffffffffffff",
  "cf8000000000000000 cf8000000000000001 cffffffffffffffffe cfffffffffffffffff",
  "d080 d18000 d280000000 d38000000000000000 d3ffffffffffffffff d37fffffffffffffff",
  "ca7fc00000 ca7f800000 cb7ff8000000000000 cb7ff0000000000000 cbfff0000000000000",
  "cb8000000000000000 cb7fefffffffffffff cb0000000000000001 cb4024000000000000",
].join(" ").split(" ").map((hex) => Uint8Array.fromHex(hex));

/** Headers of values that are longer than any message. */
export const HUGE_LENGTHS: readonly Uint8Array[] = [
  "dbffffffff dfffffffff ddffffffff c6ffffffff db7fffffff dd00100000 df00100000 daffff",
  "dcffff deffff c5ffff c1 c9ffffffff d4 9f 8f bf",
].join(" ").split(" ").map((hex) => Uint8Array.fromHex(hex));

const encoder = new TextEncoder();

/** Contents of texts and bytes. */
export const TEXTS: readonly Uint8Array[] = [
  ...["", "a", OWN_NAME, OWN_NAME, OWN_NAME, "alpha", "gamma", "e2", "v6b", "nobody"],
  ...["constructor", "__proto__", "toString", "\n", "\x1b[2J", "a\0b", "é", "\u{10ffff}", "%s%n"],
  ...["_serf_ping", "_serf_conflict", "_serf_install-key", "_serf_use-key", "_serf_list-keys"],
  ...["_serf_remove-key", "_serf_", "deploy", "uptime", "role", "alive", "failed", "*", ".*", "("],
  ...["(?:.*.*.*.*.*){1000}", "(((a{100}){100}){100}){100}", "[", "a|b", "(a*)*b", "\\pN{9}"],
  ..."[\0-\u{10ffff}]{1000}|.{1000}|x{1001}".split("|"),
  ...["x".repeat(128), "x".repeat(512), "x".repeat(513), "x".repeat(9_300), "(".repeat(2_000)],
].map((text) => encoder.encode(text)).concat([
  ...["0a090102", "7f000001", "00000000", "ffffffff", "0a0901", "0a090102ff"],
  ...["00000000000000000000ffff0a090102", "fe800000000000000000000000000001", "ff", "c328"],
  ...["00".repeat(16), "00".repeat(32), "ff80", "ff81a4726f6c65a178", "00", "0190", "0182"],
].map((hex) => Uint8Array.fromHex(hex)));
