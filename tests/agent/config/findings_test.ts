import { assertEquals, assertRejects } from "@std/assert";
import { findingsOf, formatFinding } from "../../../lib/agent/config/findings.ts";
import { loadConfig } from "../../../lib/agent/config/load_config.ts";
import { resolveNetworkSettings } from "../../../lib/agent/config/network_settings.ts";
import { StartupError } from "../../../lib/agent/config/startup_error.ts";
import { settingFlags } from "../../../lib/cli/agent/agent_flags.ts";
import { nearest } from "../../../lib/cli/nearest.ts";
import { parseAgentFlags } from "../../../lib/cli/agent/parse_agent_flags.ts";
import { TemporaryDirectory } from "../../support/temporary_directory.ts";

interface Case {
  readonly files: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** What is found wrong with files and flags. */
async function found({ files, args = [] }: Case): Promise<string[]> {
  using directory = new TemporaryDirectory();
  directory.write(files);
  const paths = Object.keys(files).map((name) => `-config-file=${directory.file(name)}`);
  const sources = { ...parseAgentFlags([...paths, ...args]), flags: settingFlags, nearest };
  const error = await assertRejects(
    async () => await resolveNetworkSettings(loadConfig(sources).config),
    StartupError,
  );
  const findings = findingsOf(error, sources);
  return findings.map((finding) => formatFinding(finding)).map((line) =>
    line.replaceAll(`${directory.path}/`, "")
  );
}

Deno.test("types and keys that are wrong are found, in the order of the file", async () => {
  const text = `{
  "node_nam": "x", "start_join": ["a", 2],
  "mdns": {"Interfac": "lo"}, "mdns_interface": "lo",
  "tags": {"ä": 1, "b": 2}, "max_members": -2,
  "protocol": "5", "bogus": {}, "leave_on_terminate": {}, "event_handlers": "x", "rpc_tls": []
}`;
  assertEquals(await found({ files: { "a.json": text } }), [
    'a.json:2:3: node_nam: unknown key; did you mean "node_name"?',
    "a.json:2:40: start_join[1]: expected a text, got 2",
    'a.json:3:12: mdns.Interfac: unknown key; did you mean "interface"?',
    'a.json:3:31: mdns_interface: unknown key; did you mean "mdns.interface"?',
    "a.json:4:17: tags.ä: expected a text, got 1",
    "a.json:4:25: tags.b: expected a text, got 2",
    "a.json:4:44: max_members: expected a whole number, 0 or more, got -2",
    'a.json:5:15: protocol: expected a whole number, got "5"',
    "a.json:5:20: bogus: unknown key",
    "a.json:5:55: leave_on_terminate: expected true or false, got an object",
    'a.json:5:77: event_handlers: expected a list of texts, got "x"',
    "a.json:5:93: rpc_tls: expected an object, got a list",
  ]);
});

Deno.test("every bad duration is found", async () => {
  const text = '{"retry_interval": "5",\n "broadcast_timeout": "zz"}';
  assertEquals(await found({ files: { "a.json": text } }), [
    'a.json:1:20: retry_interval: time: missing unit in duration "5"',
    'a.json:2:23: broadcast_timeout: time: invalid duration "zz"',
  ]);
});

Deno.test("mistakes in the syntax have a place, the end of the file too", async () => {
  const cases = {
    '{\n  "node_name": "ä",\n  "bind": }':
      "a.json:3:11: invalid character '}' looking for beginning of value",
    '{"tags": {"ä": x}}': "a.json:1:16: invalid character 'x' looking for beginning of value",
    '{"a":\n"x': "a.json:2:3: unexpected EOF",
    "": "a.json:1:1: EOF",
    "[1]": "a.json:1:1: expected an object, got a list",
    ["[".repeat(1_000_000)]: "a.json:1:1002: exceeded max depth",
  };
  for (const [text, expected] of Object.entries(cases)) {
    assertEquals(await found({ files: { "a.json": text } }), [expected]);
  }
});

Deno.test("a value that cannot be used is found in the file or the flag that has set it", async () => {
  const files = {
    "a.json": '{"Log_Format": "xml", "profile": "lann",\n"event_handlers": ["x", "z=y"]}',
    "b.json": '{"log_format": "yaml", "log_format": "toml"}',
  };
  const formats = "Valid log formats are: [text json logfmt]";
  assertEquals(await found({ files: { "a.json": files["a.json"] } }), [
    "a.json:2:25: event_handlers: Invalid event script: Event 'z' invoking 'y'",
  ]);
  assertEquals(await found({ files: { "b.json": files["b.json"] } }), [
    `b.json:1:38: log_format: Invalid log format: toml. ${formats}`,
  ]);
  assertEquals(await found({ files: {}, args: ["-log-format=xml"] }), [
    `-log-format: Invalid log format: xml. ${formats}`,
  ]);
  assertEquals(await found({ files: {}, args: ["-event-handler=z=y"] }), [
    "-event-handler: Invalid event script: Event 'z' invoking 'y'",
  ]);
  assertEquals(await found({ files: { "c.json": '{"mdns": {"Interface": "lo"}}' } }), [
    "c.json:1:24: mdns.interface: mDNS interface specified without enabling mDNS discovery",
  ]);
  assertEquals(await found({ files: { "d.json": '{"profile": "lann"}' } }), [
    "d.json:1:13: profile: Unknown profile: lann",
  ]);
});

Deno.test("control characters of keys are escaped", async () => {
  assertEquals(await found({ files: { "a.json": '{"a\\u001bb": 1}' } }), [
    "a.json:1:2: a\\x1bb: unknown key",
  ]);
});
