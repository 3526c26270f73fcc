/** What event handlers see and answer, compared with a recorded run of the reference. */

import { assertEquals } from "@std/assert";
import type { RpcClient } from "../../lib/rpc/client.ts";
import { TemporaryDirectory } from "../host/temporary_directory.ts";
import { Agent, until } from "../interop/agents.ts";

interface Recording {
  readonly name: string;
  readonly argv: readonly string[];
  readonly file: string;
}

const recordings: Recording[] = JSON.parse(
  Deno.readTextFileSync(new URL("../transcripts/event-handlers.json", import.meta.url)),
);

function recorded(name: string): Recording {
  return recordings.find((recording) => recording.name === name)!;
}

/** The recorded agent's address; its handlers wrote it down. */
const IP = "127.0.0.20";

/** The recorded flags, without addresses and without the handlers that only take time. */
function recordedFlags(): string[] {
  return recorded("handler-log").argv.slice(1)
    .filter((flag) => !/^-(node|bind|rpc-addr)=|user:(slow|fork)=/.test(flag));
}

/** The answer of the agent's handlers to a query. */
async function answer(client: RpcClient, name: string, payload: string | null): Promise<string> {
  const records = await client.query(name, payload, { timeoutMs: 2_000 });
  const answers: string[] = [];
  for await (const record of records) {
    if (record.type === "response") answers.push(new TextDecoder().decode(record.payload!));
  }
  return answers.join("|");
}

/** Reads a file of the agent until it has the expected content, and compares it then. */
async function assertFile(path: string, expected: string, order = (text: string) => text) {
  const read = () => {
    try {
      return order(Deno.readTextFileSync(path));
    } catch {
      return "";
    }
  };
  const done = () => Promise.resolve(read().length >= expected.length);
  await until(`${path} is complete`, done, read, 10_000).catch(() => {});
  assertEquals(read().slice(0, expected.length), expected);
}

/** Tags come in no fixed order. */
function sortTags(lines: string): string {
  return lines.replace(/[^\t\n]+$/gm, (tags) => tags.split(",").sort().join(","));
}

Deno.test("handlers get the recorded environment and input, and give the recorded answers", async () => {
  using directory = new TemporaryDirectory();
  await using alpha = await Agent.start("ours", {
    name: "alpha",
    ip: IP,
    cwd: directory.path,
    args: ["-bind=127.0.0.20:27946", ...recordedFlags()],
  });
  await alpha.printed("Received event: member-join");
  await using client = await alpha.rpc();
  const events: [string, string][] = [
    ["deploy", "v1"],
    ["deploy", "with nl\n"],
    ["deploy", ""],
    ["other", "tab\there"],
    ["slow", ""],
    ["noise", ""],
    ["err", ""],
    ["nostdin", "x".repeat(300)],
    ["fork", ""],
    ["notfound", ""],
  ];
  for (const [name, payload] of events) await client.event(name, payload);
  await alpha.printed("Error invoking script 'no_such_command_x': exit status 127");
  assertEquals(await answer(client, "stderr", null), "out\nerr\n");
  assertEquals(await answer(client, "load", "pay"), "both-query\n");

  const { file } = recorded("handler-log");
  const beforeBravo = file.slice(0, file.indexOf("--- member-join", 1));
  await assertFile(directory.file("ev.log"), beforeBravo);

  await using bravo = await Agent.start("ours", {
    name: "bravo node\twith tab",
    ip: "127.0.0.21",
    args: ["-bind=127.0.0.21:27946", "-join=127.0.0.20:27946", "-tag=n=x\ny", "-tag=role=d\tb"],
  });
  await alpha.printed(/EventMemberJoin: bravo[^]*Received event: member-join/);
  bravo.signal("SIGINT");
  await bravo.exit;
  await assertFile(directory.file("ev2.log"), sortTags(recorded("member-stdin").file), sortTags);
});
