import { assertEquals } from "@std/assert";
import { LogPrinter } from "../../../lib/agent/log/log_printer.ts";
import { AgentLog } from "../../../lib/agent/log/agent_log.ts";

function printerOf(level: "DEBUG" | "INFO") {
  const log = new AgentLog();
  const printed: string[] = [];
  const print = (text: string) => printed.push(text.slice(20));
  return { log, printed, printer: new LogPrinter(log, { level, print }) };
}

Deno.test("lines are held back until the log is opened", () => {
  const { log, printed, printer } = printerOf("INFO");
  log.write("INFO", "test: a");
  log.write("ERR", "test: b");
  assertEquals(printed, []);
  printer.open();
  log.write("WARN", "test: c");
  assertEquals(printed, ["[INFO] test: a", "[ERR] test: b", "[WARN] test: c"]);
});

Deno.test("a line is compared with the level at the time when it is written", () => {
  const { log, printed, printer } = printerOf("INFO");
  log.write("DEBUG", "test: a");
  printer.level = "DEBUG";
  log.write("DEBUG", "test: b");
  printer.open();
  printer.level = "ERR";
  log.write("WARN", "test: c");
  assertEquals(printed, ["[DEBUG] test: b"]);
});

Deno.test("nothing is printed after disposal", () => {
  const { log, printed, printer } = printerOf("INFO");
  printer.open();
  printer[Symbol.dispose]();
  log.write("ERR", "test: a");
  assertEquals(printed, []);
});
