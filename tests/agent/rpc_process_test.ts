/** How agents as processes can be reached by RPC, and by whom. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Agent } from "../support/agent.ts";
import { certificatePath } from "../support/certificates.ts";
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
    stderr:
      "The agent wants its token: -rpc-auth, -rpc-auth-file, SERF_RPC_AUTH or SERF_RPC_AUTH_FILE.\n",
  });
  agent.signal("SIGINT");
  assertEquals(await agent.exit, 0);
  assertEquals(Array.from(Deno.readDirSync(directory.path), ({ name }) => name), ["token"]);
});

eachBuildTest("an agent serves RPC over TLS to clients that have certificates", async (ours) => {
  const [cert, key, ca] = ["agent.pem", "agent.key", "authority.pem"].map(certificatePath);
  await using agent = await Agent.start(ours, {
    name: "alpha",
    args: [`-rpc-tls-cert=${cert}`, `-rpc-tls-key=${key}`, `-rpc-tls-ca=${ca}`],
  });
  assertStringIncludes(
    agent.output,
    `RPC addr: '${agent.rpcAddress}' (TLS, clients need certificates)\n`,
  );
  const flags = [`-rpc-tls-ca=${ca}`, "-rpc-tls-server-name=agent.example"];
  const [own, ownKey] = ["client.pem", "client.key"].map(certificatePath);
  const identified = [...flags, `-rpc-tls-cert=${own}`, `-rpc-tls-key=${ownKey}`];
  const { stdout, code } = await agent.cli(ours, "members", ...identified);
  assertMatch(stdout, /^alpha /);
  assertEquals(code, 0);
  const refused = await agent.cli(ours, "members", ...flags);
  assertMatch(refused.stdout, /^Error connecting to Serf agent: tls: /);
  assertEquals(refused.code, 1);
  agent.signal("SIGINT");
  assertEquals(await agent.exit, 0);
});
