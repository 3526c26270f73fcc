/**
 * Processes that have their network and their children to themselves.
 *
 * @module
 */

const NAMESPACES = ["--net", "--pid", "--fork", "--mount-proc", "--kill-child"];

/**
 * The command that runs another in new network and process namespaces, in which its loopback interface is up. All that it
 * starts ends with it. It takes Linux and root.
 */
export function isolated(command: readonly string[]): string[] {
  // The shell stays in between: the first process of a namespace would not die of an interrupt.
  const shell = ["sh", "-c", 'ip link set lo up && "$@"; exit $?', "sh"];
  return ["unshare", ...NAMESPACES, ...shell, ...command];
}

/** Whether a command succeeds in such namespaces. */
export function succeedsIsolated(command: readonly string[]): boolean {
  const [program, ...args] = isolated(command);
  try {
    return new Deno.Command(program, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}
