import { assertEquals, assertThrows } from "@std/assert";
import { DecodeError } from "../../../lib/base/errors.ts";
import { Address } from "../../../lib/base/address.ts";
import { decodeMessage, encodeMessage } from "../../../lib/wire/messages/message_codec.ts";
import type { Claim } from "../../../lib/wire/messages/messages.ts";
import { encodeStream, StreamDecoder } from "../../../lib/wire/framing/stream.ts";

function claimOf(meta: Uint8Array): Claim {
  const address = Address.parse("10.0.0.1", 7946);
  return { node: "n", incarnation: 1, state: "alive", address, meta, versions: null };
}

Deno.test("an alive message that would keep much memory in use is refused", () => {
  const encode = (size: number) =>
    encodeMessage({ type: "alive", claim: claimOf(new Uint8Array(size)) });
  assertEquals(decodeMessage(encode(4_000)).type, "alive");
  assertThrows(() => decodeMessage(encode(5_000)), DecodeError, "expected at most 4096");
});

Deno.test("a push/pull leaves out nodes that would keep much memory in use", () => {
  const nodes = [claimOf(new Uint8Array(38 * 1024 * 1024)), claimOf(new Uint8Array(1))];
  const message = { type: "push-pull", join: false, nodes, userState: null } as const;
  const decoder = new StreamDecoder({ compress: true }, "server");
  const decoded = decoder.push(encodeStream(message, { compress: true }, "dialler"));
  if (decoded?.type !== "push-pull") throw new Error("no push/pull");
  assertEquals(decoded.nodes, [nodes[1]]);
  assertEquals(decoder.skippedNodes, 1);
});
