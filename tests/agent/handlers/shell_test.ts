import { assertEquals } from "@std/assert";
import { shellCommand } from "../../../lib/agent/handlers/shell.ts";

Deno.test("scripts run with the shell that Serf uses on each system", () => {
  assertEquals(shellCommand('echo "$A"', "linux"), {
    program: "/bin/sh",
    args: ["-c", 'echo "$A"'],
    windowsRawArguments: false,
  });
  assertEquals(shellCommand('echo "%A%"', "windows"), {
    program: "cmd",
    args: ["/d", "/s", "/c", '"echo "%A%""'],
    windowsRawArguments: true,
  });
});
