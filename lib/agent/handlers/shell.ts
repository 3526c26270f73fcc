/**
 * The system's shell, which runs event handlers and commands that list addresses: `/bin/sh`, on Windows `cmd`, as in Serf.
 *
 * @module
 */

/** How `Deno.Command` starts a shell. */
export interface ShellCommand {
  readonly program: string;
  readonly args: string[];
  /** Whether Windows gets the arguments as they are: `cmd` does not read quotes as other programs do. */
  readonly windowsRawArguments: boolean;
}

/** The program of the shell, which the agent needs the permission to run. */
export const SHELL: string = shellFor(Deno.build.os).program;

/** What runs a script with the shell of a system. */
export function shellCommand(script: string, os: string = Deno.build.os): ShellCommand {
  const { program, args } = shellFor(os);
  const windows = os === "windows";
  // With /s, cmd takes away the outer quotes and nothing else.
  return {
    program,
    args: [...args, windows ? `"${script}"` : script],
    windowsRawArguments: windows,
  };
}

function shellFor(os: string): { readonly program: string; readonly args: readonly string[] } {
  if (os === "windows") return { program: "cmd", args: ["/d", "/s", "/c"] };
  return { program: "/bin/sh", args: ["-c"] };
}

/** How long to wait until killed processes have closed their files, milliseconds. */
export const KILL_WAIT_MS = 1_000;

/** Kills a process group, or on Windows the process alone, unless it has ended. */
export function killGroup(pid: number): void {
  try {
    Deno.kill(Deno.build.os === "windows" ? pid : -pid, "SIGKILL");
  } catch {
    // All of its processes have exited meanwhile.
  }
}

/** Go's names for the signals that end a process. */
const SIGNAL_NAMES: Readonly<Partial<Record<Deno.Signal, string>>> = {
  SIGABRT: "aborted",
  SIGALRM: "alarm clock",
  SIGFPE: "floating point exception",
  SIGHUP: "hangup",
  SIGILL: "illegal instruction",
  SIGINT: "interrupt",
  SIGKILL: "killed",
  SIGPIPE: "broken pipe",
  SIGQUIT: "quit",
  SIGSEGV: "segmentation fault",
  SIGTERM: "terminated",
};

/** How a process failed, in Go's words: `exit status 7`, `signal: killed`. */
export function describeStatus({ code, signal }: Deno.CommandStatus): string {
  if (signal === null) return `exit status ${code}`;
  return `signal: ${SIGNAL_NAMES[signal] ?? signal}`;
}
