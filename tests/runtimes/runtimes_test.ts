/** The library on Deno, Node and Bun: the tests in `portable`, with agents that all of them call. */

import { assertEquals } from "@std/assert";
import { Agent } from "../support/agent.ts";
import { authority, certificatePath, identity } from "../support/certificates.ts";
import { SERF_VERSIONS, serfPrograms } from "../support/serf_versions.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";
import type { AgentToCall } from "./portable/client.ts";
import type { AgentToJoin } from "./portable/cluster.ts";
import { findRuntimes, type Runtime } from "./runtimes.ts";

const root = new URL("../../", import.meta.url);

/** The versions of Serf that are here. */
const versions = SERF_VERSIONS.filter((version) => serfPrograms.has(version));

/** Bundles the tests for Node and Bun as `deno task bundle` does the program. */
async function bundleTests(folder: TemporaryDirectory): Promise<string> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--platform", "browser", "--external", "node:*"],
      ...["--code-splitting", "--outdir", folder.path, "tests/runtimes/portable/main.ts"],
    ],
    cwd: root,
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  folder.write({ "package.json": `{ "type": "module" }` });
  return folder.file("main.js");
}

/** Starts agents of Serf whose clusters are joined. */
function startPeers(running: AsyncDisposableStack): Promise<readonly AgentToJoin[]> {
  const encryptKey = btoa("fedcba9876543210");
  return Promise.all(versions.map(async (what) => {
    const settings = { name: "peer", args: [`-encrypt=${encryptKey}`] };
    const { address } = running.use(await Agent.start(what, settings));
    return { what, address, encryptKey };
  }));
}

/** Starts agents that differ in how they are called. */
function startAgents(folder: TemporaryDirectory, running: AsyncDisposableStack) {
  const flag = (name: string, file: string) => `-rpc-tls-${name}=${certificatePath(file)}`;
  const tls = [flag("cert", "agent.pem"), flag("key", "agent.key"), flag("ca", "authority.pem")];
  folder.write({ token: "secret" });
  const unix = `unix:${folder.file("serf.sock")}`;
  const start = async (
    what: string,
    { kind = "ours", args = [], rpcAddress, options = {} }: {
      readonly kind?: Parameters<typeof Agent.start>[0];
      readonly args?: readonly string[];
      readonly rpcAddress?: string;
      readonly options?: AgentToCall["options"];
    },
  ): Promise<AgentToCall> => {
    const settings = { name: "agent", args: ["-tag=role=test", ...args], rpcAddress };
    const agent = running.use(await Agent.start(kind, settings));
    return { what, options: { address: agent.rpcAddress, ...options } };
  };
  return Promise.all([
    start("an agent with a token", {
      args: [`-rpc-auth-file=${folder.file("token")}`],
      options: { authKey: "secret" },
    }),
    start("an agent at a unix socket", { rpcAddress: unix }),
    start("an agent over TLS", {
      args: tls,
      options: { tls: { ca: authority, ...identity("client"), serverName: "agent.example" } },
    }),
    ...versions.map((kind) => start(kind, { kind })),
  ]);
}

/** Runs the tests; throws with what they print unless they pass. */
async function run(
  { name, program, testArgs }: Runtime,
  { script, env }: { readonly script: string; readonly env: Readonly<Record<string, string>> },
): Promise<void> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...testArgs, script],
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  const [printed, complaints] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assertEquals(code, 0, `${name}:\n${printed}\n${complaints}`);
}

Deno.test("the library does the same on Deno, Node and Bun", async (t) => {
  using folder = new TemporaryDirectory();
  await using running = new AsyncDisposableStack();
  const [script, agents, peers] = await Promise.all([
    bundleTests(folder),
    startAgents(folder, running),
    startPeers(running),
  ]);
  const env = { SERF_TEST_AGENTS: JSON.stringify(agents), SERF_TEST_PEERS: JSON.stringify(peers) };
  const steps = findRuntimes().map((runtime) => {
    const { name, missing } = runtime;
    return t.step({
      name: missing === undefined ? name : `${name}, skipped: ${missing}`,
      ignore: missing !== undefined,
      fn: () => run(runtime, { script, env }),
      // They run side by side.
      ...{ sanitizeOps: false, sanitizeResources: false, sanitizeExit: false },
    });
  });
  await Promise.all(steps);
});
