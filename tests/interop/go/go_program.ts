/**
 * Programs of ours in Go, which use Serf's and memberlist's libraries. They are built from Go's module cache alone, once for
 * each version of their source.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { TemporaryDirectory } from "../../support/temporary_directory.ts";
import { CACHE_FOLDER } from "../../support/serf_versions.ts";

/** A program, and why it cannot run here; `undefined` where it can. */
export interface GoProgram {
  readonly path: string;
  readonly missing: string | undefined;
}

/** The version of Serf whose library is used; memberlist 0.7.0 comes with it. */
const SERF = "github.com/hashicorp/serf";
const VERSION = "v0.11.0";

/** Nothing is downloaded: `deno task serf:newest` has brought the modules. */
const ENV = { GOFLAGS: "-mod=mod", GOPROXY: "off", GOSUMDB: "off", GOTOOLCHAIN: "local" };

/** Builds the program of this name, unless that has been done. */
export function goProgram(name: string): GoProgram {
  const source = Deno.readTextFileSync(new URL(`${name}.go`, import.meta.url));
  const hash = createHash("sha256").update(VERSION).update(source).digest("hex").slice(0, 16);
  const path = `${CACHE_FOLDER}/go/${name}-${hash}`;
  return { path, missing: exists(path) ? undefined : build(source, path) };
}

/** Returns why a program cannot be built. */
function build(source: string, path: string): string | undefined {
  using directory = new TemporaryDirectory();
  try {
    const serf = `${moduleCache()}/${SERF}@${VERSION}`;
    const module = Deno.readTextFileSync(`${serf}/go.mod`).replace(/^module .*/m, "module program");
    directory.write({
      "go.mod": `${module}\nrequire ${SERF} ${VERSION}\n`,
      "go.sum": Deno.readTextFileSync(`${serf}/go.sum`),
      "main.go": source,
    });
    const args = ["build", "-o", "program", "main.go"];
    if (!go(args, directory.path).success) return "Go cannot build it";
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    // Other tests may build it, too: it appears under its name when it is complete.
    const copy = `${path}.${crypto.randomUUID()}`;
    Deno.copyFileSync(directory.file("program"), copy);
    Deno.renameSync(copy, path);
    return undefined;
  } catch {
    return "Go or its module cache of Serf 0.11.0 is not here (deno task serf:newest)";
  }
}

function moduleCache(): string {
  return new TextDecoder().decode(go(["env", "GOMODCACHE"]).stdout).trim();
}

function go(args: string[], cwd?: string): Deno.CommandOutput {
  return new Deno.Command("go", { args, cwd, env: ENV }).outputSync();
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
