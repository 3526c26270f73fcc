/**
 * Our program and Serf's, run as child processes.
 *
 * @module
 */

import { BUNDLE_FLAGS } from "../../lib/packaging/compile.ts";
import { bundleMain, executable, type OurBuild } from "./our_builds.ts";
import { missingSerf, SERF_VERSIONS, serfPrograms, type SerfVersion } from "./serf_versions.ts";

/** Whose program it is, and which. */
export type Kind = OurBuild | SerfVersion;

/** What a finished command said. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const root = new URL("../../", import.meta.url);

/** Our program: the sources, or what the environment names instead, such as `SERF_MAIN=dist/bundle/main.js`. */
export const ourProgram: string = Deno.env.get("SERF_MAIN") ?? "main.ts";

/** The permissions that an agent needs, and no others. */
export const agentPermissions = [
  "--allow-net",
  "--allow-sys=hostname,networkInterfaces",
  "--allow-env",
  "--allow-read",
  "--allow-write",
  "--allow-run",
];
/** Keeps Deno from looking for a newer version of itself. */
export const noUpdateCheck = { DENO_NO_UPDATE_CHECK: "1" };

const clientPermissions = ["--allow-net", "--allow-env"];
/** For a unix socket, and files that flags of RPC name. */
const rpcFilePermissions = ["--allow-read", "--allow-write"];

/** The program and the arguments that run one command line. */
export function commandLine(
  kind: Kind,
  args: readonly string[],
): { program: string; args: string[] } {
  switch (kind) {
    case "ours":
      return denoRun(new URL(ourProgram, root).pathname, args);
    case "our bundle":
      return denoRun(bundleMain(), args);
    case "our executable":
      return { program: executable, args: [...args] };
    default:
      return { program: serfProgram(kind), args: [...args] };
  }
}

/** A flag of RPC that names a file. */
const RPC_FILE_FLAG = /^-rpc-(addr=unix:|auth-file=|tls-)/;

function denoRun(main: string, args: readonly string[]): { program: string; args: string[] } {
  const isBundle = main.endsWith(".js");
  const permissions = ["agent", "doctor"].includes(args[0]) ? agentPermissions : [
    ...clientPermissions,
    ...args.some((arg) => RPC_FILE_FLAG.test(arg)) ? rpcFilePermissions : [],
    // A bundle reads its scripts when they are used.
    ...isBundle || args[0] === "replay" ? ["--allow-read"] : [],
  ];
  const flags = ["--no-prompt", ...isBundle ? BUNDLE_FLAGS : []];
  return { program: Deno.execPath(), args: ["run", ...flags, ...permissions, main, ...args] };
}

function serfProgram(version: SerfVersion): string {
  const program = serfPrograms.get(version);
  if (program === undefined) throw new Error(`Cannot run Serf: ${missingSerf(version)}`);
  return program;
}

/**
 * Registers a test against Serf once for each version. Where that version is not there, or something else that
 * `missing` names, the test is skipped and its name says why.
 */
export function interopTest(
  name: string,
  fn: (serf: SerfVersion) => Promise<void>,
  { missing }: { readonly missing?: string } = {},
): void {
  for (const version of SERF_VERSIONS) {
    const reason = missingSerf(version) ?? missing;
    Deno.test({
      name: `${name} (${reason === undefined ? version : `skipped: ${reason}`})`,
      ignore: reason !== undefined,
      fn: () => fn(version),
    });
  }
}

/** Runs one command to its end. */
export async function run(
  kind: Kind,
  args: readonly string[],
  options: { env?: Record<string, string>; cwd?: string } = {},
): Promise<CommandResult> {
  const line = commandLine(kind, args);
  const { code, stdout, stderr } = await new Deno.Command(line.program, {
    args: line.args,
    stdin: "null",
    ...options,
    env: { NO_COLOR: "1", ...noUpdateCheck, ...options.env },
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
