import { assertEquals, assertStringIncludes } from "@std/assert";
import { keyReferences } from "../../../lib/agent/config/reference.ts";
import { commandTable } from "../../../lib/cli/command_table.ts";
import { describedCommands } from "../../../lib/cli/docs/described_commands.ts";
import { hasProgram } from "../../support/has_program.ts";
import { TemporaryDirectory } from "../../support/temporary_directory.ts";
import { serf } from "../recorded_io.ts";

const escaped = (text: string) => text.replaceAll("-", "\\-");

Deno.test("the manual has every command, flag and configuration key", async () => {
  const { stdout, exit } = await serf(["man"]);
  assertEquals(exit, 0);
  for (const { name, usage } of await describedCommands(commandTable)) {
    const [, section = ""] = stdout.split(`\n.SS "serf ${escaped(name)}"\n`);
    for (const flag of Object.keys(usage.flags)) {
      assertStringIncludes(section.split("\n.S")[0], ` \\-${escaped(flag)}`);
    }
  }
  for (const { key } of keyReferences({})) assertStringIncludes(stdout, `\n.BR "${key}"`);
});

/** What a program says of the manual page, on both streams. */
async function checked(program: string, args: readonly string[]): Promise<string> {
  using directory = new TemporaryDirectory();
  directory.write({ "serf.1": (await serf(["man"])).stdout });
  const { stdout, stderr } = await new Deno.Command(program, {
    args: [...args, directory.file("serf.1")],
  }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

const noMandoc = hasProgram("mandoc") ? "" : " (skipped: mandoc is not installed)";

Deno.test({
  name: `mandoc finds nothing in the manual but that it has no date${noMandoc}`,
  ignore: noMandoc !== "",
  async fn() {
    const findings = (await checked("mandoc", ["-T", "lint", "-W", "style"])).trimEnd().split("\n");
    assertEquals(findings.map((line) => line.replace(/^.*serf\.1:/, "")), [
      '1:12: WARNING: missing date, using "": TH',
    ]);
  },
});

const noGroff = hasProgram("groff") ? "" : " (skipped: groff is not installed)";

Deno.test({
  name: `groff warns of nothing in the manual${noGroff}`,
  ignore: noGroff !== "",
  async fn() {
    assertEquals(await checked("groff", ["-man", "-ww", "-Tutf8", "-z"]), "");
  },
});
