import { assertEquals, assertThrows } from "@std/assert";
import { Address } from "../../lib/base/address.ts";
import { advertisedAddress, isPublic } from "../../lib/host/advertise.ts";

const everywhere = Address.parse("0.0.0.0", 7946);

/** What is announced by a node that listens everywhere, on a machine with these networks. */
function chosen(...cidrs: string[]): Address {
  const interfaces = () => cidrs.map((cidr) => ({ address: cidr.split("/")[0], cidr }));
  return advertisedAddress({ bound: everywhere, interfaces });
}

/** Those of a node that announces another address are not asked for. */
function interfaces(): never {
  throw new Error("asked for the networks of the machine");
}

Deno.test("a configured address is announced, with 4 bytes if it is IPv4", () => {
  const advertise = Address.parse("::ffff:192.0.2.1", 99);
  const address = advertisedAddress({ bound: everywhere, advertise, interfaces });
  assertEquals([...address.ip], [192, 0, 2, 1]);
  assertEquals(address.port, 99);
});

Deno.test("a concrete bound address is announced as it is", () => {
  for (const host of ["127.0.0.5", "203.0.113.9", "fd00::2"]) {
    const bound = Address.parse(host, 7946);
    assertEquals(advertisedAddress({ bound, interfaces }).ip, bound.ip);
  }
  const bound = Address.parse("127.0.0.5", 1);
  assertEquals(advertisedAddress({ bound, interfaces }).ip.length, 4);
});

Deno.test("a node that listens on all addresses announces a private one, IPv4 in mapped form", () => {
  const address = chosen("127.0.0.1/8", "203.0.113.9/24", "10.1.2.3/24");
  assertEquals([...address.ip], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 1, 2, 3]);
  assertEquals(address.text, "10.1.2.3:7946");
});

Deno.test("IPv4 is preferred to IPv6, and a small network to a large one", () => {
  assertEquals(chosen("fd00::2/64", "172.17.0.1/16", "192.168.1.5/24").host, "192.168.1.5");
  assertEquals(chosen("fe80::1/64", "fd00::2/64").host, "fd00::2");
  assertEquals(chosen("fd00::2/64").ip.length, 16);
});

Deno.test("loopback, link-local, documentation and public addresses are not private", () => {
  const others = ["127.0.0.1/8", "169.254.3.4/16", "192.0.2.2/24", "8.8.8.8/24", "172.32.0.1/16"];
  assertThrows(
    () => chosen(...others, "::1/128", "fe80::1/64", "2001:db8::1/64"),
    Error,
    "no private IP address found, and explicit IP not provided",
  );
});

Deno.test("the edges of the private networks are where they should be", () => {
  for (const inside of ["10.255.255.255", "172.31.255.255", "100.64.0.1", "198.19.0.1"]) {
    assertEquals(chosen(`${inside}/32`).host, inside);
  }
  for (const outside of ["11.0.0.0", "100.128.0.1", "198.20.0.1", "192.169.0.1"]) {
    assertThrows(() => chosen(`${outside}/32`));
  }
});

Deno.test("public addresses are distinguished from special-purpose ones", () => {
  const hosts = ["8.8.8.8", "172.32.0.1", "2600::1", "::ffff:8.8.8.8"];
  for (const host of hosts) assertEquals(isPublic(Address.parse(host, 1)), true, host);
  const special = ["127.0.0.1", "10.0.0.1", "192.0.2.2", "::1", "fd00::2", "::ffff:10.0.0.1"];
  for (const host of special) assertEquals(isPublic(Address.parse(host, 1)), false, host);
});
