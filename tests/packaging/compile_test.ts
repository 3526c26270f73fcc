/**
 * The content of the executable that `deno task compile` builds. The running Deno stands in for the runtime, which would
 * have to be downloaded.
 */

import { Buffer } from "node:buffer";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { compile, RUN_FLAGS } from "../../lib/packaging/compile.ts";
import { localAddress } from "../support/local_addresses.ts";
import { bundleFolder } from "../support/our_builds.ts";
import { agentPermissions } from "../support/program.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";

interface Metadata {
  readonly permissions: Readonly<Record<string, unknown>>;
  readonly unstable_config: { readonly features: readonly string[] };
  readonly entrypoint_key: string;
  readonly v8_flags: readonly string[];
}

/** Compiles the bundle, and returns the executable's content. */
async function compiled(): Promise<Uint8Array> {
  using directory = new TemporaryDirectory();
  const output = directory.file("serf");
  await compile(output, { bundle: bundleFolder(), env: { DENORT_BIN: Deno.execPath() } });
  return await Deno.readFile(output);
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
  const executable = await compiled();
  // What stands behind the runtime, which would take long to search.
  const embedded = Buffer.from(executable.buffer, Deno.statSync(Deno.execPath()).size);
  for (const { name } of Deno.readDirSync(bundleFolder())) {
    const script = Deno.readTextFileSync(`${bundleFolder()}/${name}`);
    assert(embedded.includes(script), `${name} is not embedded`);
  }
  const metadata = readMetadata(executable);
  assertEquals(metadata.entrypoint_key, "main.js");
  assertEquals(metadata.unstable_config.features, ["net"]);
  for (
    const flag of [
      "--min-semi-space-size=2",
      "--max-semi-space-size=2",
      "--no-use-osr",
      "--invocation-count-for-feedback-allocation=30",
      "--invocation-count-for-maglev=1500",
      "--invocation-count-for-turbofan=30000",
    ]
  ) {
    assertEquals(metadata.v8_flags.includes(flag), true, flag);
  }
  const { allow_net, allow_env, allow_read, allow_write, allow_run, allow_sys, allow_ffi, prompt } =
    metadata.permissions;
  assertEquals([allow_net, allow_env, allow_read, allow_write, allow_run], [[], [], [], [], []]);
  assertEquals(allow_sys, ["hostname", "networkInterfaces"]);
  assertEquals(allow_ffi, null);
  assertEquals(prompt, false);
  // With these the agents of all tests run: unix sockets, TLS and token files need no others.
  assertStringIncludes(RUN_FLAGS.join(" "), agentPermissions.join(" "));
});

Deno.test("without a network it says what to do instead", async () => {
  using directory = new TemporaryDirectory();
  // Nobody listens at the address of the proxy, and nothing was downloaded before.
  const env = { DENO_DIR: directory.path, HTTPS_PROXY: `http://${localAddress()}:1` };
  const error = await assertRejects(
    () => compile(directory.file("serf"), { bundle: bundleFolder(), env }),
    Error,
  );
  assertMatch(error.message, /could not download Deno's runtime.*:\n {2}https:\S+denort\S+\.zip\n/);
  assertStringIncludes(error.message, `--allow-run ${bundleFolder()}/main.js agent\n`);
});

Deno.test("other failures are shown as they are", async () => {
  using directory = new TemporaryDirectory();
  await assertRejects(
    () => compile(directory.file("serf"), { bundle: directory.file("nothing") }),
    Error,
    "Cannot compile: error: ",
  );
});
