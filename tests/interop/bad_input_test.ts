/** What an agent says to the wrong key, the wrong port and the wrong file. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { Agent } from "../support/agent.ts";
import { type Kind, referenceMissing, run } from "../support/program.ts";

const keys = [1, 2].map((byte) => btoa(String.fromCharCode(...new Array(16).fill(byte))));

/** The other side is the reference's where there is one. */
const other: Kind = referenceMissing === undefined ? "reference" : "ours";

Deno.test("an agent with the wrong key, or with none, is refused and told so", async () => {
  await using member = await Agent.start("ours", {
    name: "member",
    ip: "127.0.66.1",
    args: [`-encrypt=${keys[0]}`],
  });
  for (const [i, args] of [[`-encrypt=${keys[1]}`], []].entries()) {
    await using stranger = await Agent.start(other, {
      name: "stranger",
      ip: `127.0.66.${2 + i}`,
      args,
    });
    const { code, stdout } = await stranger.cli("ours", "join", "127.0.66.1");
    assertEquals(code, 1);
    assertStringIncludes(stdout, "Error joining the cluster: 1 error occurred:");
    assertEquals(await member.statuses(), { member: "alive" });
    assertEquals(await stranger.statuses(), { stranger: "alive" });
  }
  assertStringIncludes(member.output, "no installed keys could decrypt the message");
  assertStringIncludes(
    member.output,
    "encryption is configured but remote state is not encrypted",
  );
});

Deno.test("a taken port and a missing file are named", async () => {
  await using taken = await Agent.start("ours", { name: "taken", ip: "127.0.66.5" });
  const again = await run("ours", ["agent", "-node=again", `-bind=${taken.address}`]);
  assertEquals(again.code, 1);
  assertStringIncludes(again.stdout, `listen tcp ${taken.address}: bind: address already in use`);
  const missing = await run("ours", ["agent", "-config-file=/nonexistent.json"]);
  assertEquals(missing, {
    code: 1,
    stdout: "==> Error reading '/nonexistent.json': open /nonexistent.json: " +
      "no such file or directory\n",
    stderr: "",
  });
});
