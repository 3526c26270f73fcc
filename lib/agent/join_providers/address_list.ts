/**
 * Addresses in a text, one a line: in a file (`file:PATH`), or from the output of a command (`exec:COMMAND`).
 *
 * @module
 */

import { abortable } from "../../base/abortable.ts";
import { joinBytes } from "../../base/bytes.ts";
import { endsWithin } from "../../base/timer.ts";
import { escapeControls } from "../../go/escape_controls.ts";
import { osErrorText } from "../../go/os_error.ts";
import { describeStatus, KILL_WAIT_MS, killGroup, shellCommand } from "../handlers/shell.ts";

/** Addresses of a few thousand members. */
const MAX_LIST_BYTES = 65_536;
/** Enough for the last line of what a command says about its failure. */
const MAX_COMPLAINT_BYTES = 1_024;

/** What ends the reading. */
interface ListOptions {
  readonly signal: AbortSignal;
}

/** The lines that are neither blank nor comments, which begin with `#`, also behind an address. */
export function parseAddressList(text: string): string[] {
  return text.split("\n").map((line) => line.replace(/(^|\s)#.*$/, "").trim())
    .filter((line) => line !== "");
}

/** Reads the addresses in a file. Rejects with an `Error` whose message is one line. */
export async function listFromFile(path: string, { signal }: ListOptions): Promise<string[]> {
  let file: Deno.FsFile;
  try {
    file = await abortable(Deno.open(path), signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new Error(`open: ${osErrorText(error)}`);
  }
  try {
    return parseAddressList(await abortable(readText(file.readable), signal));
  } catch (error) {
    if (signal.aborted || error instanceof RangeError) throw error;
    throw new Error(`read: ${osErrorText(error)}`);
  }
}

/**
 * Runs a command with the shell, and reads the addresses in its output. Rejects with an `Error` that says how the command
 * failed; if it is given up, its process group is killed.
 */
export async function listFromCommand(command: string, { signal }: ListOptions): Promise<string[]> {
  signal.throwIfAborted();
  const { program, ...shell } = shellCommand(command);
  const child = new Deno.Command(program, {
    ...shell,
    detached: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const parts = [readText(child.stdout), readTail(child.stderr), child.status] as const;
  const [text, complaint, status] = await abortable(Promise.all(parts), signal)
    .catch(async (error) => {
      killGroup(child.pid);
      await endsWithin(Promise.allSettled(parts), KILL_WAIT_MS);
      throw error;
    });
  if (status.success) return parseAddressList(text);
  const lastLine = complaint.trimEnd().split("\n").at(-1);
  throw new Error(describeStatus(status) + (lastLine ? `: ${escapeControls(lastLine)}` : ""));
}

/** Reads a text of at most {@link MAX_LIST_BYTES}; rejects with a `RangeError` if there is more. */
async function readText(stream: ReadableStream<Uint8Array>): Promise<string> {
  let bytes = new Uint8Array();
  for await (const chunk of stream) {
    if (bytes.length + chunk.length > MAX_LIST_BYTES) {
      throw new RangeError(`the list has more than ${MAX_LIST_BYTES} bytes`);
    }
    bytes = joinBytes(bytes, chunk);
  }
  return new TextDecoder().decode(bytes);
}

/** Reads everything, and keeps the end. */
async function readTail(stream: ReadableStream<Uint8Array>): Promise<string> {
  let tail = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    tail = (tail + text).slice(-MAX_COMPLAINT_BYTES);
  }
  return tail;
}
