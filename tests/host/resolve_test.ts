import { assertEquals, assertRejects } from "@std/assert";
import { lookupHost, resolveEndpoint, resolveTarget } from "../../lib/host/resolve.ts";

/** Knows one name. */
const options = {
  defaultPort: 7946,
  lookup: (host: string) =>
    host === "seed.example"
      ? Promise.resolve(["10.0.0.1", "10.0.0.2", "fd00::3"])
      : Promise.reject(new Error(`lookup ${host}: no such host`)),
};

async function texts(target: string): Promise<string[]> {
  return (await resolveTarget(target, options)).map(String);
}

Deno.test("an IP address is used as it is, with its port or the default one", async () => {
  assertEquals(await texts("127.0.0.1"), ["127.0.0.1:7946"]);
  assertEquals(await texts("127.0.0.1:99"), ["127.0.0.1:99"]);
  assertEquals(await texts("::1"), ["[::1]:7946"]);
  assertEquals(await texts("[::1]"), ["[::1]:7946"]);
  assertEquals(await texts("[::1]:99"), ["[::1]:99"]);
});

Deno.test("a host name resolves to all of its addresses", async () => {
  assertEquals(await texts("seed.example:99"), ["10.0.0.1:99", "10.0.0.2:99", "[fd00::3]:99"]);
});

Deno.test("a node name before the address is ignored, but an empty one is refused", async () => {
  assertEquals(await texts("web-1/127.0.0.1:99"), ["127.0.0.1:99"]);
  await assertRejects(() => texts("/127.0.0.1"), TypeError, "empty node name provided");
});

Deno.test("a failed resolution says why in one line", async () => {
  await assertRejects(() => texts("nowhere"), Error, "lookup nowhere: no such host");
  await assertRejects(() => texts(""), Error, "lookup : no such host");
  await assertRejects(() => texts(":99"), Error, "lookup : no such host");
  for (const port of ["x", "", "-1", "+5"]) {
    await assertRejects(
      () => texts(`127.0.0.1:${port}`),
      TypeError,
      `strconv.ParseUint: parsing "${port}": invalid syntax`,
    );
  }
  await assertRejects(
    () => texts("127.0.0.1:65536"),
    TypeError,
    'strconv.ParseUint: parsing "65536": value out of range',
  );
  await assertRejects(() => texts("[::1"), TypeError, "missing ']' in address");
});

Deno.test("an empty host means all addresses of the machine", async () => {
  const [address] = await resolveEndpoint(":99", options);
  assertEquals(address.text, "0.0.0.0:99");
});

Deno.test("the system's resolver finds localhost", async () => {
  const found = await lookupHost("localhost");
  assertEquals(found.includes("127.0.0.1") || found.includes("::1"), true);
});

Deno.test("a text that cannot be a host name is refused as in Go, without asking the resolver", async () => {
  for (const name of ["1.2.3.4.5", "x".repeat(64), "a..b", "-a", "a b", "."]) {
    await assertRejects(() => lookupHost(name), Error, `lookup ${name}: no such host`);
  }
});
