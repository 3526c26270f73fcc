import { assertEquals, assertMatch } from "@std/assert";
import { openListener } from "../../lib/rpc/server/listener/open_listener.ts";
import { authority, certificatePath, identity } from "../support/certificates.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";
import { serf } from "./recorded_io.ts";
import { ScriptedAgent } from "./scripted_agent.ts";

const members = /^alpha /;
const failure = "Error connecting to Serf agent:";

Deno.test("the token comes from flag, file or environment, in this order", async () => {
  await using agent = new ScriptedAgent({ authKey: "s3cret" });
  using directory = new TemporaryDirectory();
  directory.write({ right: "s3cret\n", wrong: "nope" });
  const [right, wrong] = [directory.file("right"), directory.file("wrong")];
  for (
    const [flag, env] of [
      ["-rpc-auth=s3cret", { SERF_RPC_AUTH: "nope", SERF_RPC_AUTH_FILE: wrong }],
      [`-rpc-auth-file=${right}`, { SERF_RPC_AUTH: "nope", SERF_RPC_AUTH_FILE: wrong }],
      [undefined, { SERF_RPC_AUTH: "s3cret", SERF_RPC_AUTH_FILE: wrong }],
      [undefined, { SERF_RPC_AUTH_FILE: right }],
    ] as const
  ) {
    const args = flag === undefined ? ["members"] : ["members", flag];
    assertMatch((await agent.run(args, { env })).stdout, members);
  }
});

Deno.test("a token file that cannot be used is named, and nothing is sent without a token", async () => {
  await using agent = new ScriptedAgent();
  using directory = new TemporaryDirectory();
  const path = directory.file("missing");
  const outcome = (reason: string) => ({
    stdout: `${failure} ${reason}\n`,
    stderr: "",
    exit: 1,
  });
  const missing = outcome(
    `Failed to read RPC auth file: open ${path}: no such file or directory`,
  );
  assertEquals(await agent.run(["members", `-rpc-auth-file=${path}`]), missing);
  assertEquals(await agent.run(["members"], { env: { SERF_RPC_AUTH_FILE: path } }), missing);
  assertEquals(
    await serf(["members", "-rpc-auth=s3cret", `-rpc-auth-file=${path}`]),
    outcome("-rpc-auth not allowed while using -rpc-auth-file"),
  );
});

Deno.test("flags or the environment name certificates, and any of them turns TLS on", async () => {
  const tls = { ...identity("agent"), ca: authority };
  const listener = await openListener("127.0.0.1:0", { tls });
  await using agent = new ScriptedAgent({ listener });
  const [ca, cert, key] = ["authority.pem", "client.pem", "client.key"].map(certificatePath);
  const flags = [`-rpc-tls-ca=${ca}`, `-rpc-tls-cert=${cert}`, `-rpc-tls-key=${key}`];
  const env = { SERF_RPC_TLS_CA: ca, SERF_RPC_TLS_CERT: cert, SERF_RPC_TLS_KEY: key };
  assertMatch((await agent.run(["members", ...flags])).stdout, members);
  assertMatch((await agent.run(["members"], { env })).stdout, members);
  const named = { ...env, SERF_RPC_TLS_SERVER_NAME: "agent.example" };
  assertMatch((await agent.run(["members"], { env: named })).stdout, members);
  const { stdout, exit } = await agent.run(
    ["members", "-rpc-tls-server-name=other.example"],
    { env: named },
  );
  assertMatch(stdout, /^Error connecting to Serf agent: tls: Hostname.IP does not match/);
  assertEquals(exit, 1);
  const plain = await agent.run(["members", "-rpc-tls-ca="]);
  assertEquals(plain.stdout, `${failure} client closed\n`);
  assertEquals(
    (await agent.run(["members", `-rpc-tls-cert=${cert}`])).stdout,
    `${failure} tls: the certificate ${cert} needs a key too\n`,
  );
});
