import { assert, assertEquals } from "@std/assert";
import { UserEvent } from "../../lib/api/event.ts";
import { FakeQuery, member } from "../rpc/client/fake_agent.ts";
import { ScriptedAgent } from "./scripted_agent.ts";

const STAMP = "2026/01/02 03:04:05";

Deno.test("monitor prints log lines of its level and above, and ends silently on an interrupt", async () => {
  await using agent = new ScriptedAgent();
  agent.log.write("WARN", "agent: old\nand long");
  agent.log.write("DEBUG", "agent: detail");
  agent.log.write("ERR", "agent: bad");
  const { stdout, stderr, exit } = await agent.run(["monitor", "-log-level=warn"], {
    onLine(line, interrupt) {
      if (line.endsWith("bad")) agent.log.write("WARN", "agent: new");
      if (line.endsWith("new")) interrupt();
    },
  });
  assertEquals(
    stdout,
    `${STAMP} [WARN] agent: old\nand long\n${STAMP} [ERR] agent: bad\n${STAMP} [WARN] agent: new\n`,
  );
  assertEquals([stderr, exit], ["", 0]);
});

Deno.test("monitor prints events field by field", async () => {
  await using agent = new ScriptedAgent();
  const payload = new TextEncoder().encode('q"\t\u00e9');
  agent.log.write("ERR", "agent: ready");
  const { stdout } = await agent.run(["monitor", "-log-level=err"], {
    onLine(line, interrupt) {
      if (line.endsWith("ready")) {
        agent.fake.emit(new UserEvent({ lTime: 200, name: "dup", payload, coalesce: false }));
        agent.fake.emit(new FakeQuery("load"));
        agent.fake.emit({
          type: "member-join",
          members: [member("bravo", { host: "127.0.0.21" })],
        });
      }
      if (line.includes("member-join")) interrupt();
    },
  });
  const event = stdout.split("Event Info:\n").slice(1);
  assertEquals(event[0].split("\n").sort(), [
    "",
    "\tCoalesce: false",
    '\tEvent: "user"',
    "\tLTime: 0xc8",
    '\tName: "dup"',
    "\tPayload: []byte{0x71, 0x22, 0x9, 0xc3, 0xa9}",
  ]);
  assertEquals(event[1].split("\n").sort(), [
    "",
    '\tEvent: "query"',
    "\tID: 1",
    "\tLTime: 1",
    '\tName: "load"',
    "\tPayload: <nil>",
  ]);
  assertEquals(event[2].split("\n").sort(), [
    "",
    '\tEvent: "member-join"',
    '\tMembers: []interface {}{map[interface {}]interface {}{"Addr":[]uint8{0x7f, 0x0, 0x0, 0x15}, ' +
    '"DelegateCur":5, "DelegateMax":5, "DelegateMin":2, "Name":"bravo", "Port":0x1f0a, "ProtocolCur":2, ' +
    '"ProtocolMax":5, "ProtocolMin":1, "Status":"alive", "Tags":map[interface {}]interface {}{}}}',
  ]);
});

Deno.test("on a terminal, monitor prints payloads that are text as text", async () => {
  await using agent = new ScriptedAgent();
  agent.log.write("ERR", "agent: ready");
  const payloads = [new TextEncoder().encode('v2 "é"\x1b'), Uint8Array.of(0xff)];
  const { stdout } = await agent.run(["monitor", "-log-level=err"], {
    isTerminal: true,
    onLine(line, interrupt) {
      if (line.endsWith("ready")) {
        for (const payload of payloads) {
          agent.fake.emit(new UserEvent({ lTime: 1, name: "x", payload, coalesce: false }));
        }
      }
      if (line.includes("0xff")) interrupt();
    },
  });
  assertEquals(stdout.match(/Payload: .*/g), [
    'Payload: "v2 \\"é\\"\\x1b"',
    "Payload: []byte{0xff}",
  ]);
});

Deno.test("monitor prints objects, one a line, and what is no object elsewhere", async () => {
  await using agent = new ScriptedAgent();
  agent.log.write("WARN", "agent: Force leaving node: bravo\nx");
  const payload = new TextEncoder().encode("v2");
  const { stdout, stderr, exit } = await agent.run(["monitor", "-format=json", "-log-level=warn"], {
    onLine(line) {
      if (line.includes("Force leaving")) {
        agent.fake.emit(new UserEvent({ lTime: 3, name: "deploy", payload, coalesce: true }));
      }
      if (line.includes("deploy")) void agent[Symbol.asyncDispose]();
    },
  });
  const [line, { Time, ...event }] = stdout.trimEnd().split("\n").map((text) => JSON.parse(text));
  assertEquals(line, {
    time: "2026-01-02T03:04:05",
    level: "WARN",
    subsystem: "agent",
    message: "Force leaving node: bravo\nx",
    node: "bravo\nx",
  });
  assert(Date.parse(Time) > 0);
  assertEquals(event, {
    Event: "user",
    LTime: 3,
    Name: "deploy",
    Payload: "djI=",
    Coalesce: true,
  });
  assert(stderr.includes("Remote side ended the monitor!"));
  assertEquals(exit, 1);
});

Deno.test("monitor refuses an unknown format", async () => {
  await using agent = new ScriptedAgent();
  assertEquals(await agent.run(["monitor", "-format=xml"]), {
    stdout: 'Encoding error: Invalid output format "xml"\n',
    stderr: "-format is one of text, json, ndjson.\n",
    exit: 1,
  });
});

Deno.test("monitor says when the agent is gone", async () => {
  await using agent = new ScriptedAgent();
  agent.log.write("ERR", "agent: last words");
  const { stdout, exit } = await agent.run(["monitor", "-log-level=ERR"], {
    onLine: (line) => line.endsWith("last words") && void agent[Symbol.asyncDispose](),
  });
  assert(stdout.endsWith(
    "\n\nRemote side ended the monitor! This usually means that the\nremote side has exited or crashed.\n",
  ));
  assertEquals(exit, 1);
});

Deno.test("monitor refuses an unknown level", async () => {
  await using agent = new ScriptedAgent();
  assertEquals(await agent.run(["monitor", "-log-level=foo"]), {
    stdout: "Error starting monitor: Unknown log level: FOO\n",
    stderr: "",
    exit: 1,
  });
});
