/** Packets: how the layers combine, which packets are refused, and how damaged ones are reported. */

import { joinBytes } from "../../../lib/base/bytes.ts";
import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { Address } from "../../../lib/base/address.ts";
import { encodeMessage } from "../../../lib/wire/messages/message_codec.ts";
import { compress } from "../../../lib/wire/framing/compression.ts";
import { KeyringCipher } from "../../../lib/wire/framing/cipher.ts";
import { Keyring } from "../../../lib/wire/framing/keyring.ts";
import { lzwEncode } from "../../../lib/wire/framing/lzw.ts";
import type { Message } from "../../../lib/wire/messages/messages.ts";
import { Writer } from "../../../lib/wire/msgpack/writer.ts";
import {
  decodePacket,
  encodePacket,
  packetOverhead,
  type PacketProblem,
} from "../../../lib/wire/framing/packet.ts";
import type { WireOptions } from "../../../lib/wire/framing/wire_options.ts";
import { capturedVectors, fromHex } from "../vectors.ts";

const plain: WireOptions = { compress: false };
const keys = [16, 24, 32].map((length) => new Uint8Array(length).fill(length));
const cipher = new KeyringCipher(new Keyring(keys));

const nack: Message = { type: "nack", sequence: 5 };
const ping: Message = {
  type: "ping",
  sequence: 1,
  node: "n",
  source: { address: Address.parse("127.0.0.1", 7946), node: "src" },
};
const longUser: Message = { type: "user", body: { bytes: new Uint8Array(600).fill(7) } };
const shortUser: Message = { type: "user", body: { bytes: fromHex("0102030405") } };

/** The log lines about a datagram of these bytes. */
function problemsOf(hex: string, options = plain): string[] {
  return lines(decodePacket(fromHex(hex), options).problems);
}

function err(text: string): PacketProblem {
  return { level: "ERR", text };
}

function lines(problems: readonly PacketProblem[]): string[] {
  return problems.map(({ level, text }) => `[${level}] ${text}`);
}

function compound(...parts: Uint8Array[]): Uint8Array {
  const lengths = parts.flatMap(({ length }) => [length >> 8, length & 0xff]);
  return joinBytes(Uint8Array.of(7, parts.length, ...lengths), ...parts);
}

Deno.test("every combination of layers decodes to what was sent", () => {
  const packets: Message[][] = [[ping], [ping, nack], [longUser], [
    ping,
    shortUser,
    longUser,
    nack,
  ]];
  for (const messages of packets) {
    for (const crc of [false, true]) {
      for (const compress of [false, true]) {
        for (const label of [undefined, "prod"]) {
          for (
            const ring of [
              undefined,
              ...keys.map((key) => new KeyringCipher(new Keyring([key]))),
            ]
          ) {
            const options = { compress, label, cipher: ring };
            const bytes = encodePacket({ messages, crc }, options);
            assertEquals(decodePacket(bytes, options), { messages, problems: [] });
          }
        }
      }
    }
  }
});

Deno.test("a packet is compressed only if that makes it shorter", () => {
  const sizes = [longUser, shortUser].map((message) => {
    const packet = { messages: [message], crc: false };
    return [encodePacket(packet, plain), encodePacket(packet, { compress: true })] as const;
  });
  assertLess(sizes[0][1].length, sizes[0][0].length);
  assertEquals(sizes[0][1][0], 9);
  assertEquals(sizes[1][1], sizes[1][0]);
});

Deno.test("a packet that fits into a frame can be spared compression", () => {
  const user = (length: number): Message => ({
    type: "user",
    body: { bytes: new Uint8Array(length) },
  });
  const sizes = [100, 1_400, 1_401].map((length) => {
    // The type takes a byte.
    const packet = { messages: [user(length - 1)], crc: false };
    const spared = encodePacket(packet, { compress: true, compressShort: false });
    assertEquals(decodePacket(spared, plain), { messages: packet.messages, problems: [] });
    return spared.length;
  });
  assertEquals(sizes.slice(0, 2), [100, 1_400]);
  assertLess(sizes[2], 200);
});

Deno.test("a packet has 1 to 127 messages, because old peers misread more", () => {
  const encode = (count: number) =>
    encodePacket({ messages: new Array<Message>(count).fill(nack), crc: false }, plain);
  assertEquals(decodePacket(encode(127), plain).messages.length, 127);
  assertThrows(() => encode(0), RangeError, "got 0 messages, expected 1 to 127");
  assertThrows(() => encode(128), RangeError, "got 128 messages, expected 1 to 127");
});

Deno.test("a part of a compound has at most 65535 bytes", () => {
  const user = (length: number): Message => ({
    type: "user",
    body: { bytes: new Uint8Array(length) },
  });
  const encode = (length: number) =>
    encodePacket({ messages: [nack, user(length)], crc: false }, plain);
  assertEquals(decodePacket(encode(65534), plain).messages, [nack, user(65534)]);
  assertThrows(() => encode(65535), RangeError, "got a message of 65536 bytes");
});

Deno.test("each bad thing is one problem, in memberlist's words", () => {
  const cases: [hex: string, problem: string, level?: string][] = [
    ["", "missing message type byte"],
    ["ff", "msg type (255) not supported"],
    ["0683a44a6f696ec3", "msg type (6) not supported"],
    ["0d80", "msg type (13) not supported"],
    ["0c", "msg type (12) not supported"],
    ["0c00000000ff", "Got invalid checksum for UDP packet: ff000000, 0", "WARN"],
    ["07", "Failed to decode compound request: missing compound length byte"],
    ["070200", "Failed to decode compound request: truncated len slice"],
    ["0701000a0b80", "Compound request had 1 truncated messages", "WARN"],
    ["0780", "Failed to decode compound request: truncated len slice"],
    ["07010000", "missing message type byte"],
    ["07010005" + "0c00000000", "msg type (12) not supported"],
    [
      "0982a4416c676f01a3427566a0",
      "Failed to decompress payload: cannot decompress unknown algorithm 1",
    ],
    ["0982a4416c676f00a3427566a0", "Failed to decompress payload: unexpected EOF"],
    ["0982a4416c676f00a3427566a3000302", "missing message type byte"],
    ["f4", "cannot decode label; packet has been truncated"],
    ["f40261", "cannot decode label; packet has been truncated"],
    ["f400", "label header cannot be empty when present"],
    ["f40161" + "0b80", 'discarding packet with unacceptable label "a":'],
  ];
  for (const [hex, problem, level = "ERR"] of cases) {
    assertEquals(decodePacket(fromHex(hex), plain).messages, [], hex);
    assertEquals(problemsOf(hex), [`[${level}] memberlist: ${problem}`], hex);
  }
});

Deno.test("a message that does not decode is named", () => {
  const names = {
    "00": "ping request",
    "01": "indirect ping request",
    "02": "ack response",
    "0b": "nack response",
    "03": "suspect message",
    "04": "alive message",
    "05": "dead message",
  };
  for (const [type, name] of Object.entries(names)) {
    assertEquals(problemsOf(type + "a0"), [
      `[ERR] memberlist: Failed to decode ${name}: ` +
      "Cannot decode MessagePack: expected a map, got format byte 0xa0",
    ]);
  }
});

Deno.test("a bad part of a compound does not harm the others", () => {
  const bytes = compound(
    encodeMessage(nack),
    fromHex("04c0"),
    new Uint8Array(),
    encodeMessage(shortUser),
    fromHex("07"),
    encodeMessage(ping),
  );
  const { messages, problems } = decodePacket(bytes.subarray(0, bytes.length - 1), plain);
  assertEquals(messages, [nack, shortUser]);
  assertEquals(problems.map(({ level, text }) => `${level} ${text.slice("memberlist: ".length)}`), [
    "WARN Compound request had 1 truncated messages",
    "ERR Failed to decode alive message: Cannot decode address: got 0 bytes, expected 4 or 16",
    "ERR missing message type byte",
    "ERR Failed to decode compound request: missing compound length byte",
  ]);
});

Deno.test("compounds inside compounds and inside compression are taken apart", () => {
  const inner = compound(encodeMessage(nack), compress(encodeMessage(ping)));
  const bytes = compress(compound(inner, encodeMessage(shortUser)));
  assertEquals(decodePacket(bytes, plain).messages, [nack, ping, shortUser]);
});

Deno.test("a node without a keyring takes an encrypted packet for a broken ping", () => {
  const bytes = encodePacket({ messages: [nack], crc: false }, { compress: false, cipher });
  const { messages, problems } = decodePacket(bytes, plain);
  assertEquals(messages, []);
  assertEquals(problems.length, 1);
  assert(problems[0].text.startsWith("memberlist: Failed to decode indirect ping request: "));
});

Deno.test("a node with a keyring drops plain packets, unless it accepts unencrypted ones", () => {
  const bytes = encodePacket({ messages: [nack], crc: true }, { compress: false });
  assertEquals(decodePacket(bytes, { compress: false, cipher }), {
    messages: [],
    problems: [err("memberlist: Decrypt packet failed: unsupported encryption version 12")],
  });
  const lenient = { compress: false, cipher, verifyIncoming: false };
  assertEquals(decodePacket(bytes, lenient).messages, [nack]);
  assertEquals(decodePacket(new Uint8Array(), { compress: false, cipher }).problems, [
    err("memberlist: Decrypt packet failed: cannot decrypt empty payload"),
  ]);
});

Deno.test("a node that does not encrypt outgoing packets still reads encrypted ones", () => {
  const quiet = { compress: false, cipher, verifyOutgoing: false };
  const packet = { messages: [nack], crc: false };
  assertEquals(encodePacket(packet, quiet), encodePacket(packet, plain));
  const encrypted = encodePacket(packet, { compress: false, cipher });
  assertEquals(decodePacket(encrypted, quiet).messages, [nack]);
});

Deno.test("an encrypted packet under another key or another label is dropped", () => {
  const sent = { compress: false, cipher: new KeyringCipher(new Keyring([keys[2]])), label: "a" };
  const bytes = encodePacket({ messages: [nack], crc: false }, sent);
  const text = "memberlist: Decrypt packet failed: no installed keys could decrypt the message";
  const stranger = { ...sent, cipher: new KeyringCipher(new Keyring([keys[0]])) };
  assertEquals(decodePacket(bytes, stranger).problems, [err(text)]);
  const relabelled = Uint8Array.of(0xf4, 1, 0x62, ...bytes.subarray(3));
  assertEquals(decodePacket(relabelled, { ...sent, label: "b" }).problems, [err(text)]);
});

Deno.test("with the label check left to the transport, the label still authenticates", () => {
  const sent = { compress: false, cipher, label: "a" };
  const bytes = encodePacket({ messages: [nack], crc: false }, sent).subarray(3);
  assertEquals(decodePacket(bytes, { ...sent, skipInboundLabelCheck: true }).messages, [nack]);
  assertEquals(
    decodePacket(bytes, { ...sent, label: "b", skipInboundLabelCheck: true }).messages,
    [],
  );
});

Deno.test("compounds nested without end stop at a fixed depth", () => {
  let bytes = encodeMessage(nack);
  for (let depth = 0; depth < 8; depth++) bytes = compound(bytes);
  assertEquals(decodePacket(bytes, plain), { messages: [nack], problems: [] });
  assertEquals(decodePacket(compound(bytes), plain), {
    messages: [],
    problems: [err("memberlist: messages nested deeper than 8 levels")],
  });
});

Deno.test("compounds of compounds are limited to 255 messages", () => {
  const nacks = compound(...new Array<Uint8Array>(200).fill(fromHex("0bc0")));
  const many = compound(...new Array<Uint8Array>(60).fill(nacks));
  const { messages, problems } = decodePacket(many, plain);
  assertEquals(problems, [err("memberlist: more than 255 messages in a packet")]);
  assertEquals(messages, []);
});

Deno.test("compounds in compounds hold 255 messages and no more", () => {
  const nacks = (count: number) => compound(...new Array(count).fill(encodeMessage(nack)));
  // The inner compounds count too.
  const { messages, problems } = decodePacket(compound(nacks(126), nacks(127)), plain);
  assertEquals([messages.length, problems], [253, []]);
  const tooMany = decodePacket(compound(nacks(127), nacks(127)), plain);
  assertEquals([tooMany.messages, tooMany.problems.length], [[], 1]);
});

Deno.test("the messages of one datagram decompress to 256 KiB together and no more", () => {
  const half = 132 * 1024;
  const big = compress(encodeMessage({ type: "user", body: { bytes: new Uint8Array(half) } }));
  const { messages, problems } = decodePacket(compound(big, big, big), plain);
  assertEquals(messages.length, 1);
  assertEquals(problems, [
    err(
      "memberlist: Failed to decompress payload: decompressed message is larger than limit (126975)",
    ),
    err("memberlist: Failed to decompress payload: decompressed message is larger than limit (0)"),
  ]);
});

Deno.test("a decompression bomb yields no message at all", () => {
  const bomb = lzwEncode(new Uint8Array(40 * 1024 * 1024));
  const bytes = new Writer().byte(9).map(2).string("Algo").int(0).string("Buf").binary(bomb)
    .bytes();
  assertLess(bytes.length, 40_000);
  assertEquals(decodePacket(bytes, plain).problems, [
    err(
      "memberlist: Failed to decompress payload: decompressed message is larger than limit (262144)",
    ),
  ]);
});

Deno.test("every recorded datagram may be cut off anywhere without an exception", () => {
  for (const { vector, options } of capturedVectors()) {
    if (vector.transport !== "udp") continue;
    const bytes = fromHex(vector.hex);
    const whole = decodePacket(bytes, options);
    for (let length = 0; length < bytes.length; length++) {
      const { messages, problems } = decodePacket(bytes.subarray(0, length), options);
      // Only a user message, which has no end of its own, can lose its tail unseen.
      const unseen = messages.length === whole.messages.length && messages.at(-1)?.type === "user";
      assert(unseen || problems.length > 0, `${vector.name} cut at ${length}`);
    }
  }
});

Deno.test("the overhead is the number of bytes that label and encryption add to a packet", () => {
  const cases: [options: WireOptions, overhead: number][] = [
    [{ compress: false }, 0],
    [{ compress: false, label: "prod" }, 6],
    [{ compress: false, label: "é" }, 4],
    [{ compress: false, cipher }, 29],
    [{ compress: false, cipher, label: "prod" }, 35],
    [{ compress: false, cipher, verifyOutgoing: false }, 0],
  ];
  const packet = { messages: [nack], crc: false };
  const bare = encodePacket(packet, { compress: false });
  for (const [options, overhead] of cases) {
    assertEquals(packetOverhead(options), overhead);
    assertEquals(encodePacket(packet, options).length, bare.length + overhead);
  }
});
