import { assertEquals, assertThrows } from "@std/assert";
import { parsePort, splitHostPort } from "../../lib/go/host_port.ts";

Deno.test("a host and a port are split", () => {
  const cases: [string, string, string | undefined][] = [
    ["10.0.0.1:7946", "10.0.0.1", "7946"],
    ["10.0.0.1", "10.0.0.1", undefined],
    ["web", "web", undefined],
    [":7946", "", "7946"],
    ["web:", "web", ""],
    ["::1", "::1", undefined],
    ["[::1]", "::1", undefined],
    ["[::1]:7946", "::1", "7946"],
    ["", "", undefined],
  ];
  for (const [text, host, port] of cases) assertEquals(splitHostPort(text), { host, port });
});

Deno.test("unmatched brackets are refused", () => {
  assertThrows(() => splitHostPort("[::1"), TypeError, "address [::1: missing ']' in address");
  assertThrows(() => splitHostPort("[::1]x"), TypeError, "too many colons in address");
  assertThrows(() => splitHostPort("[::1]:1:2"), TypeError, "too many colons in address");
});

Deno.test("a port is a number up to 65535", () => {
  assertEquals([parsePort("0"), parsePort("7946"), parsePort("65535")], [0, 7946, 65535]);
  assertThrows(() => parsePort("65536"), TypeError, "address 65536: invalid port");
  for (const text of ["", "x", "-1", "1.5", " 1"]) assertThrows(() => parsePort(text), TypeError);
});
