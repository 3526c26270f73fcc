import { assertEquals } from "@std/assert";
import { isLoopback } from "../../lib/base/address.ts";

Deno.test("only this machine reaches a loopback address", () => {
  for (const own of ["localhost", "127.0.0.1", "127.83.2.1", "::1"]) {
    assertEquals(isLoopback(own), true, own);
  }
  for (const other of ["0.0.0.0", "", "10.0.0.1", "::", "fe80::1", "128.0.0.1", "web-1"]) {
    assertEquals(isLoopback(other), false, other);
  }
});
