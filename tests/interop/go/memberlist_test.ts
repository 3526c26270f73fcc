/** Labels and allowed networks between our agent and a program that uses Go's memberlist 0.7.0. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { Agent } from "../../support/agent.ts";
import { goProgram } from "./go_program.ts";
import { localAddress } from "../../support/local_addresses.ts";

const { path: program, missing } = goProgram("memberlist_joiner");

/** What the program says when it joins an agent of ours, and what the agent's log says. */
async function join(label: string, args: readonly string[], ip = localAddress()) {
  await using agent = await Agent.start("ours", {
    name: "ours",
    args: [...args, "-profile=local", "-log-level=debug"],
  });
  const { stdout } = await new Deno.Command(program, { args: [ip, label, agent.address] }).output();
  const members = Object.keys(await agent.statuses()).sort();
  return { said: new TextDecoder().decode(stdout).trim(), members, log: agent.output };
}

function memberlistTest(name: string, fn: () => Promise<void>): void {
  const suffix = missing === undefined ? "" : ` (skipped: ${missing})`;
  Deno.test({ name: `${name}${suffix}`, ignore: missing !== undefined, fn });
}

memberlistTest("memberlist joins an agent of the same label", async () => {
  const { said, members } = await join("blue", ["-label=blue", "-allow-cidr=127.0.0.0/8"]);
  assertEquals([said, members], ["1 ours go", ["go", "ours"]]);
});

memberlistTest("memberlist does not join an agent of another label", async () => {
  const { said, members, log } = await join("red", ["-label=blue"]);
  assertEquals([said, members], ["0 go", ["ours"]]);
  assertStringIncludes(log, 'discarding stream with unacceptable label "red"');
});

memberlistTest("an agent that skips the check of labels accepts none", async () => {
  const { said, log } = await join("blue", ["-label=blue", "-label-skip-check"]);
  assertEquals(said, "0 go");
  assertStringIncludes(log, "unexpected double stream label header");
});

memberlistTest("a member outside the allowed networks does not become one", async () => {
  const ip = localAddress();
  const { members, log } = await join("", ["-allow-cidr=127.0.0.1/32"], ip);
  assertEquals(members, ["ours"]);
  assertStringIncludes(log, `Blocked alive message: ${ip} is not allowed`);
});
