import { assertEquals, assertThrows } from "@std/assert";
import { Address } from "../../lib/base/address.ts";
import { addressOf, slotOf, SLOTS } from "../../lib/sim/address_plan.ts";

Deno.test("the slot of an address is computed from the address", () => {
  for (const slot of [0, 1, 254, 255, 256, 65_535, 70_000, SLOTS - 1]) {
    assertEquals(slotOf(addressOf(slot)), slot);
  }
  assertEquals(addressOf(0).text, "10.0.0.1:7946");
});

Deno.test("the IPv4-mapped form of an address has the same slot", () => {
  const { ip } = addressOf(1234);
  const mapped = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...ip);
  assertEquals(slotOf(new Address(mapped, 7946)), 1234);
});

Deno.test("addresses of other networks, ports and lengths have no slot", () => {
  assertEquals(slotOf(Address.parse("192.168.0.1", 7946)), -1);
  assertEquals(slotOf(Address.parse("10.0.0.1", 7947)), -1);
  assertEquals(slotOf(Address.parse("::1", 7946)), -1);
  assertEquals(slotOf(new Address(new Uint8Array(0), 7946)), -1);
});

Deno.test("slots out of range are refused", () => {
  assertThrows(() => addressOf(SLOTS), RangeError, "Cannot give out an address");
  assertThrows(() => addressOf(-1), RangeError, "Cannot give out an address");
});
