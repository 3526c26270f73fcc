/**
 * Packets and streams that no agent would send, to an agent of ours and to one of the newest Serf: what they answer and
 * log must be the same. Only the words for MessagePack that makes no sense are those of the libraries.
 */

import { assertEquals } from "@std/assert";
import { compress } from "../../../lib/wire/framing/compression.ts";
import { KeyringCipher } from "../../../lib/wire/framing/cipher.ts";
import { Keyring } from "../../../lib/wire/framing/keyring.ts";
import { encodePacket } from "../../../lib/wire/framing/packet.ts";
import { encodeStream } from "../../../lib/wire/framing/stream.ts";
import { encodeMessage } from "../../../lib/wire/messages/message_codec.ts";
import type { Claim, Message, StreamMessage } from "../../../lib/wire/messages/messages.ts";
import { encodeFilter, encodeSerf } from "../../../lib/wire/messages/serf_codec.ts";
import {
  QueryFlag,
  type QueryMessage,
  type SerfMessage,
} from "../../../lib/wire/messages/serf_messages.ts";
import { encodeTags } from "../../../lib/wire/messages/tags.ts";
import { versions } from "../../swim/hand_world.ts";
import type { Kind } from "../../support/program.ts";
import { missingSerf, type SerfVersion } from "../../support/serf_versions.ts";
import { AgentCluster } from "../agent_cluster.ts";
import { type Input, type Inputs, outcomes, type Sender } from "./odd_input.ts";

const NEWEST: SerfVersion = "Serf 0.11.0";
const KINDS: readonly Kind[] = ["ours", NEWEST];
const missing = missingSerf(NEWEST);

const plain = { compress: false };
const cipher = new KeyringCipher(new Keyring([new Uint8Array(16).fill(7)]));
const sealed = { compress: false, cipher };
const hex = (text: string) => Uint8Array.fromHex(text.replaceAll(" ", ""));
const text = (words: string) => new TextEncoder().encode(words);

function message(make: (sender: Sender) => Message | Message[]): Input {
  return (sender) => encodePacket({ messages: [make(sender)].flat(), crc: false }, plain);
}

function user(bytes: Uint8Array): Input {
  return message(() => ({ type: "user", body: { bytes } }));
}

function serf(make: (sender: Sender) => SerfMessage): Input {
  return (sender) => user(encodeSerf(make(sender)))(sender);
}

let lastId = 0;
function query(changes: Partial<QueryMessage>): Input {
  return serf(({ address }) => ({
    type: "query",
    lTime: 5,
    id: ++lastId,
    address,
    sourceNode: "stranger",
    filters: null,
    flags: QueryFlag.ack | QueryFlag.noBroadcast,
    relayFactor: 0,
    timeoutNs: 5e9,
    name: "anything",
    payload: null,
    ...changes,
  }));
}

function alive(changes: (sender: Sender) => Partial<Claim>): Input {
  return message((sender) => ({
    type: "alive",
    claim: {
      node: "stranger",
      incarnation: 1,
      state: "alive",
      address: sender.address,
      meta: encodeTags({}, 5),
      versions,
      ...changes(sender),
    },
  }));
}

const ping = (node: string): Message => ({ type: "ping", sequence: 7, node });

const packets: Readonly<Record<string, Input>> = {
  "an unknown type": () => hex("63"),
  "an error, which belongs on streams": () => hex("0d81a54572726f72a178"),
  "a push/pull, which belongs on streams": () => hex("0680"),
  "a ping": message(() => ping("target")),
  "a ping for nobody in particular": message(() => ping("")),
  "a ping for somebody else": message(() => ping("somebody")),
  "a ping that wants its ack here": message(({ address }) => ({
    type: "ping",
    sequence: 8,
    node: "target",
    source: { address, node: "stranger" },
  })),
  "a ping of no bytes": () => hex("00"),
  "a ping that is no map": () => hex("00a161"),
  "an ack for nothing": message(() => ({ type: "ack", sequence: 99, payload: null })),
  "an ack that is no map": () => hex("02c3"),
  "a nack for nothing": message(() => ({ type: "nack", sequence: 99 })),
  "an indirect ping that is no map": () => hex("01c3"),
  "a suspect message about a stranger": message(() => ({
    type: "suspect",
    node: "nobody",
    incarnation: 1,
    from: "x",
  })),
  "a suspect message that is no map": () => hex("03c3"),
  "an alive message that is no map": () => hex("04c3"),
  "a dead message that is no map": () => hex("05c3"),
  "an alive message with impossible versions": alive(() => ({
    versions: { ...versions, protocolMin: 3, protocolMax: 2 },
  })),
  "a dead message about nobody": message(() => ({
    type: "dead",
    node: "nobody",
    incarnation: 1,
    from: "x",
  })),
  "a compound of no parts": () => hex("0700"),
  "a compound without a number": () => hex("07"),
  "a compound with half a length": () => hex("070200"),
  "a compound cut off in its first part": () => hex("0702 0009 0002 63 00 00"),
  "a compound in a compound": (sender) => {
    const inner = message(() => ping("somebody"))(sender);
    return new Uint8Array([7, 1, 0, inner.length + 4, 7, 1, 0, inner.length, ...inner]);
  },
  "compressed nothing": () => compress(new Uint8Array()),
  "a compressed ping for somebody else": (sender) =>
    compress(message(() => ping("somebody"))(sender)),
  "compressed by another algorithm": () => hex("0982a4416c676f07a3427566a0"),
  "compressed garbage": () => hex("0982a4416c676f00a3427566a3ffffff"),
  "a wrong checksum": () => hex("0c 00000000 63"),
  "a checksum of nothing": () => hex("0c00000000"),
  "a checksum cut off": () => hex("0c0000"),
  "an encrypted packet": () => hex("0a 01 0000"),
  "a label": () => hex("f4 01 61 00"),
  "a label of no bytes": () => hex("f400"),
  "a label cut off": () => hex("f40561"),
  "a user message of no bytes": () => hex("08"),
  "an unknown message of Serf": user(hex("63")),
  "a join that is no map": user(hex("01c3")),
  "a leave that is no map": user(hex("00c3")),
  "a user event that is no map": user(hex("03c3")),
  "a query that is no map": user(hex("04c3")),
  "an answer that is no map": user(hex("05c3")),
  "a relay that is no map": user(hex("09c3")),
  "a state, which belongs on streams": user(hex("0280")),
  "an answer to no query": serf(() => ({
    type: "query-response",
    lTime: 77,
    id: 5,
    from: "x",
    flags: 0,
    payload: null,
  })),
  "a query": query({}),
  "a query for another one": query({ filters: [encodeFilter({ type: "node", nodes: ["x"] })] }),
  "a query with an empty filter": query({ filters: [new Uint8Array()] }),
  "a query with an unknown filter": query({ filters: [hex("0780")] }),
  "an internal query that nobody knows": query({
    name: "_serf_what",
    flags: QueryFlag.noBroadcast,
  }),
  "a ping by query": query({ name: "_serf_ping" }),
  "a conflict about the agent": query({ name: "_serf_conflict", payload: text("target") }),
  "a conflict about nobody": query({ name: "_serf_conflict", payload: text("nobody") }),
  "a key request without encryption": query({
    name: "_serf_install-key",
    payload: encodeSerf({ type: "key-request", key: new Uint8Array(16) }),
  }),
  "a key request of no bytes": query({ name: "_serf_use-key" }),
  "a list of keys without encryption": query({ name: "_serf_list-keys" }),
  "an answer to be passed on": serf(({ address }) => ({
    type: "relay",
    destination: address,
    destinationName: "stranger",
    message: encodeSerf({
      type: "user-event",
      lTime: 1,
      name: "x",
      payload: null,
      coalesce: false,
    }),
  })),
  "a user event": serf(() => ({
    type: "user-event",
    lTime: 9,
    name: "news",
    payload: text("x"),
    coalesce: false,
  })),
  "a user event again": serf(() => ({
    type: "user-event",
    lTime: 9,
    name: "news",
    payload: text("x"),
    coalesce: false,
  })),
  "a late query": query({ lTime: 100_000 }),
  "a query that is too old": query({ lTime: 3 }),
  "a late user event": serf(() => ({
    type: "user-event",
    lTime: 100_000,
    name: "late",
    payload: null,
    coalesce: false,
  })),
  "a user event that is too old": serf(() => ({
    type: "user-event",
    lTime: 3,
    name: "old",
    payload: null,
    coalesce: false,
  })),
};

const streams: Readonly<Record<string, Input>> = {
  "an unknown type": () => hex("63"),
  "an ack": () => hex("0281a55365714e6f01"),
  "a ping": () => encodeMessage(ping("target")),
  "a ping for somebody else": () => encodeMessage(ping("somebody")),
  "a ping that is no map": () => hex("00c3"),
  "an encrypted stream": () => hex("0a00000001ff"),
  "compressed nothing": () => compress(new Uint8Array()),
  "a compressed ping": () => compress(encodeMessage(ping("target"))),
  "compressed by another algorithm": () => hex("0982a4416c676f07a3427566a0"),
  "a label": () => hex("f4 01 61 00"),
  "a label of no bytes": () => hex("f400"),
  "a push/pull of too many nodes": () => hex("0681a54e6f646573d200100001"),
  "a push/pull of too much state": () =>
    hex("0682a54e6f64657300ac5573657253746174654c656ed201400001"),
  "a user message that is too long": () => hex("0881aa557365724d73674c656ed201400001"),
  "a user message": () =>
    encodeStream({ type: "user", body: { bytes: hex("63") } }, plain, "dialler"),
  "a push/pull of nobody": () =>
    encodeStream({ type: "push-pull", join: true, nodes: [], userState: null }, plain, "dialler"),
  "a push/pull with a state of one byte": () =>
    encodeStream(
      { type: "push-pull", join: false, nodes: [], userState: { bytes: hex("63") } },
      plain,
      "dialler",
    ),
  "a push/pull of a member with another protocol": ({ address }) =>
    encodeStream(
      {
        type: "push-pull",
        join: true,
        nodes: [{
          node: "old",
          incarnation: 1,
          state: "alive",
          address,
          meta: null,
          versions: { ...versions, protocolCur: 9 },
        }],
        userState: null,
      },
      plain,
      "dialler",
    ),
};

const stranger: typeof sealed = {
  ...plain,
  cipher: new KeyringCipher(new Keyring([new Uint8Array(16).fill(8)])),
};
const nothing = new Uint8Array();

/** A frame around an encrypted stream, whose length it tells. */
function frame(body: Uint8Array, length = body.length): Uint8Array {
  const bytes = new Uint8Array(5 + body.length);
  bytes[0] = 10;
  new DataView(bytes.buffer).setUint32(1, length);
  bytes.set(body, 5);
  return bytes;
}

const sealedPackets: Readonly<Record<string, Input>> = {
  "a packet in the clear": message(() => ping("target")),
  "a packet of another version": () => hex("02".repeat(50)),
  "a packet that is too short": () => hex("010203"),
  "a padded packet of garbage": () => hex("00".repeat(61)),
  "a packet with another key": () =>
    encodePacket({ messages: [ping("target")], crc: false }, stranger),
  "nothing, encrypted": () => cipher.encrypt(nothing, nothing),
  "a ping for somebody else": () =>
    encodePacket({ messages: [ping("somebody")], crc: false }, sealed),
  "a ping": () => encodePacket({ messages: [ping("target")], crc: false }, sealed),
};

const sealedStreams: Readonly<Record<string, Input>> = {
  "a stream in the clear": () => encodeMessage(ping("target")),
  "a stream in the clear that is compressed": () => compress(encodeMessage(ping("target"))),
  "a stream that is too long": () => frame(nothing, 0x0140_0001),
  "a stream of nothing": () => frame(nothing),
  "a stream of another version": () => frame(hex("02".repeat(50))),
  "a stream that is too short": () => frame(hex("010203")),
  "a stream with another key": () =>
    encodeStream(ping("target") as StreamMessage, stranger, "dialler"),
  "a ping for somebody else": () =>
    encodeStream(ping("somebody") as StreamMessage, sealed, "dialler"),
  "a ping": () => encodeStream(ping("target") as StreamMessage, sealed, "dialler"),
};

/** Registers a test that sends the same to an agent of each kind, which must do the same. */
function oddTest(name: string, inputs: Inputs, args: readonly string[] = []): void {
  Deno.test({
    name: `${name} ` + (missing === undefined ? `(${NEWEST})` : `(skipped: ${missing})`),
    ignore: missing !== undefined,
    async fn() {
      await using cluster = new AgentCluster();
      const plans = KINDS.map((kind) => ({
        kind,
        name: "target",
        args: ["-log-level=debug", ...args],
      }));
      const agents = await cluster.start(plans);
      const [ours, newest] = await Promise.all(agents.map((agent) => outcomes(agent, inputs)));
      assertEquals(ours, newest);
    },
  });
}

oddTest("odd packets and streams are answered and logged alike", { packets, streams, wire: plain });

oddTest(
  "what is not encrypted as it should be is answered and logged alike",
  { packets: sealedPackets, streams: sealedStreams, wire: sealed },
  [`-encrypt=${cipher.keyring.primary.toBase64()}`],
);
