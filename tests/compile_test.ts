/**
 * The content of the executable that `deno task compile` builds. The running Deno stands in for the runtime, which would
 * have to be downloaded.
 */

import { Buffer } from "node:buffer";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { bundleFolder } from "./support/our_builds.ts";
import { agentPermissions } from "./support/program.ts";

const root = new URL("../", import.meta.url);

interface Metadata {
  readonly permissions: Readonly<Record<string, unknown>>;
  readonly unstable_config: { readonly features: readonly string[] };
  readonly entrypoint_key: string;
}

/** Runs the task with a temporary bundle and output file, and returns its content. */
async function compile(): Promise<Uint8Array> {
  const directory = await Deno.makeTempDir();
  try {
    const task =
      JSON.parse(await Deno.readTextFile(new URL("deno.json", root))).tasks.compile.command;
    const output = `${directory}/serf`;
    const [program, ...args] = task.replace("$COMPILE_FLAGS ", "").replace("dist/serf", output)
      .replaceAll("dist/bundle", bundleFolder()).split(" ");
    assertEquals(program, "deno");
    const result = await new Deno.Command(Deno.execPath(), {
      args,
      cwd: root,
      env: { DENORT_BIN: Deno.execPath(), NO_COLOR: "1" },
    }).output();
    assert(result.success, new TextDecoder().decode(result.stderr));
    return await Deno.readFile(output);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Finds the JSON that `deno compile` embeds; it begins with the program's arguments. */
function readMetadata(executable: Uint8Array): Metadata {
  const start = Buffer.from(executable.buffer).lastIndexOf('{"argv":[');
  assert(start >= 0, "The executable embeds no metadata");
  let depth = 0;
  for (let end = start; end < executable.length; end++) {
    if (executable[end] === 0x7b) depth++;
    if (executable[end] === 0x7d && --depth === 0) {
      return JSON.parse(new TextDecoder().decode(executable.subarray(start, end + 1)));
    }
  }
  throw new Error("No metadata found in the executable");
}

Deno.test("the executable contains the whole bundle, its permissions and the unstable flag", async () => {
  const executable = await compile();
  // What stands behind the runtime, which would take long to search.
  const embedded = Buffer.from(executable.buffer, Deno.statSync(Deno.execPath()).size);
  for (const { name } of Deno.readDirSync(bundleFolder())) {
    const script = Deno.readTextFileSync(`${bundleFolder()}/${name}`);
    assert(embedded.includes(script), `${name} is not embedded`);
  }
  const metadata = readMetadata(executable);
  assertEquals(metadata.entrypoint_key, "main.js");
  assertEquals(metadata.unstable_config.features, ["net"]);
  const { allow_net, allow_env, allow_read, allow_write, allow_run, allow_sys, allow_ffi, prompt } =
    metadata.permissions;
  assertEquals([allow_net, allow_env, allow_read, allow_write, allow_run], [[], [], [], [], []]);
  assertEquals(allow_sys, ["hostname", "networkInterfaces"]);
  assertEquals(allow_ffi, null);
  assertEquals(prompt, false);
  // With these the agents of all tests run: unix sockets, TLS and token files need no others.
  const task = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root))).tasks.compile.command;
  assertStringIncludes(task, ` ${agentPermissions.join(" ")} `);
});
