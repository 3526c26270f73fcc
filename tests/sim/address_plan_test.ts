import { assertEquals, assertThrows } from "@std/assert";
import { Address } from "../../lib/base/address.ts";
import { addressOf, placeOf, PLACES } from "../../lib/sim/address_plan.ts";

Deno.test("a place is found again from its address", () => {
  for (const place of [0, 1, 254, 255, 256, 65_535, 70_000, PLACES - 1]) {
    assertEquals(placeOf(addressOf(place)), place);
  }
  assertEquals(addressOf(0).text, "10.0.0.1:7946");
});

Deno.test("the mapped form of an address leads to the same place", () => {
  const { ip } = addressOf(1234);
  const mapped = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...ip);
  assertEquals(placeOf(new Address(mapped, 7946)), 1234);
});

Deno.test("other networks, ports and lengths are nobody's place", () => {
  assertEquals(placeOf(Address.parse("192.168.0.1", 7946)), -1);
  assertEquals(placeOf(Address.parse("10.0.0.1", 7947)), -1);
  assertEquals(placeOf(Address.parse("::1", 7946)), -1);
  assertEquals(placeOf(new Address(new Uint8Array(0), 7946)), -1);
});

Deno.test("there are only so many places", () => {
  assertThrows(() => addressOf(PLACES), RangeError, "Cannot give out an address");
  assertThrows(() => addressOf(-1), RangeError, "Cannot give out an address");
});
