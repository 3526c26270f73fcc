/** How agents as processes can be reached by RPC, and by whom. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Agent } from "../support/agent.ts";
import { eachBuildTest } from "../support/our_builds.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";

eachBuildTest("an agent serves RPC on a unix socket, with its token in a file", async (ours) => {
  using directory = new TemporaryDirectory();
  directory.write({ token: "s3cret\n" });
  const [socket, token] = [directory.file("serf.sock"), directory.file("token")];
  Deno.chmodSync(token, 0o644);
  await using agent = await Agent.start(ours, {
    name: "alpha",
    rpcAddress: `unix:${socket}`,
    args: [`-rpc-auth-file=${token}`],
  });
  assertStringIncludes(agent.output, `                       RPC addr: 'unix:${socket}'\n`);
  assertEquals((Deno.statSync(socket).mode ?? 0) & 0o777, 0o600);
  await agent.printed(
    `[WARN] agent: Everybody on this machine can read the RPC auth file ${token}`,
  );
  const { stdout, code } = await agent.cli(ours, "members", `-rpc-auth-file=${token}`);
  assertMatch(stdout, /^alpha /);
  assertEquals(code, 0);
  assertEquals(await agent.cli(ours, "members"), {
    code: 1,
    stdout: "Error retrieving members: Authentication required\n",
    stderr: "",
  });
  agent.signal("SIGINT");
  assertEquals(await agent.exit, 0);
  assertEquals(Array.from(Deno.readDirSync(directory.path), ({ name }) => name), ["token"]);
});
