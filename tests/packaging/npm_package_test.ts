/** The package for npm, installed from its tarball into an empty folder. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { packForNpm } from "../../lib/packaging/npm_package.ts";
import { findRuntimes } from "../runtimes/runtimes.ts";
import { VERSION } from "../../lib/cli/version.ts";
import { hasProgram } from "../support/has_program.ts";
import { localAddress } from "../support/local_addresses.ts";
import { bundleFolder } from "../support/our_builds.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";
import { until } from "../support/until.ts";

const missing = hasProgram("npm") ? undefined : "there is no npm here";

Deno.test({
  name: `the package for npm runs an agent, and has the library${
    missing === undefined ? "" : ` (skipped: ${missing})`
  }`,
  ignore: missing !== undefined,
  async fn() {
    using directory = new TemporaryDirectory();
    const tarball = await packForNpm(directory.path, { bundle: bundleFolder() });
    assertEquals(tarball, directory.file(`serf-deno-serf-${VERSION}.tgz`));
    const app = directory.file("app");
    Deno.mkdirSync(app);
    const npm = async (program: string, ...args: string[]) => {
      const { code, stdout, stderr } = await new Deno.Command(program, {
        args,
        cwd: app,
        env: { NO_COLOR: "1" },
        stdin: "null",
      }).output();
      const decoder = new TextDecoder();
      return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
    };
    const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--silent"];
    const { code, stderr } = await npm("npm", "install", ...flags, tarball);
    assertEquals([code, stderr], [0, ""]);
    assertStringIncludes(
      (await npm("npx", "serf", "version")).stdout,
      `${VERSION}\nAgent Protocol: 5 `,
    );

    const script = `${app}/node_modules/@serf-deno/serf/serf.cjs`;
    // From this version on, Deno takes the place of Node.
    const newer = findRuntimes().find(({ name }) => name === "Node");
    const nodes = ["node", ...newer?.missing === undefined ? [newer!.program] : []];
    const programs = await Promise.all(nodes.map((node) => runAgent(node, script)));
    if (Deno.build.os === "linux") assertEquals(programs[1] ?? "deno", "deno");

    Deno.writeTextFileSync(`${app}/program.ts`, libraryProgram);
    const checkFlags = ["--quiet", "--node-modules-dir=manual", "--no-lock"];
    const checked = await npm(Deno.execPath(), "check", ...checkFlags, "program.ts");
    assertEquals([checked.code, checked.stderr], [0, ""]);
    if (newer?.missing === undefined) {
      const { stdout } = await npm(newer!.program, "program.ts", `${localAddress()}:17946`);
      assertEquals(stdout, "library alive function\n");
    }
  },
});

/** Uses all entry points of the library, for Node and for what checks types. */
const libraryProgram = `
import { type Member, Serf } from "@serf-deno/serf";
import { RpcClient } from "@serf-deno/serf/client";
import { simulate } from "@serf-deno/serf/sim";

const serf = await Serf.create({ name: "library", bind: process.argv[2], profile: "local" });
const [self]: readonly Member[] = serf.members();
const cluster = simulate({ nodes: 3, join: "formed", seed: 1 });
cluster.run({ seconds: 1 });
const status = cluster.node(0).status("n1");
// @ts-expect-error: a name is no number
self.name satisfies number;
// @ts-expect-error: a status is a text
status satisfies number;
// @ts-expect-error: a client is no number
RpcClient.connect satisfies () => Promise<number>;
console.log(self.name, status, typeof RpcClient.connect);
await serf.shutdown();
`;

/** Starts an agent, lets it leave, and returns which program it was in the end. */
async function runAgent(node: string, script: string): Promise<string> {
  const ip = localAddress();
  const rpc = `-rpc-addr=${ip}:17373`;
  const agent = new Deno.Command(node, {
    args: [script, "agent", "-node=packed", `-bind=${ip}:17946`, rpc],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const list = async () => {
    const command = new Deno.Command(node, { args: [script, "members", rpc], stdin: "null" });
    const { code, stdout } = await command.output();
    return { code, stdout: new TextDecoder().decode(stdout) };
  };
  try {
    await until(async () => (await list()).code === 0, { what: `the agent of ${node} answers` });
    assertMatch((await list()).stdout, /^packed +\S+:17946 +alive/);
    const program = await programOf(agent.pid);
    agent.kill("SIGINT");
    assertEquals((await agent.status).code, 0);
    assertEquals((await list()).code, 1);
    return program;
  } finally {
    try {
      agent.kill("SIGTERM");
    } catch {
      // It has left.
    }
    await agent.status;
  }
}

/** The name of the program that a process runs; empty where that cannot be read. */
async function programOf(pid: number): Promise<string> {
  const path = await Deno.readLink(`/proc/${pid}/exe`).catch(() => "");
  return path.slice(path.lastIndexOf("/") + 1);
}
