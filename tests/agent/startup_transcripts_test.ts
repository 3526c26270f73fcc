/** Starts that fail, compared with recorded ones of the reference. */

import { assertEquals, assertGreater } from "@std/assert";
import { agentHelp } from "../../lib/agent/agent_flags.ts";
import { runAgent } from "../../lib/agent/run_agent.ts";
import { RecordedIo } from "../cli/recorded_io.ts";
import { TemporaryDirectory } from "../host/temporary_directory.ts";
import { writeFiles } from "./write_files.ts";

interface Run {
  readonly name: string;
  readonly argv?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly signal?: unknown;
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
}

/** Runs that another test covers or that are different for a reason. */
const skipped: Readonly<Record<string, string>> = {
  "bind-bad": "names the resolver",
  "advertise-bad": "names the resolver",
  "bind-bad-port": "words of an older Go",
  "bind-in-use": "needs another agent",
  "rpc-in-use": "needs another agent",
  "retry-join-max": "its lines come in no fixed order",
  "mdns-bad-combo-unknown-flag": "the flag exists now",
  "validate-node-names": "the key exists now",
  "mdns-key": "the key exists now",
  "syslog": "depends on a syslog daemon",
};

/** All runs that end by themselves, each with the files of the runs before it. */
function failingRuns(): Run[] {
  return ["agent-startup", "agent-config"].flatMap((file) => {
    const url = new URL(`../transcripts/${file}.json`, import.meta.url);
    let files = {};
    return (JSON.parse(Deno.readTextFileSync(url)) as Run[])
      .map((run) => ({ ...run, files: files = { ...files, ...run.files } }))
      .filter(({ argv, signal, exit }) => argv && !signal && exit === 1);
  });
}

/** The recorded addresses are not ours alone. */
function toOurAddresses(text: string): string {
  return text.replaceAll("127.0.0.2", "127.0.33.2").replaceAll(":742", ":2742");
}

const PATH_FLAG = /^-(config-file|config-dir|tags-file|keyring-file|snapshot)=/;

const runs = failingRuns();

for (const run of runs.filter(({ name }) => !(name in skipped))) {
  Deno.test(`a recorded start fails in the same way: ${run.name}`, async () => {
    using directory = new TemporaryDirectory();
    const files = Object.entries(run.files ?? {});
    writeFiles(
      directory,
      Object.fromEntries(files.map(([name, text]) => [name, toOurAddresses(text)])),
    );
    const args = run.argv!.slice(1).map(toOurAddresses)
      .map((arg) => arg.replace(PATH_FLAG, (flag) => flag + directory.file("")));
    const io = new RecordedIo({});
    const exit = await runAgent(args, io);
    const stdout = new TextDecoder().decode(io.stdoutBytes).replaceAll(directory.file(""), "");
    assertEquals(stdout, toOurAddresses(run.stdout.replace("{{HELP agent}}", agentHelp)));
    assertEquals([io.stderr, exit], [run.stderr, run.exit]);
  });
}

Deno.test("the transcripts are there, and so is every run that is skipped", () => {
  assertGreater(runs.length, 40);
  const names = runs.map(({ name }) => name);
  assertEquals(Object.keys(skipped).filter((name) => !names.includes(name)), []);
});
