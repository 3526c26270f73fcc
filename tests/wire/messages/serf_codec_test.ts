import { assert, assertEquals, assertGreater, assertThrows } from "@std/assert";
import { Address } from "../../../lib/base/address.ts";
import { DecodeError } from "../../../lib/base/errors.ts";
import {
  decodeFilter,
  decodeSerf,
  encodeFilter,
  encodeSerf,
} from "../../../lib/wire/messages/serf_codec.ts";
import {
  type ConflictMember,
  type QueryFilter,
  QueryFlag,
  type SerfMessage,
} from "../../../lib/wire/messages/serf_messages.ts";
import { decodeStateInSteps } from "../../../lib/wire/messages/state_codec.ts";
import { fromHex, toHex } from "../vectors.ts";

const address = Address.parse("127.0.0.1", 7946);

const member: ConflictMember = {
  name: "m",
  address: Address.parse("fe80::1", 7946),
  tags: new Map([["role", "web"], ["9", "nine"], ["1", "one"]]),
  status: 1,
  protocolMin: 1,
  protocolMax: 5,
  protocolCur: 2,
  delegateMin: 2,
  delegateMax: 5,
  delegateCur: 5,
};

const messages: readonly SerfMessage[] = [
  { type: "leave", lTime: 3, node: "n", prune: true },
  { type: "join", lTime: Number.MAX_SAFE_INTEGER, node: "n" },
  { type: "join", lTime: 2n ** 53n, node: "n" },
  {
    type: "push-pull",
    lTime: 3,
    eventLTime: 2,
    queryLTime: 7,
    statusLTimes: new Map([["b", 70_000], ["a", 0]]),
    leftMembers: ["c"],
    events: [
      null,
      {
        lTime: 1,
        events: [{ name: "e", payload: fromHex("ff") }, { name: "f", payload: null }],
      },
      { lTime: 2, events: [] },
    ],
  },
  { type: "user-event", lTime: 9, name: "deploy", payload: fromHex("00ff"), coalesce: true },
  { type: "user-event", lTime: 9, name: "", payload: null, coalesce: false },
  { type: "user-event", lTime: 2n ** 64n - 1n, name: "", payload: null, coalesce: false },
  {
    type: "query",
    lTime: 1,
    id: 2_147_483_647,
    address,
    sourceNode: "alpha",
    filters: [fromHex("0090"), fromHex("01")],
    flags: QueryFlag.ack | QueryFlag.noBroadcast,
    relayFactor: 255,
    timeoutNs: 3_200_000_000,
    name: "load",
    payload: new Uint8Array(),
  },
  { type: "query-response", lTime: 1, id: 5, from: "n", flags: 1, payload: null },
  { type: "relay", destination: address, destinationName: "d", message: fromHex("0180") },
  { type: "conflict-response", member },
  { type: "conflict-response", member: null },
  { type: "key-request", key: new Uint8Array(32).fill(7) },
  { type: "key-response", result: true, message: "", keys: ["YQ==", "Yg=="], primaryKey: "YQ==" },
  { type: "key-response", result: false, message: "no", keys: null, primaryKey: "" },
];

Deno.test("every Serf message decodes from its encoding, and encodes alike again", () => {
  for (const message of messages) {
    const bytes = encodeSerf(message);
    assertEquals(decodeSerf(bytes), message);
    assertEquals(encodeSerf(decodeSerf(bytes)), bytes);
  }
});

Deno.test("a Serf message cut off anywhere is refused", () => {
  for (const message of messages) {
    const bytes = encodeSerf(message);
    const complete = message.type === "relay" ? bytes.length - 1 : bytes.length;
    for (let length = 0; length < complete; length++) {
      assertThrows(() => decodeSerf(bytes.subarray(0, length)), DecodeError);
    }
  }
});

Deno.test("fields that older peers leave out are zero", () => {
  assertEquals(decodeSerf(fromHex("0082a54c54696d6503a44e6f6465a16e")), {
    type: "leave",
    lTime: 3,
    node: "n",
    prune: false,
  });
  assertEquals(decodeSerf(fromHex("02c0")), {
    type: "push-pull",
    lTime: 0,
    eventLTime: 0,
    queryLTime: 0,
    statusLTimes: new Map(),
    leftMembers: [],
    events: [],
  });
  assertEquals(decodeSerf(fromHex("0780")), { type: "key-request", key: new Uint8Array() });
});

Deno.test("an unknown conflict answer is nil, a request to list keys has an empty key", () => {
  assertEquals(toHex(encodeSerf({ type: "conflict-response", member: null })), "06c0");
  const listKeys = encodeSerf({ type: "key-request", key: new Uint8Array() });
  assertEquals(toHex(listKeys), "0781a34b6579a0");
});

Deno.test("the message inside a relay is passed on byte for byte, whatever it is", () => {
  const inner = fromHex("c1c1c1");
  const relay = { type: "relay", destination: address, destinationName: "d", message: inner };
  const decoded = decodeSerf(encodeSerf(relay as SerfMessage));
  assertEquals(decoded, relay as SerfMessage);
  assertThrows(
    () => decodeSerf(encodeSerf({ ...relay, message: new Uint8Array() } as SerfMessage)),
    DecodeError,
    "got no message to pass on",
  );
});

Deno.test("addresses of neither 4 nor 16 bytes are refused", () => {
  const odd = new Address(new Uint8Array(5), 7946);
  const refused: SerfMessage[] = messages.flatMap((message): SerfMessage[] => {
    if (message.type === "query") return [{ ...message, address: odd }];
    if (message.type === "relay") return [{ ...message, destination: odd }];
    if (message.type !== "conflict-response" || message.member === null) return [];
    return [{ ...message, member: { ...message.member, address: odd } }];
  });
  assertEquals(refused.length, 3);
  for (const message of refused) {
    assertThrows(() => decodeSerf(encodeSerf(message)), DecodeError, "got 5 bytes");
  }
});

Deno.test("a query without any field is a query without an address", () => {
  const query = decodeSerf(fromHex("0480"));
  assert(query.type === "query");
  assertEquals([query.lTime, query.id, query.name, query.address.text], [0, 0, "", "0.0.0.0:0"]);
});

Deno.test("payloads, which users get, share nothing with the message that is passed on", () => {
  for (const message of messages) {
    if (!("payload" in message) || message.payload === null) continue;
    const bytes = encodeSerf(message);
    const decoded = decodeSerf(bytes);
    bytes.fill(0);
    assertEquals((decoded as typeof message).payload, message.payload);
  }
});

Deno.test("a message of another type is refused", () => {
  assertThrows(() => decodeSerf(new Uint8Array()), DecodeError, "missing Serf message type byte");
  assertThrows(() => decodeSerf(fromHex("0a80")), DecodeError, "(10) not supported");
});

Deno.test("query filters decode from their encoding", () => {
  const filters: [QueryFilter, string][] = [
    [{ type: "node", nodes: ["a", "b"] }, "0092a161a162"],
    [{ type: "node", nodes: [] }, "0090"],
    [{ type: "tag", tag: "role", expression: "w.*" }, "0182a445787072a3772e2aa3546167a4726f6c65"],
  ];
  for (const [filter, hex] of filters) {
    assertEquals(toHex(encodeFilter(filter)), hex);
    assertEquals(decodeFilter(fromHex(hex)), filter);
  }
});

Deno.test("a filter that is empty, unknown or cut off is refused", () => {
  for (const hex of ["", "02c0", "ff", "00", "0092a161", "0182a445787072", "01a0"]) {
    assertThrows(() => decodeFilter(fromHex(hex)), DecodeError);
  }
});

Deno.test("signed numbers above 127 are read as go-msgpack v2 writes them, in signed formats", () => {
  const query = messages.find(({ type }) => type === "query") as SerfMessage & { type: "query" };
  const relay = messages.find(({ type }) => type === "relay")!;
  const fields: readonly (readonly [SerfMessage, key: string, ours: string, theirs: string])[] = [
    [{ ...query, timeoutNs: 300 }, "Timeout", "cd012c", "d1012c"],
    [{ ...query, timeoutNs: 1_000_000 }, "Timeout", "ce000f4240", "d2000f4240"],
    [{ ...query, timeoutNs: 5e9 }, "Timeout", "cf000000012a05f200", "d3000000012a05f200"],
    [relay, "Port", "cd1f0a", "d11f0a"],
  ];
  for (const [message, key, ours, theirs] of fields) {
    const name = new TextEncoder().encode(key).toHex();
    const parts = toHex(encodeSerf(message)).split(name + ours);
    assertEquals(parts.length, 2, key);
    assertEquals(decodeSerf(fromHex(parts.join(name + theirs))), message);
  }
});

Deno.test("empty slots of the event buffer stay where they are, whatever lies between", () => {
  const filled = { lTime: 1, events: [{ name: "e", payload: null }] };
  const empty = (count: number) => new Array<null>(count).fill(null);
  for (
    const events of [
      ...[[], empty(1), empty(512), empty(2_000), [filled]],
      ...[[filled, ...empty(511)], [...empty(511), filled], [...empty(600), filled, ...empty(600)]],
      [...empty(3), filled, filled, null, filled, ...empty(31), filled, ...empty(32)],
    ]
  ) {
    const state: SerfMessage = {
      ...{ type: "push-pull", lTime: 1, eventLTime: 1, queryLTime: 1 },
      ...{ statusLTimes: new Map(), leftMembers: [], events },
    };
    const bytes = encodeSerf(state);
    assertEquals(decodeSerf(bytes), state);
    for (let end = 1; end < bytes.length; end += 7) {
      assertThrows(() => decodeSerf(bytes.subarray(0, end)), DecodeError);
    }
  }
});

Deno.test("a state of a million empty slots is decoded in short steps", () => {
  const events = new Array<null>(1_000_000).fill(null);
  const bytes = encodeSerf({
    ...{ type: "push-pull", lTime: 1, eventLTime: 1, queryLTime: 1 },
    ...{ statusLTimes: new Map(), leftMembers: [], events },
  });
  assertGreater([...decodeStateInSteps(bytes)].length, 50);
});
