import { assertEquals } from "@std/assert";
import { formatBanner } from "../../../lib/cli/agent/banner.ts";
import { type AgentConfig, defaultConfig } from "../../../lib/agent/config/config.ts";
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

Deno.test("the banner tells how RPC clients are told apart", () => {
  const rpcLine = (settings: Partial<AgentConfig>) => {
    const config = { ...defaultConfig, ...settings };
    return formatBanner(config, { bind, advertise: undefined, encrypted: false })[2].trim();
  };
  assertEquals(rpcLine({ rpcAddr: "unix:/run/serf.sock" }), "RPC addr: 'unix:/run/serf.sock'");
  const own = { rpcTlsCert: "agent.pem", rpcTlsKey: "agent.key" };
  assertEquals(rpcLine(own), "RPC addr: '127.0.0.1:7373' (TLS)");
  assertEquals(
    rpcLine({ ...own, rpcTlsCa: "ca.pem" }),
    "RPC addr: '127.0.0.1:7373' (TLS, clients need certificates)",
  );
});
