/**
 * The declarations in `lib/types.d.ts` and `tests/types.d.ts` are loaded. If they were not, the packages would be `any`,
 * the mistakes below would be none, and `deno check` would report each `@ts-expect-error` as unused.
 */

import { parseArgs } from "@std/cli/parse-args";
import { assertThrows } from "@std/assert";
import { decode } from "@std/msgpack";
import type { Endpoint } from "multicast-dns";

Deno.test("packages without types are checked against our declarations", () => {
  // @ts-expect-error: arguments are a list of texts
  assertThrows(() => parseArgs(1));
  // @ts-expect-error: what is decoded is bytes
  assertThrows(() => decode("text"));
  // @ts-expect-error: an error class, and not a text, is expected second
  assertThrows(() => assertThrows(() => {}, "Error"));
  // @ts-expect-error: a port is a number
  const _endpoint: Endpoint = { address: "127.0.0.1", port: "5353" };
});
