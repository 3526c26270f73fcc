/** What an agent says to the wrong key, the wrong port and the wrong file. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { Agent } from "../support/agent.ts";
import { type Kind, run } from "../support/program.ts";
import { anySerf } from "../support/serf_versions.ts";

const keys = [1, 2].map((byte) => btoa(String.fromCharCode(...new Array(16).fill(byte))));

/** The other side is Serf's where there is one. */
const other: Kind = anySerf ?? "ours";

Deno.test("an agent with the wrong key, or with none, is refused and told so", async () => {
  await using member = await Agent.start("ours", {
    name: "member",
    args: [`-encrypt=${keys[0]}`],
  });
  for (const args of [[`-encrypt=${keys[1]}`], []]) {
    await using stranger = await Agent.start(other, {
      name: "stranger",
      args,
    });
    const { code, stdout } = await stranger.cli("ours", "join", member.ip);
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
  await using taken = await Agent.start("ours", { name: "taken" });
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
