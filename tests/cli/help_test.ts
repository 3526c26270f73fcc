import { assert, assertEquals } from "@std/assert";
import { commandTable } from "../../lib/cli/command_table.ts";
import { formatUsage } from "../../lib/cli/usage.ts";
import { serf } from "./recorded_io.ts";

Deno.test("the program's help has a summary of every command", async () => {
  const { stderr } = await serf(["--help"]);
  const lines = stderr.split("\n").slice(3).filter((line) => line !== "");
  const listed = [...commandTable.values()].filter(({ summary }) => summary !== undefined);
  assertEquals(lines.length, listed.length);
  for (const line of lines) assert(/^ {4}\S.{11} {4}[A-Z][^.]+$/.test(line), line);
});

Deno.test("help texts start with the usage, fit the terminal, and end without white space", async () => {
  for (const [name, entry] of commandTable) {
    const { usage } = await entry.load();
    if (usage === undefined) continue;
    const help = formatUsage(usage);
    assert(help.startsWith(`Usage: serf ${name}`), name);
    assertEquals(help, help.trimEnd());
    for (const line of help.split("\n")) assert(line.length <= 80, line);
  }
});

Deno.test("serf help shows what -help does, on standard output", async () => {
  const { stdout, stderr, exit } = await serf(["help", "force-leave"]);
  assertEquals([stdout, stderr, exit], [(await serf(["force-leave", "-help"])).stderr, "", 0]);
  assertEquals((await serf(["help", "version"])).stdout, "Usage: serf version\n");
});

Deno.test("serf help alone is what it is in Serf, and an unknown command is told", async () => {
  const alone = await serf(["help"]);
  assertEquals([alone.stdout, alone.stderr, alone.exit], ["", (await serf([])).stderr, 127]);
  const unknown = await serf(["help", "member"]);
  assertEquals([unknown.stdout, unknown.exit], ["", 127]);
  assert(unknown.stderr.endsWith("Unknown command: member\nDid you mean members?\n"));
});

Deno.test("serf help refuses what it does not take", async () => {
  const mistake = async (...args: string[]) => (await serf(["help", ...args])).stderr;
  assertEquals(await mistake("config", "-format=xml"), "Invalid format: xml\n");
  assertEquals(await mistake("members", "event"), "unexpected argument: event\n");
});
