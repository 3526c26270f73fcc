import { assertEquals } from "@std/assert";
import { keyReferences } from "../../../lib/agent/config/reference.ts";
import { TemporaryDirectory } from "../../support/temporary_directory.ts";
import { serf } from "../../cli/recorded_io.ts";

/** What `-check-config` prints of a configuration file, without the folder's name. */
async function check(
  directory: TemporaryDirectory,
  ...args: string[]
): Promise<{ lines: string[]; exit: number }> {
  const { stdout, exit } = await serf(["agent", "-check-config", ...args]);
  const lines = stdout.trimEnd().replaceAll(`${directory.path}/`, "").split("\n");
  return { lines, exit };
}

Deno.test("all mistakes of a configuration are found at once, in the order of the file", async () => {
  using directory = new TemporaryDirectory();
  const { path } = directory;
  directory.write({
    "a.json": `{
  "bind": "1.2.3.4:x", "advertise": "[::1", "profile": "lann", "interface": "nosuch0",
  "encrypt_key": "AAAA", "keyring_file": "${path}/none/keys", "allow_cidr": ["10.0.0.0/99"],
  "protocol": 9, "user_event_size_limit": 99999, "label": "${"x".repeat(256)}",
  "node_name": "a b", "validate_node_names": true, "tags_file": "${path}/a.json",
  "log_level": "LOUD", "log_format": "xml", "log_file": "${path}/none/log",
  "snapshot_path": "${path}/a.json/x", "tombstone_timeout": "-1s", "retry_interval": "10ms",
  "event_handlers": ["/no/such", "bogus=x", "echo ok"],
  "rpc_addr": "nonsense", "rpc_auth_file": "${path}/token",
  "rpc_tls": {"cert": "${path}/cert", "key": "${path}/key"},
  "http_addr": "0.0.0.0:7380", "statsd_addr": "nonsense", "statsite_addr": "x",
  "enable_syslog": true, "syslog_facility": "LOCAL9",
  "start_join": ["a:99999", "file:${path}/list", "exec:/no/cmd", "[::1", "good:7946", "dns+x"]
}`,
  });
  const { lines, exit } = await check(directory, `-config-file=${directory.file("a.json")}`);
  assertEquals(exit, 1);
  const found = lines.map((line) =>
    line.replace(/^a\.json:(\d+):\d+: (error|warning): ([\w.]+): .*/, "$1 $2 $3")
      .replace(" error ", " ")
  );
  assertEquals(found, [
    ...["2 bind", "2 advertise", "2 profile", "2 interface"],
    ...["3 encrypt_key", "3 keyring_file", "3 allow_cidr"],
    ...["4 protocol", "4 user_event_size_limit", "4 label"],
    ...["5 node_name", "5 tags_file", "6 log_level", "6 log_format", "6 log_file"],
    ...[
      "7 snapshot_path",
      "7 tombstone_timeout",
      "7 warning retry_interval",
      "8 event_handlers",
      "8 event_handlers",
    ],
    ...["9 rpc_addr", "9 rpc_auth_file", "10 rpc_tls.cert"],
    ...["11 http_addr", "11 statsd_addr", "11 statsite_addr", "12 syslog_facility"],
    ...["13 start_join", "13 start_join", "13 start_join", "13 start_join"],
  ]);
});

Deno.test("flags have no line, and a file that cannot be read no column", async () => {
  using directory = new TemporaryDirectory();
  directory.write({ "a.json": '{"node_nam": 1}', "b.json": '{"profile": "wam"}' });
  const files = ["a.json", "none.json", "b.json"].map((name) =>
    `-config-file=${directory.file(name)}`
  );
  const args = [...files, "-log-format=xml", "-tag=x", "-retry-interval=5"];
  assertEquals(await check(directory, ...args), {
    lines: [
      "-tag: error: Invalid tag: 'x'",
      '-retry-interval: error: time: missing unit in duration "5"',
      "error: Error reading 'none.json': open none.json: no such file or directory",
      "-log-format: error: Invalid log format: xml. Valid log formats are: [text json logfmt]",
      'a.json:1:2: error: node_nam: unknown key; did you mean "node_name"?',
      "b.json:1:13: error: profile: Unknown profile: wam",
    ],
    exit: 1,
  });
});

Deno.test("tags and items of lists are found in the file or the flag that has them", async () => {
  using directory = new TemporaryDirectory();
  directory.write({
    "a.json": `{"tags": {"a": "${"x".repeat(600)}"},\n"start_join": ["[::1"]}`,
    "deep.json": "[".repeat(1_000_000),
  });
  const files = ["a.json", "deep.json"].map((name) => `-config-file=${directory.file(name)}`);
  const { lines } = await check(directory, ...files, "-join=[::2", "-profile=x");
  assertEquals(lines, [
    "deep.json:1:1002: error: exceeded max depth",
    "-profile: error: Unknown profile: x",
    "-join: error: address [::2: missing ']' in address",
    "a.json:1:10: error: tags: Encoded length of tags exceeds limit of 512 bytes",
    "a.json:2:16: error: start_join: address [::1: missing ']' in address",
  ]);
});

Deno.test("what is superfluous is a warning, with which an agent starts", async () => {
  using directory = new TemporaryDirectory();
  directory.write({
    "a.json": '{"tags": {"a": "1", "a": "2"},\n"rejoin_after_leave": true} rest',
    "token": "secret",
  });
  Deno.chmodSync(directory.file("token"), 0o644);
  const args = [
    `-config-file=${directory.file("a.json")}`,
    `-rpc-auth-file=${directory.file("token")}`,
  ];
  assertEquals(await check(directory, ...args), {
    lines: [
      "a.json:1:11: warning: a: is ignored, because the same key comes again",
      "a.json:2:23: warning: rejoin_after_leave: 'RejoinAfterLeave' enabled without snapshot file",
      "a.json:2:29: warning: text behind the object is ignored",
      "-rpc-auth-file: warning: Everybody on this machine can read the RPC auth file token",
      "The configuration is valid",
    ],
    exit: 0,
  });
});

Deno.test("nothing is wrong with the defaults of all keys, nor with no configuration", async () => {
  using directory = new TemporaryDirectory();
  const settings: Record<string, unknown> = {};
  for (const { key, default: value } of keyReferences({})) {
    const [first, second] = key.split(".");
    if (second === undefined) settings[first] = value;
    else settings[first] = { ...settings[first] as object, [second]: value };
  }
  directory.write({ "a.json": JSON.stringify(settings) });
  const valid = { lines: ["The configuration is valid"], exit: 0 };
  assertEquals(await check(directory, `-config-file=${directory.file("a.json")}`), valid);
  assertEquals(await check(directory), valid);
});

Deno.test("findings are told as JSON, and another format is refused", async () => {
  const { stdout, exit } = await serf(["agent", "-check-config", "-format=json", "-profile=x"]);
  assertEquals(JSON.parse(stdout), {
    valid: false,
    findings: [{ severity: "error", flag: "profile", problem: "Unknown profile: x" }],
  });
  assertEquals(exit, 1);
  const good = await serf(["agent", "-check-config", "-format=json"]);
  assertEquals([JSON.parse(good.stdout), good.exit], [{ valid: true, findings: [] }, 0]);
  const alone = await serf(["agent", "-format=json"]);
  assertEquals(JSON.parse(alone.stderr).error, "-format is for -check-config");
  const bad = await serf(["agent", "-check-config", "-format=xml"]);
  assertEquals([bad.stderr, bad.exit], ["Invalid format: xml\n", 1]);
});
