/**
 * Our program and Serf's, run as child processes.
 *
 * @module
 */

/** Whose program it is: ours, the `serf` that is installed, or a newer Serf, which `SERF_NEWEST` names. */
export type Kind = "ours" | "reference" | "newest";

/** What a finished command said. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const root = new URL("../../", import.meta.url);

/** Our program: the sources, or what the environment names instead, such as `SERF_MAIN=dist/bundle/main.js`. */
export const ourProgram: string = Deno.env.get("SERF_MAIN") ?? "main.ts";

/** A bundle needs nothing of deno.json but the unstable API of datagrams. */
const bundleFlags = ["--no-config", "--unstable-net"];

/** The permissions that an agent needs, and no others. */
export const agentPermissions = [
  "--allow-net",
  "--allow-sys=hostname,networkInterfaces",
  "--allow-env",
  "--allow-read",
  "--allow-write",
  "--allow-run",
];
const clientPermissions = ["--allow-net", "--allow-env"];

/** The program and the arguments that run one command line. */
export function commandLine(
  kind: Kind,
  args: readonly string[],
): { program: string; args: string[] } {
  if (kind !== "ours") return { program: serfPrograms[kind], args: [...args] };
  const permissions = args[0] === "agent" ? agentPermissions : clientPermissions;
  const flags = ["--no-prompt", ...ourProgram.endsWith(".js") ? bundleFlags : []];
  const main = new URL(ourProgram, root).pathname;
  return { program: Deno.execPath(), args: ["run", ...flags, ...permissions, main, ...args] };
}

/** The programs of Serf itself. */
const serfPrograms = { reference: "serf", newest: Deno.env.get("SERF_NEWEST") ?? "" } as const;

/** Why tests against the reference cannot run here; `undefined` where they can. */
export const referenceMissing: string | undefined = findReference();

/** Why tests against the newest Serf cannot run here; `undefined` where they can. */
export const newestMissing: string | undefined = serfPrograms.newest === ""
  ? "SERF_NEWEST does not name the program of a newer Serf"
  : undefined;

function findReference(): string | undefined {
  try {
    const { success } = new Deno.Command("serf", {
      args: ["version"],
      stdout: "null",
      stderr: "null",
    })
      .outputSync();
    return success ? undefined : "the `serf` program does not work here";
  } catch {
    return "there is no `serf` program here (Debian: apt-get install serf)";
  }
}

/**
 * Registers a test that needs the reference, and perhaps something else, which `missing` says is not there; where
 * anything is missing the test is skipped and its name says why.
 */
export function interopTest(
  name: string,
  fn: () => Promise<void>,
  { missing }: { readonly missing?: string } = {},
): void {
  const reason = referenceMissing ?? missing;
  const suffix = reason === undefined ? "" : ` (skipped: ${reason})`;
  Deno.test({ name: name + suffix, ignore: reason !== undefined, fn });
}

/** Registers a test once for each Serf, the installed one and the newest. */
export function eachSerfTest(
  name: string,
  fn: (serf: "reference" | "newest") => Promise<void>,
): void {
  interopTest(`${name}, with the installed Serf`, () => fn("reference"));
  interopTest(`${name}, with the newest Serf`, () => fn("newest"), { missing: newestMissing });
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
    env: { NO_COLOR: "1", ...options.env },
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
