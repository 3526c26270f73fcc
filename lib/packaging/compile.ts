/**
 * Compiles a bundle into one executable: `deno task compile`.
 *
 * @module
 */

/**
 * Without a limit, V8's young generation would grow to 48 MiB: after five minutes of events, queries and calls an agent takes
 * 134 MiB, with one of 1 MiB 69, and 1 % more processor time. With 2 MiB from the start it collects no garbage until RPC
 * answers. Without `--no-use-osr` it optimises loops while they run. In its first join an agent would have it optimise the
 * compression of a kilobyte: 10 ms of processor time and 3 MiB.
 *
 * The last three make V8 observe and optimise functions later. Most functions of an agent that starts, or does something for
 * the first time, are not called much more often than 8 times, and what it does for each of a thousand members would be
 * optimised twice while it is done. The memory that V8's compilers take for that stays with the process.
 */
const AGENT_V8_FLAGS = [
  "--min-semi-space-size=2",
  "--max-semi-space-size=2",
  "--no-use-osr",
  "--invocation-count-for-feedback-allocation=30",
  "--invocation-count-for-maglev=1500",
  "--invocation-count-for-turbofan=30000",
];

/**
 * What Deno needs to be told to run the bundle. The unstable API is that of datagrams. With `--no-lazy` V8 compiles every
 * function, which Deno keeps for later starts: `tests/bench/README.md` has what that brings.
 */
export const BUNDLE_FLAGS: readonly string[] = [
  "--no-config",
  "--unstable-net",
  `--v8-flags=${["--no-lazy", ...AGENT_V8_FLAGS]}`,
];

/** The same for an executable. What it keeps for later starts was not measured, and without that `--no-lazy` costs time. */
const EXECUTABLE_FLAGS = ["--no-config", "--unstable-net", `--v8-flags=${AGENT_V8_FLAGS}`];

const PERMISSIONS = [
  "--no-prompt",
  "--allow-net",
  "--allow-sys=hostname,networkInterfaces",
  "--allow-env",
  "--allow-read",
  "--allow-write",
  "--allow-run",
];

/** What runs the bundle with the permissions that an agent needs. */
export const RUN_FLAGS: readonly string[] = [...BUNDLE_FLAGS, ...PERMISSIONS];

/** What is compiled. */
export interface CompileOptions {
  /** The folder of the bundle. */
  readonly bundle: string;
  /** Further flags of `deno compile`, such as `--target=…`. */
  readonly flags?: readonly string[];
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Writes the executable. Throws an `Error` that says what to do where Deno cannot download its runtime. */
export async function compile(
  output: string,
  { bundle, flags = [], env }: CompileOptions,
): Promise<void> {
  const runtime = [...EXECUTABLE_FLAGS, ...PERMISSIONS];
  const embedded = ["--no-check", "--app-name", "serf", "--include", bundle, "--output", output];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["compile", ...runtime, ...embedded, ...flags, `${bundle}/main.js`],
    env,
  }).output();
  if (!success) throw new Error(describeFailure(new TextDecoder().decode(stderr), bundle));
}

function describeFailure(stderr: string, bundle: string): string {
  const url = /error sending request for url \((\S+)\)|Download failed.*?(https:\S+)/.exec(stderr);
  if (url === null) return `Cannot compile: ${stderr.trim()}`;
  return `Cannot compile: deno compile could not download Deno's runtime for executables:
  ${url[1] ?? url[2]}
Without a network, use the bundle, which is the same program and is complete:
  deno run ${RUN_FLAGS.join(" ")} ${bundle}/main.js agent
or download that file elsewhere, unpack it, and name it: DENORT_BIN=./denort deno task compile`;
}

if (import.meta.main) {
  const [output, ...flags] = Deno.args;
  try {
    await compile(output, { bundle: "dist/bundle", flags });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
