import { assertEquals } from "@std/assert";
import { Address, isLoopback, parseIp } from "../../lib/base/address.ts";

Deno.test("an IPv4 address is four numbers of a byte, without leading zeros", () => {
  for (const text of ["0.0.0.0", "1.2.3.4", "10.20.30.40", "127.0.0.1", "255.255.255.255"]) {
    assertEquals(parseIp(text), Uint8Array.from(text.split("."), Number), text);
    assertEquals(Address.parse(text, 7946).text, `${text}:7946`);
  }
  const others = [
    "|.|1|1.2.3|1.2.3.|.1.2.3|1..2.3|1.2.3.4.|1.2.3.4.5|1.2.3.4.5.6",
    "01.2.3.4|1.2.3.00|256.2.3.4|1.2.3.1000|1.2.3.4294967300|1.2.3.-4|+1.2.3.4",
    " 1.2.3.4|1.2.3.4 |1.2.3.4a|0x1.2.3.4|1,2,3,4|\u0661.2.3.4|1.2.3.4\n",
  ].join("|").split("|");
  for (const text of others) assertEquals(parseIp(text), undefined, text);
});

Deno.test("only this machine reaches a loopback address", () => {
  for (const own of ["localhost", "127.0.0.1", "127.83.2.1", "::1"]) {
    assertEquals(isLoopback(own), true, own);
  }
  for (const other of ["0.0.0.0", "", "10.0.0.1", "::", "fe80::1", "128.0.0.1", "web-1"]) {
    assertEquals(isLoopback(other), false, other);
  }
});
