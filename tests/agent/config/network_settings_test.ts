import { assertEquals, assertRejects } from "@std/assert";
import { type AgentConfig, defaultConfig } from "../../../lib/agent/config/config.ts";
import { StartupError } from "../../../lib/agent/config/startup_error.ts";
import { resolveNetworkSettings } from "../../../lib/agent/config/network_settings.ts";

const resolve = (config: Partial<AgentConfig>) =>
  resolveNetworkSettings({ ...defaultConfig, ...config });

async function errorOf(config: Partial<AgentConfig>): Promise<string> {
  return (await assertRejects(() => resolve(config), StartupError)).message;
}

Deno.test("a missing port is the default port", async () => {
  const { bind, advertise, encryptKey, profile } = await resolve({ advertise: "10.0.0.1" });
  assertEquals([bind.text, advertise?.text], ["0.0.0.0:7946", "10.0.0.1:7946"]);
  assertEquals([encryptKey, profile], [undefined, "lan"]);
});

Deno.test("ports, names and IPv6 addresses are understood", async () => {
  assertEquals((await resolve({ bind: "127.0.0.1:0" })).bind.text, "127.0.0.1:0");
  assertEquals((await resolve({ bind: "[::1]:7998" })).bind.text, "[::1]:7998");
  assertEquals((await resolve({ bind: "localhost" })).bind.text, "127.0.0.1:7946");
});

Deno.test("an interface stands for its first usable address", async () => {
  const { bind, notice } = await resolve({ interface: "lo", bind: "0.0.0.0:7999" });
  assertEquals(bind.text, "127.0.0.1:7999");
  assertEquals(notice, "Using interface 'lo' address '127.0.0.1'");
});

Deno.test("an address that is given with an interface must be one of it", async () => {
  const { bind, notice } = await resolve({ interface: "lo", bind: "127.0.0.1:7990" });
  assertEquals([bind.text, notice], ["127.0.0.1:7990", undefined]);
  assertEquals(
    await errorOf({ interface: "lo", bind: "127.0.0.20" }),
    "Interface 'lo' has no '127.0.0.20' address",
  );
});

Deno.test("settings are checked in Serf's order, with its messages", async () => {
  const bad = { advertise: "127.0.0.1:99999", encryptKey: "zz!", profile: "foo" };
  assertEquals(
    await errorOf({ ...bad, bind: "127.0.0.1:99999" }),
    "Invalid bind address: address 99999: invalid port",
  );
  assertEquals(await errorOf(bad), "Invalid advertise address: address 99999: invalid port");
  assertEquals(
    await errorOf({ ...bad, advertise: "" }),
    "Invalid encryption key: illegal base64 data at input byte 2",
  );
  assertEquals(await errorOf({ profile: "foo" }), "Unknown profile: foo");
  assertEquals(await errorOf({ profile: "toString" }), "Unknown profile: toString");
});

Deno.test("a key of any length is decoded", async () => {
  assertEquals((await resolve({ encryptKey: "AAAA" })).encryptKey, new Uint8Array(3));
});
