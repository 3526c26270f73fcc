/** Streams: how the layers combine, which streams are refused or answered, and the limits on time and memory. */

import { assert, assertEquals, assertLess, assertNotEquals, assertThrows } from "@std/assert";
import { Address } from "../../../lib/base/address.ts";
import { compress } from "../../../lib/wire/framing/compression.ts";
import { KeyringCipher } from "../../../lib/wire/framing/cipher.ts";
import { Keyring } from "../../../lib/wire/framing/keyring.ts";
import type { Claim, PushPull, StreamMessage } from "../../../lib/wire/messages/messages.ts";
import { Writer } from "../../../lib/wire/msgpack/writer.ts";
import { encodeStreamMessage } from "../../../lib/wire/messages/stream_codec.ts";
import {
  encodeStream,
  StreamDecodeError,
  StreamDecoder,
  type StreamRole,
} from "../../../lib/wire/framing/stream.ts";
import type { WireOptions } from "../../../lib/wire/framing/wire_options.ts";
import { fromHex, toHex } from "../vectors.ts";
import { cpuTimeMs } from "../../support/cpu_time.ts";

const plain: WireOptions = { compress: false };
const cipher = new KeyringCipher(
  new Keyring([32, 24, 16].map((length) => new Uint8Array(length).fill(length))),
);
const sealed: WireOptions = { compress: false, cipher };

const address = Address.parse("127.0.0.1", 7946);
const versions = {
  protocolMin: 1,
  protocolMax: 5,
  protocolCur: 2,
  delegateMin: 2,
  delegateMax: 5,
  delegateCur: 5,
};

function claims(count: number): Claim[] {
  const states = ["alive", "suspect", "dead", "left"] as const;
  return Array.from({ length: count }, (_, i) => ({
    node: `n${i}`,
    incarnation: i,
    state: states[i % 4],
    address: i % 2 === 0 ? address : Address.parse("fe80::1", i),
    meta: i % 3 === 0 ? null : new Uint8Array(i % 50),
    versions,
  }));
}

const pushPull: PushPull = {
  type: "push-pull",
  join: true,
  nodes: claims(300),
  userState: { bytes: new Uint8Array(5000).fill(3) },
};

/** Messages by who reads them. */
const messages: Readonly<Record<StreamRole, readonly StreamMessage[]>> = {
  server: [
    pushPull,
    { type: "push-pull", join: false, nodes: [], userState: null },
    { type: "ping", sequence: 7, node: "n", source: { address, node: "src" } },
    { type: "user", body: { bytes: new Uint8Array(3000).fill(9) } },
    { type: "user", body: { bytes: new Uint8Array() } },
  ],
  dialler: [
    pushPull,
    { type: "ack", sequence: 7, payload: null },
    { type: "err", error: "remote state is encrypted and encryption is not configured" },
  ],
};

function other(role: StreamRole): StreamRole {
  return role === "server" ? "dialler" : "server";
}

function readHex(hex: string, options = plain, role: StreamRole = "server") {
  return new StreamDecoder(options, role).push(fromHex(hex));
}

function failure(bytes: Uint8Array, options = plain, role: StreamRole = "server") {
  const { message, answer } = assertThrows(
    () => new StreamDecoder(options, role).push(bytes),
    StreamDecodeError,
  );
  return { message, answer };
}

Deno.test("every combination of layers decodes to what was sent", () => {
  for (const role of ["server", "dialler"] as const) {
    for (const message of messages[role]) {
      for (const compress of [false, true]) {
        for (const label of [undefined, "prod"]) {
          for (
            const ring of [
              undefined,
              ...cipher.keyring.keys.map((key) => new KeyringCipher(new Keyring([key]))),
            ]
          ) {
            const options = { compress, label, cipher: ring };
            const bytes = encodeStream(message, options, other(role));
            assertEquals(new StreamDecoder(options, role).push(bytes), message);
          }
        }
      }
    }
  }
});

Deno.test("a stream is complete with its last byte and not before, whatever its layers", () => {
  for (const options of [plain, { compress: true, label: "prod" }, { compress: true, cipher }]) {
    const bytes = encodeStream(pushPull, options, "dialler");
    const decoder = new StreamDecoder(options, "server");
    for (let i = 0; i < bytes.length - 1; i++) {
      assertEquals(decoder.push(bytes.subarray(i, i + 1)), undefined);
    }
    assertEquals(decoder.push(bytes.subarray(bytes.length - 1)), pushPull);
  }
});

Deno.test("a state keeps nothing of the stream that it came on in memory", () => {
  for (const options of [plain, sealed, { compress: true }, { compress: true, cipher }]) {
    const bytes = encodeStream(pushPull, options, "dialler");
    const message = new StreamDecoder(options, "server").push(bytes) as PushPull;
    assertEquals(message, pushPull);
    const views = [message.userState!.bytes, ...message.nodes.flatMap(({ meta }) => meta ?? [])];
    for (const { buffer, length } of views) assertEquals(buffer.byteLength, length);
  }
});

Deno.test("bytes after the message are ignored", () => {
  const decoder = new StreamDecoder(plain, "server");
  const bytes = encodeStream(pushPull, plain, "dialler");
  assertEquals(decoder.push(new Uint8Array([...bytes, 0xc1, 0xc1])), pushPull);
  assertEquals(decoder.push(Uint8Array.of(0xc1)), undefined);
});

Deno.test("after a failure nothing more is read", () => {
  const decoder = new StreamDecoder(plain, "server");
  assertThrows(() => decoder.push(fromHex("ff")), StreamDecodeError);
  assertEquals(decoder.push(encodeStream(pushPull, plain, "dialler")), undefined);
});

Deno.test("a stream is compressed even if that makes it longer", () => {
  const ack: StreamMessage = { type: "ack", sequence: 1, payload: null };
  const bytes = encodeStream(ack, { compress: true }, "server");
  assertEquals(bytes[0], 9);
  assertLess(encodeStream(ack, plain, "server").length, bytes.length);
});

Deno.test("a stream that fits into TCP's first window can be spared compression", () => {
  const sparing: WireOptions = { compress: true, compressShort: false };
  const state = (nodes: number): PushPull => ({
    ...pushPull,
    nodes: claims(nodes),
    userState: null,
  });
  const short = state(50);
  assertEquals(encodeStream(short, sparing, "server"), encodeStream(short, plain, "server"));
  const long = state(200);
  assertLess(encodeStreamMessage(short).length, 14_000);
  assertLess(14_000, encodeStreamMessage(long).length);
  assertEquals(
    encodeStream(long, sparing, "server"),
    encodeStream(long, { compress: true }, "server"),
  );
});

Deno.test("only the dialler writes the label, but it authenticates both directions", () => {
  const options = { compress: false, cipher, label: "prod" };
  const ack: StreamMessage = { type: "ack", sequence: 1, payload: null };
  assertEquals(encodeStream(ack, options, "dialler")[0], 0xf4);
  const answer = encodeStream(ack, options, "server");
  assertEquals(answer[0], 10);
  assertEquals(new StreamDecoder(options, "dialler").push(answer), ack);
  assertEquals(failure(answer, { ...options, label: "test" }, "dialler"), {
    message: "no installed keys could decrypt the message",
    answer: false,
  });
});

Deno.test("a stream with a label that is not ours is closed without an answer", () => {
  const ping = encodeStream(messages.server[2], { compress: false, label: "a" }, "dialler");
  assertEquals(failure(ping), {
    message: 'discarding stream with unacceptable label "a":',
    answer: false,
  });
  assertEquals(failure(ping.subarray(3), { compress: false, label: "a" }), {
    message: 'discarding stream with unacceptable label "":',
    answer: false,
  });
  assertEquals(failure(ping, { compress: false, label: "a", skipInboundLabelCheck: true }), {
    message: "unexpected double stream label header:",
    answer: false,
  });
  assertEquals(
    failure(fromHex("f400")).message,
    "failed to receive and remove the stream label header: " +
      "label header cannot be empty when present",
  );
});

Deno.test("a stream that cannot be unwrapped is answered with the reason", () => {
  const wrongKey = encodeStream(pushPull, sealed, "dialler");
  const cases: [bytes: Uint8Array, options: WireOptions, text: string][] = [
    [fromHex("0a"), plain, "remote state is encrypted and encryption is not configured"],
    [fromHex("00"), sealed, "encryption is configured but remote state is not encrypted"],
    [fromHex("0a01400001"), sealed, "remote node state is larger than limit (20971521)"],
    [fromHex("0affffffff"), sealed, "remote node state is larger than limit (4294967295)"],
    [fromHex("0a00000000"), sealed, "cannot decrypt empty payload"],
    [fromHex("0a0000000102"), sealed, "unsupported encryption version 2"],
    [fromHex("0a00000003010203"), sealed, "payload is too small to decrypt: 3"],
    [
      wrongKey,
      { compress: false, cipher: new KeyringCipher(new Keyring([new Uint8Array(16)])) },
      "no installed keys could decrypt the message",
    ],
    [fromHex("0982a4416c676f01a3427566a0"), plain, "cannot decompress unknown algorithm 1"],
    [fromHex("0982a4416c676f00a3427566a0"), plain, "unexpected EOF"],
    [fromHex("0982a4416c676f00a3427566a3000302"), plain, "decompressed message is empty"],
    [
      fromHex("09a0"),
      plain,
      "Cannot decode MessagePack: expected a map, got format byte 0xa0",
    ],
  ];
  for (const [bytes, options, message] of cases) {
    assertEquals(failure(bytes, options), { message, answer: true });
    assertEquals(failure(bytes, options, "dialler").answer, false);
  }
});

Deno.test("an error inside the message is not answered", () => {
  const header = (nodes: number, userState: number) =>
    new Writer().byte(6).map(3).string("Join").bool(false).string("Nodes").int(nodes)
      .string("UserStateLen").int(userState).bytes();
  const user = (length: number) =>
    new Writer().byte(8).map(1).string("UserMsgLen").int(length).bytes();
  const cases: [bytes: Uint8Array, message: string][] = [
    [
      header(1_048_577, 0),
      "Failed to read remote state: number of nodes in header (1048577) exceeds limit",
    ],
    [header(-1, 0), "Failed to read remote state: number of nodes in header (-1) exceeds limit"],
    [
      header(0, 20_971_521),
      "Failed to read remote state: user state length (20971521) exceeds limit",
    ],
    [header(0, -1), "Failed to read remote state: user state length (-1) exceeds limit"],
    [
      user(20_971_521),
      "Failed to receive user message: user message length (20971521) exceeds limit",
    ],
    [user(-1), "Failed to receive user message: user message length (-1) exceeds limit"],
    [
      fromHex("00c1"),
      "Failed to decode ping: Cannot decode MessagePack: got the unused format byte 0xc1",
    ],
  ];
  for (const [bytes, message] of cases) {
    assertEquals(failure(bytes), { message, answer: false });
    assertEquals(failure(compress(bytes.subarray(0, bytes.length - 1))).answer, false);
  }
});

Deno.test("a message that the other side has no reason to send closes the stream", () => {
  const strange = {
    server: [1, 2, 3, 4, 5, 7, 11, 12, 13, 14, 244],
    dialler: [0, 1, 3, 7, 8, 12, 244],
  };
  for (const role of ["server", "dialler"] as const) {
    for (const type of strange[role].filter((type) => role === "dialler" || type !== 244)) {
      assertEquals(failure(Uint8Array.of(type), plain, role), {
        message: `Received invalid msgType (${type})`,
        answer: false,
      });
    }
  }
});

Deno.test("a wrapped message that is cut off is refused instead of waited for", () => {
  for (const message of messages.server) {
    const bytes = encodeStreamMessage(message);
    for (let length = 1; length < bytes.length; length += Math.ceil(bytes.length / 50)) {
      const { message: text } = failure(compress(bytes.subarray(0, length)));
      assert(text.endsWith("unexpected EOF"), text);
    }
  }
});

Deno.test("a decoder that may pause decompresses and decodes a little at a time", () => {
  const userState = { bytes: new Uint8Array(1024 * 1024) };
  const message: PushPull = { type: "push-pull", join: false, nodes: claims(100), userState };
  const decoder = new StreamDecoder(sealed, "server", { pauseAfter: 64 });
  let decoded = decoder.push(encodeStream(message, { compress: true, cipher }, "dialler"));
  let pauses = 0;
  for (; decoder.isPaused; pauses++) decoded = decoder.push(new Uint8Array());
  // 16 times 64 KiB, and 64 nodes.
  assertEquals(pauses, 17);
  assertEquals(decoded, message);
});

Deno.test("nodes with an impossible address or state are left out, and counted", () => {
  const nodes = claims(4);
  const odd = [
    { ...nodes[0], address: new Address(new Uint8Array(5), 1) },
    { ...nodes[1], address: new Address(new Uint8Array(), 1) },
    { ...nodes[2], state: "unheard of" as "alive" },
  ];
  const message: PushPull = { ...pushPull, nodes: [nodes[0], ...odd, nodes[3]] };
  const decoder = new StreamDecoder(plain, "server");
  assertEquals(decoder.push(encodeStream(message, plain, "dialler")), {
    ...pushPull,
    nodes: [nodes[0], nodes[3]],
  });
  assertEquals(decoder.skippedNodes, 3);
});

Deno.test("announced lengths beyond the limits are refused before anything is allocated", () => {
  const tooLarge = "stream is larger than limit (67108864)";
  assertEquals(failure(fromHex("09dbffffffff")), { message: tooLarge, answer: true });
  assertEquals(
    failure(fromHex("06dfffffffff")).message,
    `Failed to read remote state: ${tooLarge}`,
  );
  assertEquals(readHex("0a01400000", sealed), undefined);
  assertEquals(readHex("0681ac5573657253746174654c656ece01400000"), undefined);
});

Deno.test("the lengths of a push/pull are read in signed formats too, as go-msgpack v2 writes them", () => {
  const hex = toHex(encodeStream(pushPull, plain, "dialler"));
  const nodes = "a54e6f646573";
  const length = "ac5573657253746174654c656e";
  const signed = hex.replace(`${nodes}cd012c`, `${nodes}d1012c`)
    .replace(`${length}cd1388`, `${length}d11388`);
  assertNotEquals(signed, hex);
  assertEquals(readHex(signed), pushPull);
});

Deno.test("an encrypted state above 60 % of the limit has a warning, as soon as its length is known", () => {
  const warningOf = (hex: string) => {
    const decoder = new StreamDecoder(sealed, "server");
    decoder.push(fromHex(hex));
    return decoder.sizeWarning;
  };
  assertEquals(warningOf("0a00c00000"), undefined);
  assertEquals(
    warningOf("0a00c00001"),
    "Remote node state size is (12582913) limit is (20971520)",
  );
});

Deno.test("a stream without an end is refused at a fixed length", () => {
  const decoder = new StreamDecoder(plain, "server");
  decoder.push(new Writer().byte(6).map(1).string("Nodes").int(1_048_576).bytes());
  const chunk = new Uint8Array(1024 * 1024);
  chunk.set(fromHex("81a158c6000ffff8")); // a node with nothing but a huge unknown field
  for (let i = 0; i < 63; i++) assertEquals(decoder.push(chunk), undefined);
  const error = assertThrows(() => decoder.push(chunk), StreamDecodeError);
  assertEquals(
    error.message,
    "Failed to read remote state: stream is larger than limit (67108864)",
  );
});

Deno.test("decoding takes time in proportion to the input, even byte by byte inside one huge value", () => {
  const writer = new Writer().byte(0).map(2).string("Node").string("n").string("X").array(200_000);
  for (let i = 0; i < 200_000; i++) writer.nil();
  const huge = writer.bytes();
  const decoder = new StreamDecoder(plain, "server");
  let message: StreamMessage | undefined;
  const start = cpuTimeMs();
  for (let i = 0; i < huge.length; i++) message = decoder.push(huge.subarray(i, i + 1));
  assertEquals(message?.type, "ping");
  assertLess(cpuTimeMs() - start, 5_000); // starting over with each byte would be 2 * 10^10 steps
});
