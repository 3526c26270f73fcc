import { assert, assertEquals, assertThrows } from "@std/assert";
import { agentFlags, settingFlags } from "../../../lib/cli/agent/agent_flags.ts";
import { parseAgentFlags } from "../../../lib/cli/agent/parse_agent_flags.ts";
import { configOptions, defaultConfig, mergeConfig } from "../../../lib/agent/config/config.ts";
import { StartupError } from "../../../lib/agent/config/startup_error.ts";
import { FlagError } from "../../../lib/go/flags.ts";

function errorOf(...args: string[]): string {
  return assertThrows(() => parseAgentFlags(args), StartupError).message;
}

Deno.test("without flags nothing is set", () => {
  const { layer, configPaths } = parseAgentFlags([]);
  assertEquals(mergeConfig(defaultConfig, layer), defaultConfig);
  assertEquals(configPaths, []);
});

Deno.test("every flag sets its setting", () => {
  const { layer } = parseAgentFlags([
    ...["-node=n", "-role=r", "-tag", "a=b=c", "-tag=x=", "-tags-file=tf", "-bind=b", "-iface=i"],
    ...["-advertise=ad", "-encrypt=k", "-keyring-file=kf", "-log-level=debug", "-rpc-addr=ra"],
    ...["-protocol=4", "-profile=wan", "-join=j1", "-join=j2", "-replay", "-retry-join=rj"],
    ...["-retry-max=0x10", "-retry-interval=1m", "-snapshot=s", "-rejoin", "-event-handler=h"],
    ...["-discover=d", "-syslog", "-broadcast-timeout=7s", "-disable-compression"],
    ...["-handler-linger=8s", "-allow-cidr=10.0.0.0/8", "-allow-cidr=::1/128", "-label=l"],
    ...["-label-skip-check", "-rpc-auth-file=raf", "-rpc-tls-cert=rtc", "-rpc-tls-key=rtk"],
    "-rpc-tls-ca=rta",
    ...["-http-addr=ha", "-http-token-file=ht"],
    ...["-log-format=json", "-log-file=lf", "-log-rotate-bytes=9", "-log-rotate-max-files=3"],
    ...["-mdns-iface=mi", "-mdns-disable-ipv4", "-mdns-disable-ipv6"],
    ...["-record=rd", "-record-bytes=1GB", "-record-payloads=false"],
  ]);
  assertEquals(layer, {
    nodeName: "n",
    role: "r",
    tags: { a: "b=c", x: "" },
    tagsFile: "tf",
    bind: "b",
    interface: "i",
    advertise: "ad",
    encryptKey: "k",
    keyringFile: "kf",
    allowCidr: ["10.0.0.0/8", "::1/128"],
    label: "l",
    labelSkipCheck: true,
    logLevel: "debug",
    rpcAddr: "ra",
    rpcAuthFile: "raf",
    rpcTlsCert: "rtc",
    rpcTlsKey: "rtk",
    rpcTlsCa: "rta",
    httpAddr: "ha",
    logFormat: "json",
    logFile: "lf",
    logRotateBytes: 9,
    logRotateMaxFiles: 3,
    httpTokenFile: "ht",
    protocol: 4,
    profile: "wan",
    startJoin: ["j1", "j2"],
    replayOnJoin: true,
    retryJoin: ["rj"],
    retryMaxAttempts: 16,
    retryIntervalMs: 60_000,
    snapshotPath: "s",
    rejoinAfterLeave: true,
    eventHandlers: ["h"],
    handlerWaitDelayMs: 8_000,
    discover: "d",
    enableSyslog: true,
    broadcastTimeoutMs: 7_000,
    disableCompression: true,
    mdnsInterface: "mi",
    mdnsDisableIpv4: true,
    mdnsDisableIpv6: true,
    record: "rd",
    recordBytes: "1GB",
    recordPayloads: "false",
  });
});

Deno.test("every flag but those for files and checks sets a setting of its kind", () => {
  const fitting = {
    ...{ string: ["string"], bool: ["bool"], int: ["int"], size: ["int"] },
    ...{ duration: ["string"], list: ["list"], tags: ["list"] },
  };
  for (const [setting, flag] of Object.entries(settingFlags)) {
    const { kind } = configOptions[setting as keyof typeof settingFlags];
    assert(fitting[kind].includes(agentFlags[flag].kind), flag);
  }
  const setting = new Set<string>(Object.values(settingFlags));
  const others = Object.keys(agentFlags).filter((flag) => !setting.has(flag));
  assertEquals(others, ["config-file", "config-dir", "check-config", "format"]);
});

Deno.test("files and directories are one list in the order of the command line", () => {
  const args = ["-config-file=a", "-config-dir", "b", "-config-file", "c", "-config-dir=d"];
  assertEquals(parseAgentFlags(args).configPaths, ["a", "b", "c", "d"]);
});

Deno.test("bad tags and durations are refused with Serf's messages", () => {
  assertEquals(errorOf("-tag", "novalue"), "Error: Invalid tag: 'novalue'");
  assertEquals(errorOf("-tag", "=x"), "Error: Invalid tag: '=x'");
  assertEquals(errorOf("-retry-interval=x"), 'Error: time: invalid duration "x"');
  assertEquals(errorOf("-broadcast-timeout=5"), 'Error: time: missing unit in duration "5"');
});

Deno.test("an unknown flag is reported", () => {
  const error = assertThrows(() => parseAgentFlags(["-bogus"]), FlagError);
  assertEquals(error.message, "flag provided but not defined: -bogus");
});

Deno.test("the help lists every flag that Serf has", () => {
  const { commands } = JSON.parse(
    Deno.readTextFileSync(
      new URL("../../transcripts/commands/help-structure.json", import.meta.url),
    ),
  );
  for (const { name } of commands.agent) assert(name in agentFlags, name);
});
