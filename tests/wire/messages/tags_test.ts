import { assertEquals } from "@std/assert";
import { decodeTags, encodeTags } from "../../../lib/wire/messages/tags.ts";
import { fromHex, toHex } from "../vectors.ts";

Deno.test("tags are a magic byte and a map, even when there are none", () => {
  assertEquals(toHex(encodeTags({}, 5)), "ff80");
  assertEquals(toHex(encodeTags({ role: "web" }, 3)), "ff81a4726f6c65a3776562");
});

Deno.test("tags decode from their encoding, whatever their names", () => {
  const tags = Object.fromEntries([
    ["role", "web"],
    ["empty", ""],
    ["", "no name"],
    ["__proto__", "polluted"],
    ["constructor", "c"],
    ["Ünïcode", "✓".repeat(20)],
  ]);
  const decoded = decodeTags(encodeTags(tags, 5));
  assertEquals(Object.entries(decoded), Object.entries(tags));
  assertEquals(Object.getPrototypeOf(decoded), Object.prototype);
});

Deno.test("protocol 2 knows only the role, as bare text", () => {
  assertEquals(toHex(encodeTags({ role: "web", dc: "east" }, 2)), "776562");
  assertEquals(encodeTags({ dc: "east" }, 2), new Uint8Array());
  assertEquals(decodeTags(fromHex("776562")), { role: "web" });
});

Deno.test("missing meta is an empty role", () => {
  assertEquals(decodeTags(null), { role: "" });
  assertEquals(decodeTags(new Uint8Array()), { role: "" });
});

Deno.test("of a garbled map the entries before the damage are kept", () => {
  assertEquals(decodeTags(fromHex("ff82a161a162a163c1")), { a: "b" });
  assertEquals(decodeTags(fromHex("ff82a161a162a163")), { a: "b" });
  for (const hex of ["ff", "ffc1", "ffdfffffffff", "ff81a5"]) {
    assertEquals(decodeTags(fromHex(hex)), {}, hex);
  }
});

Deno.test("damage to a map is reported, and nothing else", () => {
  const damage = (hex: string) => {
    const reasons: string[] = [];
    decodeTags(fromHex(hex), (reason) => reasons.push(reason));
    return reasons;
  };
  assertEquals(damage("ff82a161a162a163"), [
    "Cannot decode MessagePack: input ends inside a value",
  ]);
  for (const hex of ["", "776562", "ff80", "ff81a161a162"]) assertEquals(damage(hex), [], hex);
});
