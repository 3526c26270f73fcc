import { assertEquals } from "@std/assert";
import { LogPrinter } from "../../../lib/agent/log/log_printer.ts";
import { LogHub } from "../../../lib/agent/log/log_hub.ts";

function printerOf(level: "DEBUG" | "INFO") {
  const hub = new LogHub();
  const printed: string[] = [];
  const print = (text: string) => printed.push(text.slice(20));
  return { hub, printed, printer: new LogPrinter(hub, { level, print }) };
}

Deno.test("lines are held back until the log is opened", () => {
  const { hub, printed, printer } = printerOf("INFO");
  hub.log("INFO", "test: a");
  hub.log("ERR", "test: b");
  assertEquals(printed, []);
  printer.open();
  hub.log("WARN", "test: c");
  assertEquals(printed, ["[INFO] test: a", "[ERR] test: b", "[WARN] test: c"]);
});

Deno.test("the level that counts is that of the moment in which a line is written", () => {
  const { hub, printed, printer } = printerOf("INFO");
  hub.log("DEBUG", "test: a");
  printer.level = "DEBUG";
  hub.log("DEBUG", "test: b");
  printer.open();
  printer.level = "ERR";
  hub.log("WARN", "test: c");
  assertEquals(printed, ["[DEBUG] test: b"]);
});

Deno.test("nothing is printed after disposal", () => {
  const { hub, printed, printer } = printerOf("INFO");
  printer.open();
  printer[Symbol.dispose]();
  hub.log("ERR", "test: a");
  assertEquals(printed, []);
});
