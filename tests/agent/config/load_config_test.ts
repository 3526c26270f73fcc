import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { loadConfig, type LoadedConfig } from "../../../lib/agent/config/load_config.ts";
import { parseAgentFlags } from "../../../lib/cli/agent/parse_agent_flags.ts";
import { StartupError } from "../../../lib/agent/config/startup_error.ts";
import { TemporaryDirectory } from "../../support/temporary_directory.ts";

function load(args: readonly string[]): LoadedConfig {
  return loadConfig(parseAgentFlags(args));
}

function errorOf(...args: string[]): string {
  return assertThrows(() => load(args), StartupError).message;
}

Deno.test("without arguments the node has the name of the host", () => {
  const { config, handlers, notices } = load([]);
  assertEquals(config.nodeName, Deno.hostname());
  assertEquals([handlers, notices], [[], []]);
});

Deno.test("flags override files, and lists of both are joined", () => {
  using directory = new TemporaryDirectory();
  directory.write({
    "a.json":
      '{"node_name":"file","start_join":["a"],"event_handlers":["x"],"tags":{"a":"1","b":"1"}}',
  });
  const { config, handlers } = load([
    `-config-file=${directory.file("a.json")}`,
    ...["-node=flag", "-join=b", "-event-handler=user=y", "-tag", "b=2"],
  ]);
  assertEquals(config.nodeName, "flag");
  assertEquals(config.startJoin, ["a", "b"]);
  assertEquals(config.tags, { a: "1", b: "2" });
  assertEquals(handlers.map(({ script }) => script), ["x", "y"]);
});

Deno.test("settings that are used with another value, or are deprecated, give a warning", () => {
  const { config, notices } = load([
    ...["-role=web", "-retry-interval=10ms", "-broadcast-timeout=1ms", "-rejoin"],
  ]);
  assertEquals(notices, [
    "Deprecation warning: 'Role' has been replaced with 'Tags'",
    "Warning: 'RetryInterval' is too low. Setting to 1s",
    "Warning: 'BroadcastTimeout' is too low. Setting to 1s",
    "Warning: 'RejoinAfterLeave' enabled without snapshot file",
  ]);
  assertEquals(config.tags, { role: "web" });
  assertEquals([config.retryIntervalMs, config.broadcastTimeoutMs], [1_000, 1_000]);
});

Deno.test("negative times and sizes are refused by key", () => {
  using directory = new TemporaryDirectory();
  const refusal = (settings: Readonly<Record<string, unknown>>) => {
    directory.write({ "a.json": JSON.stringify(settings) });
    return errorOf(`-config-file=${directory.file("a.json")}`);
  };
  for (const key of ["reconnect_timeout", "tombstone_timeout", "handler_linger"]) {
    assertEquals(refusal({ [key]: "-5s" }), `Invalid ${key}: got -5s, expected 0 or more`);
  }
  for (
    const key of [
      "query_size_limit",
      "query_response_size_limit",
      "user_event_size_limit",
      "max_members",
    ]
  ) {
    assertStringIncludes(refusal({ [key]: -3 }), `\n* '${key}' expected 0 or more, got '-3'`);
  }
});

Deno.test("a reconnect interval that is too short is raised", () => {
  using directory = new TemporaryDirectory();
  for (const interval of ["1ns", "-5s"]) {
    directory.write({ "a.json": `{"reconnect_interval":"${interval}"}` });
    const { config, notices } = load([`-config-file=${directory.file("a.json")}`]);
    assertEquals(config.reconnectIntervalMs, 100);
    assertEquals(notices, ["Warning: 'ReconnectInterval' is too low. Setting to 100ms"]);
  }
});

Deno.test("handlers are checked before interfaces", () => {
  assertEquals(
    errorOf("-event-handler=bogus=x", "-iface=nosuch0"),
    "Invalid event script: Event 'bogus' invoking 'x'",
  );
  assertEquals(
    errorOf("-iface=nosuch0", "-mdns-iface=lo"),
    "Invalid network interface: route ip+net: no such network interface",
  );
});

Deno.test("settings of multicast DNS that exclude each other are refused", () => {
  assertEquals(
    errorOf("-mdns-iface=lo"),
    "mDNS interface specified without enabling mDNS discovery",
  );
  assertEquals(
    errorOf("-discover=c", "-mdns-iface=nosuch0"),
    "Invalid mDNS network interface: route ip+net: no such network interface",
  );
  const off = ["-mdns-disable-ipv4", "-mdns-disable-ipv6"];
  assertEquals(
    errorOf("-discover=c", "-mdns-iface=lo", ...off),
    "Invalid mDNS configuration: both IPv4 and IPv6 are disabled",
  );
  assertEquals(load(["-discover=c", ...off]).config.mdnsDisableIpv6, true);
});

Deno.test({
  name: "the permissions that are missing are named, as far as the configuration needs them",
  permissions: { read: true },
  fn() {
    assertEquals(
      errorOf(),
      "Missing Deno permissions: start this command with --allow-net --allow-sys",
    );
    assertEquals(
      errorOf("-event-handler=x", "-snapshot=s"),
      "Missing Deno permissions: start this command with " +
        "--allow-net --allow-sys --allow-write --allow-run --allow-env",
    );
    assertEquals(
      errorOf("-node=n", "-join=dns+a", "-retry-join=exec:b"),
      "Missing Deno permissions: start this command with --allow-net --allow-sys --allow-run",
    );
  },
});

Deno.test({
  name: "files that must not be read are no surprise",
  permissions: "none",
  fn() {
    assertEquals(
      errorOf("-config-file=a.json"),
      "Missing Deno permissions: start this command with --allow-read",
    );
    assertEquals(
      errorOf("-rpc-auth-file=token"),
      "Missing Deno permissions: start this command with --allow-net --allow-sys --allow-read",
    );
    assertEquals(
      errorOf("-join=file:peers"),
      "Missing Deno permissions: start this command with --allow-net --allow-sys --allow-read",
    );
  },
});
