import { levelPasses, LOG_LEVELS, parseLogLevel } from "../../../lib/base/log.ts";
import { assert, assertEquals } from "@std/assert";
import { LogHub } from "../../../lib/agent/log/log_hub.ts";

const clock = () => new Date(2026, 10, 2, 7, 5, 9);

Deno.test("a line is stamped with local time and level, two digits each", () => {
  const hub = new LogHub(clock);
  hub.log("INFO", "agent: Serf agent starting");
  assertEquals(hub.lines, [
    { level: "INFO", text: "2026/11/02 07:05:09 [INFO] agent: Serf agent starting" },
  ]);
});

Deno.test("one newline at the end is dropped, others stay", () => {
  const hub = new LogHub(clock);
  hub.log("WARN", "agent: error joining: 1 error occurred:\n\t* no\n\n");
  assertEquals(
    hub.lines[0].text,
    "2026/11/02 07:05:09 [WARN] agent: error joining: 1 error occurred:\n\t* no\n",
  );
});

Deno.test("the ring keeps the last 512 lines", () => {
  const hub = new LogHub(clock);
  for (let i = 0; i < 600; i++) hub.log("DEBUG", `test: ${i}`);
  assertEquals(hub.lines.length, 512);
  assert(hub.lines[0].text.endsWith("test: 88"));
  assert(hub.lines[511].text.endsWith("test: 599"));
});

Deno.test("sinks get every line until they are disposed of", () => {
  const hub = new LogHub(clock);
  const seen: string[] = [];
  const sink = ({ text }: { text: string }) => seen.push(text.slice(20));
  const first = hub.subscribe(sink);
  {
    using _second = hub.subscribe(sink);
    hub.log("TRACE", "test: a");
  }
  hub.log("ERR", "test: b");
  first[Symbol.dispose]();
  hub.log("ERR", "test: c");
  assertEquals(seen, ["[TRACE] test: a", "[TRACE] test: a", "[ERR] test: b"]);
});

Deno.test("a sink may end its subscription while a line is handed out", () => {
  const hub = new LogHub(clock);
  const seen: string[] = [];
  const subscription = hub.subscribe(() => {
    seen.push("first");
    subscription[Symbol.dispose]();
  });
  hub.subscribe(() => seen.push("second"));
  hub.log("INFO", "test: a");
  hub.log("INFO", "test: b");
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
