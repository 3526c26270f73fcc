import { assertEquals } from "@std/assert";
import { formatRecord, logFormats, parseLogLine } from "../../../lib/agent/log/structured_log.ts";

const STAMP = "2026/11/22 07:51:02";

/** Subsystem, message and fields of a text. */
function parsed(text: string) {
  const { subsystem, message, fields } = parseLogLine(`${STAMP} [INFO] ${text}`);
  return { subsystem, message, fields };
}

Deno.test("a line is taken apart", () => {
  assertEquals(parseLogLine(`${STAMP} [WARN] agent.ipc: Client sending commands before auth`), {
    time: "2026-11-22T07:51:02",
    level: "WARN",
    subsystem: "agent.ipc",
    message: "Client sending commands before auth",
    fields: {},
  });
  const time = new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
  assertEquals(parseLogLine(`${STAMP} [ERR] x`, time).time, "2026-01-02T03:04:05.678Z");
});

Deno.test("a byte that is not UTF-8 is U+FFFD in JSON, which many parsers refuse otherwise", () => {
  const record = parseLogLine(`${STAMP} [INFO] serf: EventMemberUpdate: caf\udce9`);
  assertEquals(JSON.parse(formatRecord(record, "json")).node, "caf\ufffd");
});

Deno.test("a line of another form is a message", () => {
  const { level, subsystem, message } = parseLogLine("Something: else\n[INFO] x");
  assertEquals([level, subsystem, message], ["INFO", "", "Something: else\n[INFO] x"]);
  assertEquals(parseLogLine(`${STAMP} [FATAL] x`).message, `${STAMP} [FATAL] x`);
});

Deno.test("the fields are what the texts of Serf say", () => {
  const fieldsOf = (text: string) => parsed(text).fields;
  const cases: [string, Record<string, string | number>][] = [
    ["serf: EventMemberJoin: web 1 127.0.0.1", { node: "web 1", address: "127.0.0.1" }],
    ["serf: EventMemberReap (forced): a fe80::1", { node: "a", address: "fe80::1" }],
    ["serf: EventMemberUpdate: bravo", { node: "bravo" }],
    ["memberlist: Suspect bravo has failed, no acks received", { node: "bravo" }],
    [
      "memberlist: Marking bravo as failed, suspect timeout reached (2 peer confirmations)",
      { node: "bravo", confirmations: 2 },
    ],
    ["memberlist: Refuting a suspect message (from: charlie)", { from: "charlie" }],
    [
      "memberlist: Initiating push/pull sync with: bravo 127.0.0.2:7946",
      { node: "bravo", address: "127.0.0.2:7946" },
    ],
    ["memberlist: Initiating push/pull sync with:  [::1]:7946", { address: "[::1]:7946" }],
    ["memberlist: Stream connection from=127.0.0.1:4000", { address: "127.0.0.1:4000" }],
    ["memberlist: Failed UDP ping: bravo (timeout reached)", {
      node: "bravo",
      error: "timeout reached",
    }],
    ["agent: Received event: member-failed", { event: "member-failed" }],
    ["agent: Received event: user-event: deploy", { event: "user-event", name: "deploy" }],
    ["agent: joining: [127.0.0.2] replay: false", { address: "127.0.0.2" }],
    ["agent: joined: 2 nodes", { count: 2 }],
    ["agent.ipc: Accepted client: 127.0.0.1:4000", { address: "127.0.0.1:4000" }],
    ["serf: Event queue depth: 200", { queue: "Event", depth: 200 }],
    ["agent: Serf agent starting", {}],
  ];
  for (const [text, fields] of cases) assertEquals(fieldsOf(text), fields, text);
});

Deno.test("JSON and logfmt are one line each, whatever the text", () => {
  const { line, text } = logFormats("json");
  const time = new Date(Date.UTC(2026, 0, 2));
  const written = line({ level: "INFO", text: `${STAMP} [INFO] agent: a "b"\n\tc`, time });
  assertEquals(
    written,
    '{"time":"2026-01-02T00:00:00.000Z","level":"INFO","subsystem":"agent",' +
      '"message":"a \\"b\\"\\n\\tc"}',
  );
  assertEquals(JSON.parse(text("ERR", "agent: no")).level, "ERR");
  const record = parseLogLine(`${STAMP} [INFO] serf: EventMemberJoin: a=b\n 127.0.0.1`);
  assertEquals(
    formatRecord(record, "logfmt"),
    "time=2026-11-22T07:51:02 level=INFO subsystem=serf " +
      'message="EventMemberJoin: a=b\\n 127.0.0.1"',
  );
  const plain = parseLogLine(`${STAMP} [INFO] serf: EventMemberJoin: a 127.0.0.1`);
  assertEquals(
    formatRecord(plain, "logfmt"),
    'time=2026-11-22T07:51:02 level=INFO subsystem=serf message="EventMemberJoin: a 127.0.0.1" ' +
      "node=a address=127.0.0.1",
  );
  assertEquals(formatRecord(parseLogLine(""), "logfmt").endsWith('subsystem="" message=""'), true);
});
