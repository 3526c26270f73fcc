import type { Answer } from "multicast-dns";
import { assertEquals } from "@std/assert";
import { MdnsBrowser } from "../../../lib/agent/discovery/mdns_browser.ts";
import { mdnsServiceName } from "../../../lib/agent/discovery/mdns_service.ts";
import { capturedPacket } from "./dns_packets.ts";

const SERVICE = mdnsServiceName("testc");

/** The four records about an instance, by their types. */
function recordsOf(node: string, ip: string, host = "vm"): Record<string, Answer> {
  const name = `${node}.${SERVICE}`;
  const type = ip.includes(":") ? "AAAA" : "A";
  return {
    PTR: { name: SERVICE, type: "PTR", data: name },
    SRV: { name, type: "SRV", data: { port: 7946, target: host } },
    TXT: { name, type: "TXT", data: [] },
    address: { name: host, type, data: ip },
  };
}

Deno.test("the captured answers of two agents on one machine give two addresses", () => {
  const browser = new MdnsBrowser(SERVICE);
  const take = (name: string) => browser.take(capturedPacket(name).answers);
  assertEquals(take("002-response"), { found: ["127.0.0.63:7963"], incomplete: [] });
  assertEquals(take("005-response"), { found: ["127.0.0.64:7963"], incomplete: [] });
  assertEquals(take("002-response"), { found: [], incomplete: [] });
});

Deno.test("an instance needs a port, an address and a text, in any order", () => {
  const { PTR, SRV, TXT, address } = recordsOf("a", "10.0.0.1");
  const found = (...records: Answer[]) => new MdnsBrowser(SERVICE).take(records).found;
  assertEquals(found(address, TXT, SRV, PTR), ["10.0.0.1:7946"]);
  assertEquals(found(SRV, TXT, address), ["10.0.0.1:7946"]);
  assertEquals(found(PTR, SRV, TXT), []);
  assertEquals(found(PTR, SRV, address), []);
  assertEquals(found(PTR, TXT, address), []);
  const portless = { ...SRV, data: { port: 0, target: "vm" } } as Answer;
  assertEquals(found(portless, TXT, address), []);
});

Deno.test("an incomplete instance is returned once, and completed by a later packet", () => {
  const browser = new MdnsBrowser(SERVICE);
  const { PTR, SRV, TXT, address } = recordsOf("a", "10.0.0.1");
  const incomplete = [`a.${SERVICE}`];
  assertEquals(browser.take([PTR]), { found: [], incomplete });
  assertEquals(browser.take([PTR, TXT]), { found: [], incomplete: [] });
  assertEquals(browser.take([SRV, address]), { found: ["10.0.0.1:7946"], incomplete: [] });
});

Deno.test("several instances may be in one packet", () => {
  const records = [
    ...Object.values(recordsOf("a", "10.0.0.1", "one")),
    ...Object.values(recordsOf("b", "fd00::2", "two")),
  ];
  assertEquals(new MdnsBrowser(SERVICE).take(records).found, ["10.0.0.1:7946", "[fd00::2]:7946"]);
});

Deno.test("the first of several addresses counts", () => {
  const { PTR, SRV, TXT, address } = recordsOf("a", "10.0.0.1");
  const second = recordsOf("a", "fd00::1").address;
  const records = [PTR, SRV, TXT, address, second];
  assertEquals(new MdnsBrowser(SERVICE).take(records).found, ["10.0.0.1:7946"]);
});

Deno.test("instances of other services are ignored", () => {
  const name = "printer._ipp._tcp.local";
  const result = new MdnsBrowser(SERVICE).take([
    { name: "_ipp._tcp.local", type: "PTR", data: name },
    { name, type: "SRV", data: { port: 631, target: "printer.local" } },
    { name, type: "TXT", data: [] },
    { name: "printer.local", type: "A", data: "10.0.0.9" },
  ]);
  assertEquals(result, { found: [], incomplete: [] });
});

Deno.test("only so many instances are kept in memory", () => {
  const browser = new MdnsBrowser(SERVICE);
  const names = Array.from({ length: 3_000 }, (_, i) => `n${i}`);
  const { incomplete } = browser.take(names.map((name) => recordsOf(name, "10.0.0.1").PTR));
  assertEquals(incomplete.length, 1_024);
});
