import { assertEquals, assertThrows } from "@std/assert";
import { parseByteSize } from "../../../lib/agent/config/byte_size.ts";

Deno.test("sizes have units of 1000 and of 1024", () => {
  assertEquals(parseByteSize("1048576"), 1_048_576);
  assertEquals(parseByteSize("256MB"), 256_000_000);
  assertEquals(parseByteSize("1.5 GiB"), 1_610_612_736);
  assertEquals(parseByteSize("10kb"), 10_000);
});

Deno.test("what is no size is refused with its text", () => {
  for (const text of ["", "0", "MB", "-1MB", "1e6", "10 parsecs"]) {
    assertThrows(
      () => parseByteSize(text),
      RangeError,
      `got ${JSON.stringify(text)}, expected a size such as 256MB`,
    );
  }
});
