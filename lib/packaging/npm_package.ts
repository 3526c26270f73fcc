/**
 * Makes a package for npm: `deno task package:npm`. Its program, `serf`, runs the bundle with the Deno of the npm package
 * `deno`, so that a machine that reaches npm needs nothing else. The library in it is for Node and Bun.
 *
 * @module
 */

import { RUN_FLAGS } from "./compile.ts";
import { packLibrary } from "./npm_library.ts";

const root = new URL("../../", import.meta.url);

/** What the package is made of. */
export interface NpmPackageOptions {
  /** The folder of the bundle. */
  readonly bundle: string;
}

/** Makes the package in a folder, and returns the path of its tarball. Throws an `Error` if npm cannot pack it. */
export async function packForNpm(
  folder: string,
  { bundle }: NpmPackageOptions,
): Promise<string> {
  const content = `${folder}/package`;
  await Deno.remove(content, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  const library = await packLibrary(folder);
  await Deno.mkdir(`${content}/bundle`);
  for (const { name: script } of Deno.readDirSync(bundle)) {
    await Deno.copyFile(`${bundle}/${script}`, `${content}/bundle/${script}`);
  }
  await Deno.writeTextFile(`${content}/CHANGELOG.md`, await readRoot("CHANGELOG.md"));
  await Deno.writeTextFile(`${content}/serf.cjs`, launcher);
  const manifest = {
    ...library,
    description: "Serf for Deno: membership, failure detection, events and queries",
    bin: { serf: "serf.cjs" },
    engines: { node: ">=18" },
    dependencies: { ...library.dependencies, deno: denoRange(await readRoot(".ci/run")) },
  };
  await Deno.writeTextFile(`${content}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
  return await pack(content, folder);
}

function readRoot(file: string): Promise<string> {
  return Deno.readTextFile(new URL(file, root));
}

/** The version that everything is tested with, and later ones of the same minor version. */
function denoRange(ciScript: string): string {
  const version = /deno@(\d+\.\d+\.\d+)/.exec(ciScript)?.[1];
  if (version === undefined) throw new Error("Cannot pack: .ci/run names no version of Deno");
  return `~${version}`;
}

async function pack(content: string, folder: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("npm", {
    args: ["pack", "--json", "--pack-destination", folder, content],
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`Cannot pack: ${decoder.decode(stderr).trim()}`);
  const [{ filename }] = JSON.parse(decoder.decode(stdout));
  return `${folder}/${filename}`;
}

/**
 * Runs Deno's executable itself, because the program `deno` of its package passes no signals on: in the place of Node where
 * that is possible without a warning, which saves its 40 MB, and otherwise beside it.
 */
const launcher = `#!/usr/bin/env node
"use strict";
const { spawn } = require("node:child_process");
const { constants } = require("node:os");
const { join } = require("node:path");

const deno = require("deno/install_api.cjs").runInstall();
const flags = ${JSON.stringify(RUN_FLAGS)};
const args = ["run", ...flags, join(__dirname, "bundle", "main.js"), ...process.argv.slice(2)];
// Otherwise Deno looks for a newer version of itself once a day.
const env = { ...process.env, DENO_NO_UPDATE_CHECK: "1" };
if (process.platform !== "win32" && Number(process.versions.node.split(".")[0]) >= 24) {
  process.execve(deno, [deno, ...args], env);
}
const child = spawn(deno, args, { env, stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"]) {
  if (process.platform === "win32" && signal.startsWith("SIGUSR")) continue;
  process.on(signal, () => child.kill(signal));
}
child.on("error", (error) => {
  console.error("Cannot run Deno: " + error.message);
  process.exit(1);
});
child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
`;

if (import.meta.main) console.log(await packForNpm("dist/npm", { bundle: "dist/bundle" }));
