import { levelPasses, LOG_LEVELS, parseLogLevel } from "../../../lib/base/log.ts";
import { assert, assertEquals } from "@std/assert";
import { AgentLog } from "../../../lib/agent/log/agent_log.ts";

const clock = () => new Date(2026, 10, 2, 7, 5, 9);

Deno.test("a line begins with the local time and its level", () => {
  const log = new AgentLog(clock);
  log.write("INFO", "agent: Serf agent starting");
  const [{ level, text, time }] = log.lines;
  assertEquals([level, time], ["INFO", clock()]);
  assertEquals(text, "2026/11/02 07:05:09 [INFO] agent: Serf agent starting");
});

Deno.test("one newline at the end is dropped, others stay", () => {
  const log = new AgentLog(clock);
  log.write("WARN", "agent: error joining: 1 error occurred:\n\t* no\n\n");
  assertEquals(
    log.lines[0].text,
    "2026/11/02 07:05:09 [WARN] agent: error joining: 1 error occurred:\n\t* no\n",
  );
});

Deno.test("a text that is given as a function is made once, when it is read", () => {
  const log = new AgentLog(clock);
  let made = 0;
  log.write("DEBUG", () => `agent: made ${++made}`);
  assertEquals(made, 0);
  for (let i = 0; i < 2; i++) {
    assertEquals(log.lines[0].text, "2026/11/02 07:05:09 [DEBUG] agent: made 1");
  }
});

Deno.test("the last 512 lines are kept", () => {
  const log = new AgentLog(clock);
  for (let i = 0; i < 600; i++) log.write("DEBUG", `test: ${i}`);
  assertEquals(log.lines.length, 512);
  assert(log.lines[0].text.endsWith("test: 88"));
  assert(log.lines[511].text.endsWith("test: 599"));
});

Deno.test("subscribers get every line until they are disposed of", () => {
  const log = new AgentLog(clock);
  const seen: string[] = [];
  const listener = ({ text }: { text: string }) => seen.push(text.slice(20));
  const first = log.subscribe(listener);
  {
    using _second = log.subscribe(listener);
    log.write("TRACE", "test: a");
  }
  log.write("ERR", "test: b");
  first[Symbol.dispose]();
  log.write("ERR", "test: c");
  assertEquals(seen, ["[TRACE] test: a", "[TRACE] test: a", "[ERR] test: b"]);
});

Deno.test("a subscriber may end its subscription while it gets a line", () => {
  const log = new AgentLog(clock);
  const seen: string[] = [];
  const subscription = log.subscribe(() => {
    seen.push("first");
    subscription[Symbol.dispose]();
  });
  log.subscribe(() => seen.push("second"));
  log.write("INFO", "test: a");
  log.write("INFO", "test: b");
  assertEquals(seen, ["first", "second", "second"]);
});

Deno.test("levels are ordered and found in any case", () => {
  for (const [i, line] of LOG_LEVELS.entries()) {
    for (const [j, wanted] of LOG_LEVELS.entries()) {
      assertEquals(levelPasses(line, wanted), i >= j, `${line} for ${wanted}`);
    }
  }
  assertEquals(parseLogLevel("warn"), "WARN");
  assertEquals(parseLogLevel("Err"), "ERR");
  assertEquals(parseLogLevel("ERROR"), undefined);
  assertEquals(parseLogLevel(""), undefined);
});

Deno.test("escape sequences are shown, not passed on", () => {
  const log = new AgentLog();
  log.write("INFO", "agent: \x1b[2Jgone\r");
  assertEquals(log.lines[0].text.slice(20), "[INFO] agent: \\x1b[2Jgone\\r");
});
