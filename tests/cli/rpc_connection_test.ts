import { assertEquals, assertMatch } from "@std/assert";
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
