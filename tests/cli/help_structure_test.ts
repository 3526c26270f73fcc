import { assert, assertEquals } from "@std/assert";
import { commandTable } from "../../lib/cli/command_table.ts";
import { serf } from "./recorded_io.ts";

interface HelpStructure {
  readonly commands: Readonly<Record<string, readonly { readonly name: string }[]>>;
  readonly order_in_program_help: readonly string[];
}

const structure: HelpStructure = JSON.parse(
  Deno.readTextFileSync(new URL("../transcripts/help-structure.json", import.meta.url)),
);

Deno.test("the program's help lists the commands in order, with a summary each", async () => {
  const { stderr } = await serf(["--help"]);
  const lines = stderr.split("\n").slice(3).filter((line) => line !== "");
  assertEquals(lines.map((line) => /^ {4}(\S+)/.exec(line)?.[1]), [
    ...structure.order_in_program_help,
  ]);
  for (const line of lines) assert(/^ {4}\S.{11} {4}[A-Z][^.]+$/.test(line), line);
});

Deno.test("the help of every command lists its flags", async () => {
  const listed = [...commandTable].filter(([, { summary }]) => summary !== undefined);
  assertEquals(Object.keys(structure.commands).sort(), listed.map(([name]) => name).sort());
  for (const [name, flags] of Object.entries(structure.commands)) {
    const { help } = await commandTable.get(name)!.load();
    const shown = Array.from(help.matchAll(/^ {2}-([\w-]+)/gm), (match) => match[1]);
    assertEquals(shown.sort(), flags.map((flag) => flag.name).sort(), name);
  }
});

Deno.test("help texts start with the usage, fit the terminal, and end without white space", async () => {
  for (const [name, entry] of commandTable) {
    if (name === "version") continue;
    const { help } = await entry.load();
    assert(help.startsWith(`Usage: serf ${name}`), name);
    assertEquals(help, help.trimEnd());
    for (const line of help.split("\n")) assert(line.length <= 80, line);
  }
});
