import { assertEquals, assertThrows } from "@std/assert";
import { decode, encode, type ValueType } from "@std/msgpack";
import { UserEvent } from "../../lib/api/event.ts";
import { DecodeError } from "../../lib/base/errors.ts";
import { eventRecord, type StreamedEvent } from "../../lib/rpc/event_record.ts";
import { type Command, isCommand, type RequestBody } from "../../lib/rpc/commands.ts";
import {
  decodeRequest,
  decodeRequestHeader,
  decodeResponseHeader,
  encodeRecord,
  encodeRequest,
  encodeResponseHeader,
  queryRecord,
  writeResponse,
} from "../../lib/rpc/protocol.ts";
import { Reader } from "../../lib/wire/msgpack/reader.ts";
import { Writer } from "../../lib/wire/msgpack/writer.ts";
import { member } from "./client/fake_agent.ts";

const MAX_SEQ = 2n ** 64n - 1n;
const nothing = { command: "", seq: 0n };

for (
  const [seq, hex] of [
    [0n, "00"],
    [127n, "7f"],
    [128n, "cc80"],
    [65_536n, "ce00010000"],
    [2n ** 32n - 1n, "ceffffffff"],
    [2n ** 32n, "cf0000000100000000"],
    [2n ** 53n + 1n, "cf0020000000000001"],
    [2n ** 63n, "cf8000000000000000"],
    [MAX_SEQ, "cfffffffffffffffff"],
  ] as const
) {
  Deno.test(`the sequence number ${seq} is encoded and decoded exactly`, () => {
    const answer = encodeResponseHeader({ seq, error: "" });
    assertEquals(answer.toHex(), `82a54572726f72a0a3536571${hex}`);
    assertEquals(decodeResponseHeader(answer), { seq, error: "" });
    const request = encodeRequest(seq, "stats", null);
    assertEquals(decodeRequestHeader(request, nothing), { command: "stats", seq });
  });
}

Deno.test("a sequence number may also come in a signed form, but not below 0", () => {
  const header = (hex: string) => Uint8Array.fromHex(`81a3536571${hex}`);
  const seq = (hex: string) => decodeRequestHeader(header(hex), nothing).seq;
  assertEquals(seq("d37fffffffffffffff"), 2n ** 63n - 1n);
  assertEquals(seq("d37fffffffffffff00"), 2n ** 63n - 256n);
  assertEquals(seq("d005"), 5n);
  assertEquals(seq("c0"), 0n);
  for (const bad of ["ff", "d0ff", "d3ffffffffffffffff", "a131", "cb3ff0000000000000"]) {
    assertThrows(() => seq(bad), DecodeError);
  }
});

Deno.test("a sequence number outside of 64 bits cannot be sent", () => {
  assertThrows(() => encodeRequest(-1n, "stats", null), RangeError);
  assertThrows(() => encodeRequest(2n ** 64n, "stats", null), RangeError);
});

Deno.test("a field that a header lacks is taken from the header before", () => {
  const previous = { command: "members", seq: 9n };
  const header = (value: ValueType) => decodeRequestHeader(encode(value), previous);
  assertEquals(header({ Seq: 10 }), { command: "members", seq: 10n });
  assertEquals(header({ Command: "stats" }), { command: "stats", seq: 9n });
  assertEquals(header({}), previous);
  assertEquals(header(null), { command: "", seq: 0n });
  assertEquals(header({ command: "x", seq: 1, More: [{}] }), previous);
  assertEquals(header(["stats"]), { command: "stats", seq: 9n });
});

Deno.test("the fields of a request may come in any order, and as an array", () => {
  const read = <C extends Command>(command: C, value: ValueType) =>
    decodeRequest(command, encode(value)) as RequestBody<C>;
  const event = { Name: "n", Payload: Uint8Array.of(1, 2), Coalesce: true };
  assertEquals(read("event", event), event);
  assertEquals(read("event", ["n", Uint8Array.of(1, 2), true]), event);
  assertEquals(read("event", { Coalesce: 1, Payload: [1, 2], Name: "n", Unknown: {} }), event);
  assertEquals(read("event", { ...event, Payload: "\x01\x02" }), event);
  const zero = { Name: "", Payload: null, Coalesce: false };
  const empty: readonly ValueType[] = [null, {}, [], { name: "n" }];
  for (const body of empty) assertEquals(read("event", body), zero);
  assertEquals(read("query", { Timeout: -1, RelayFactor: 255 }).Timeout, -1);
  assertEquals(read("query", { Timeout: 2n ** 63n - 1n }).Timeout, Number.MAX_SAFE_INTEGER);
  assertEquals(read("join", { Existing: null }), { Existing: [], Replay: false });
  assertEquals(read("tags", { Tags: null, DeleteTags: ["x"] }), {
    Tags: new Map(),
    DeleteTags: ["x"],
  });
  assertEquals(read("stop", [MAX_SEQ]), { Stop: MAX_SEQ });
});

/** Bodies that make no sense, for every command that has one. */
const senseless: Readonly<
  Record<
    Exclude<Command, "members" | "leave" | "list-keys" | "stats" | "metrics">,
    readonly ValueType[]
  >
> = {
  "handshake": [{ Version: 1.5 }, { Version: "1" }],
  "auth": [{ AuthKey: 1 }],
  "event": [{ Name: 5 }, { Coalesce: 2 }, "text", 5],
  "force-leave": [{ Node: ["a"] }],
  "join": [{ Existing: "127.0.0.1" }],
  "members-filtered": [{ Status: true }, { Tags: { a: 1 } }],
  "tags": [{ Tags: { a: 1 } }, { Tags: ["a"] }, { DeleteTags: "a" }],
  "stream": [{ Type: {} }],
  "monitor": [{ LogLevel: 3 }],
  "stop": [{ Stop: -5 }],
  "query": [{ RelayFactor: 256 }, { RelayFactor: -1 }, { Timeout: 0.5 }, { FilterNodes: "a" }],
  "respond": [{ Payload: [256] }, { ID: -1 }],
  "install-key": [{ Key: 0 }],
  "use-key": [{ Key: [] }],
  "remove-key": [{ Key: 1.5 }],
  "why": [{ Node: false }, { All: "x" }],
  "get-coordinate": [{ Node: false }],
};

Deno.test("every command refuses a field of the wrong type", () => {
  for (const [command, bodies] of Object.entries(senseless)) {
    for (const body of bodies) {
      assertThrows(
        () => decodeRequest(command as Command, encode(body)),
        DecodeError,
        undefined,
        `${command} ${JSON.stringify(body)}`,
      );
    }
  }
});

Deno.test("another MessagePack library decodes our messages to the same values", () => {
  const body = writeResponse(new Writer("bin"), { seq: 3n, error: "no" }, "join", { Num: 2 })
    .bytes();
  assertEquals(decode(body.subarray(0, 15)), { Error: "no", Seq: 3 });
  assertEquals(decode(body.subarray(15)), { Num: 2 });
  const record = encodeRecord(1n, queryRecord, { Type: "done", From: "", Payload: null });
  assertEquals(decode(record.subarray(13)), { From: "", Payload: null, Type: "done" });
});

const events: readonly StreamedEvent[] = [
  new UserEvent({ lTime: 2 ** 40, name: "n", payload: null, coalesce: true }),
  new UserEvent({ lTime: 2n ** 64n - 1n, name: "n", payload: null, coalesce: true }),
  { type: "query", id: 3, lTime: 0, name: "\u{1f600}".repeat(40), payload: Uint8Array.of(0) },
  { type: "member-update", members: [member("a", { tags: { k: "v" } }), member("b")] },
  { type: "member-reap", members: [] },
];

for (const event of events) {
  Deno.test(`a ${event.type} event is read as it was written`, () => {
    const bytes = encodeRecord(5n, eventRecord, event);
    const reader = new Reader(bytes, encodeResponseHeader({ seq: 5n, error: "" }).length);
    assertEquals(eventRecord.read(reader), event);
    assertEquals(reader.remaining, 0);
  });
}

Deno.test("an event of a type that does not exist is refused", () => {
  assertThrows(
    () => eventRecord.read(new Reader(encode({ Event: "member-explode", Members: [] }))),
    DecodeError,
    'unknown type "member-explode"',
  );
});

Deno.test("only commands are commands", () => {
  for (const word of ["members", "list-keys", "get-coordinate"]) {
    assertEquals(isCommand(word), true);
  }
  for (const word of ["", "Members", "toString", "__proto__"]) assertEquals(isCommand(word), false);
});
