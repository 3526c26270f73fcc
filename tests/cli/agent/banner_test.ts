import { assertEquals } from "@std/assert";
import { formatBanner } from "../../../lib/cli/agent/banner.ts";
import { defaultConfig } from "../../../lib/agent/config/config.ts";
import { Address } from "../../../lib/base/address.ts";

const bind = Address.parse("127.0.0.20", 0);

Deno.test("the labels of the banner are aligned", () => {
  const config = { ...defaultConfig, nodeName: "alpha" };
  assertEquals(formatBanner(config, { bind, advertise: undefined, encrypted: false }), [
    "                  Node name: 'alpha'",
    "                  Bind addr: '127.0.0.20:0'",
    "                   RPC addr: '127.0.0.1:7373'",
    "                  Encrypted: false",
    "                   Snapshot: false",
    "                    Profile: lan",
    "Message Compression Enabled: true",
  ]);
});

Deno.test("the banner shows the advertised address and the cluster to discover, if configured", () => {
  const config = {
    ...defaultConfig,
    nodeName: "a",
    snapshotPath: "s",
    disableCompression: true,
    discover: "c",
  };
  const advertise = Address.parse("::1", 7000);
  assertEquals(formatBanner(config, { bind, advertise, encrypted: true }), [
    "                  Node name: 'a'",
    "                  Bind addr: '127.0.0.20:0'",
    "Advertise addr: '[::1]:7000'",
    "                   RPC addr: '127.0.0.1:7373'",
    "                  Encrypted: true",
    "                   Snapshot: true",
    "                    Profile: lan",
    "Message Compression Enabled: false",
    "               mDNS cluster: c",
  ]);
});
