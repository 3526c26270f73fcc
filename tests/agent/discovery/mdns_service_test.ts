import { assertEquals, assertThrows } from "@std/assert";
import { MdnsService, mdnsServiceName } from "../../../lib/agent/discovery/mdns_service.ts";
import { Address } from "../../../lib/base/address.ts";
import { capturedPacket, throughWire } from "./dns_packets.ts";

const options = {
  cluster: "testc",
  node: "md1",
  host: "vm",
  address: Address.parse("127.0.0.63", 7963),
};
const service = new MdnsService(options);

function typesOf(name: string, type: string): string[] {
  return service.answers({ name, type }).map((answer) => answer.type);
}

Deno.test("the captured question gets the captured answer", async () => {
  const { questions: [question] } = capturedPacket("001-query");
  assertEquals(await throughWire(service.answers(question)), capturedPacket("002-response"));
});

Deno.test("each of the three names has its own types of records", () => {
  const name = mdnsServiceName("testc");
  assertEquals(name, "_serf_testc._tcp.local");
  assertEquals(typesOf(name, "ANY"), ["PTR", "SRV", "A", "TXT"]);
  assertEquals(typesOf(name, "SRV"), []);
  assertEquals(typesOf(`md1.${name}`, "ANY"), ["SRV", "A", "TXT"]);
  assertEquals(typesOf(`md1.${name}`, "SRV"), ["SRV", "A"]);
  assertEquals(typesOf(`md1.${name}`, "TXT"), ["TXT"]);
  assertEquals(typesOf(`md1.${name}`, "A"), ["A"]);
  assertEquals(typesOf(`md1.${name}`, "AAAA"), []);
  assertEquals(typesOf(`md1.${name}`, "PTR"), []);
  assertEquals(typesOf("vm", "A"), ["A"]);
  assertEquals(typesOf("vm", "ANY"), []);
});

Deno.test("a question for all services is answered with ours", () => {
  const name = "_services._dns-sd._udp.local";
  assertEquals(service.answers({ name, type: "PTR" }), [
    { name, type: "PTR", ttl: 120, data: "_serf_testc._tcp.local" },
  ]);
  assertEquals(service.answers({ name, type: "TXT" }), []);
});

Deno.test("questions about other names are not answered", () => {
  for (const name of ["_serf_other._tcp.local", "_http._tcp.local", "md2._serf_testc._tcp.local"]) {
    assertEquals(typesOf(name, "ANY"), []);
  }
});

Deno.test("an IPv6 address has an AAAA record, a mapped IPv4 address an A record", () => {
  const typeFor = (host: string) => {
    const v6 = new MdnsService({ ...options, address: Address.parse(host, 7946) });
    return v6.answers({ name: "md1._serf_testc._tcp.local", type: "SRV" })[1].type;
  };
  assertEquals(typeFor("fd00::1"), "AAAA");
  assertEquals(typeFor("::ffff:10.0.0.1"), "A");
});

Deno.test("names that DNS cannot carry are refused", () => {
  const long = "x".repeat(64);
  const create = (change: Partial<typeof options>) => () =>
    new MdnsService({ ...options, ...change });
  assertThrows(create({ node: long }), RangeError, "expected parts of 1 to 63 bytes");
  assertThrows(create({ node: "a..b" }), RangeError, `Cannot announce "a..b._serf_testc`);
  assertThrows(create({ cluster: "ü".repeat(30) }), RangeError, "expected parts of 1 to 63 bytes");
  assertThrows(create({ host: "" }), RangeError, `Cannot announce ""`);
  const many = Array(5).fill("x".repeat(60)).join(".");
  assertThrows(create({ node: many }), RangeError, "expected at most 253 bytes");
  create({ node: "web-1.example.org" })();
});
