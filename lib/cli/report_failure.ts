/**
 * How a failure is told: as Serf's text, with what may help on standard error, or as one JSON object there.
 *
 * @module
 */

import { toJson } from "../go/format_json.ts";
import { type CommandFailure, type CommandIo, UsageFailure } from "./command.ts";
import { formatUsage, type Usage } from "./usage.ts";

const TOKEN = "-rpc-auth, -rpc-auth-file, SERF_RPC_AUTH or SERF_RPC_AUTH_FILE";
const ADDRESS = "An address is host:port, or unix: and a path with a slash";
const IN_USE = "Another program uses this address, perhaps another agent; choose another one with";

/** What may help against failures that Serf has too, by their messages. */
const HINTS: readonly (readonly [message: RegExp, hint: string])[] = [
  [
    /^Error connecting to Serf agent: dial .*: (connection refused|no such file or directory|i\/o timeout)$/,
    "Is an agent running there? The address is that of -rpc-addr or SERF_RPC_ADDR.",
  ],
  [
    /^Error connecting to Serf agent: dial tcp: .*(missing port in|invalid port|unknown port|missing address)/,
    `${ADDRESS}: -rpc-addr or SERF_RPC_ADDR.`,
  ],
  [
    /^Error starting RPC listener: listen tcp: .*(missing port in|invalid port|unknown port|missing address)/,
    `${ADDRESS}: -rpc-addr.`,
  ],
  [
    /^Error connecting to Serf agent: client closed$/,
    "Is that the RPC port? If the agent wants TLS there, see -rpc-tls-ca and -rpc-tls-cert.",
  ],
  [/: Authentication required$/, `The agent wants its token: ${TOKEN}.`],
  [
    /: Invalid authentication token$/,
    `The agent has another token than that of ${TOKEN}, or none.`,
  ],
  [
    /: no answer within [\d.]+ s$/,
    "Is the agent stopped, or busy? -rpc-timeout or SERF_RPC_TIMEOUT is how long to wait for it.",
  ],
  [/^Error starting RPC listener: .*address already in use$/, `${IN_USE} -rpc-addr.`],
  [/^Error starting HTTP listener: .*address already in use$/, `${IN_USE} -http-addr.`],
  [/failed to start (TCP|UDP) listener .*address already in use$/i, `${IN_USE} -bind.`],
];

/** What may help against a failure with this message. */
export function hintFor(message: string): string | undefined {
  return HINTS.find(([pattern]) => pattern.test(message))?.[1];
}

/** The command that has failed. */
export interface FailedCommand {
  readonly name: string;
  readonly args: readonly string[];
  readonly usage: Usage | undefined;
}

/** Tells why a command has failed. */
export async function reportFailure(
  failure: CommandFailure,
  { name, args, usage }: FailedCommand,
  io: CommandIo,
): Promise<void> {
  const { message, showHelp, details } = failure;
  const isUsage = failure instanceof UsageFailure;
  const hint = failure.hint ?? (isUsage ? await suggestedFlag(message, usage) : hintFor(message));
  if (failure.inJson ?? asksForJson(args)) {
    const told = message === "" ? { error: hint } : { error: message.trim(), hint };
    io.err(toJson({ ...told, ...details }));
    return;
  }
  if (isUsage) {
    io.out(shortUsage(name, usage));
    io.err(message);
  } else {
    const help = showHelp && usage !== undefined ? formatUsage(usage) : "";
    io.out([message, help].filter((text) => text !== "").join("\n\n"));
  }
  if (hint !== undefined) io.err(hint);
}

function shortUsage(name: string, usage: Usage | undefined): string {
  if (usage === undefined) return `Usage: serf ${name} [-format=text|json]\n`;
  return `Usage: ${usage.line}\nFor its options: serf ${name} -help\n`;
}

async function suggestedFlag(
  message: string,
  usage: Usage | undefined,
): Promise<string | undefined> {
  const unknown = /^flag provided but not defined: -(.*)/.exec(message)?.[1];
  if (unknown === undefined) return undefined;
  const { nearest } = await import("./nearest.ts");
  const found = nearest(unknown, Object.keys(usage?.flags ?? {}));
  return found && `Did you mean -${found}?`;
}

/** Tells that there is no such command, below the help of the program. */
export async function reportUnknownCommand(
  name: string,
  { args, help, known }: {
    readonly args: readonly string[];
    readonly help: string;
    readonly known: readonly string[];
  },
  io: CommandIo,
): Promise<void> {
  const { nearest } = await import("./nearest.ts");
  const found = nearest(name, known);
  const error = `Unknown command: ${name}`;
  const hint = found && `Did you mean ${found}?`;
  if (asksForJson(args)) return io.err(toJson({ error, hint }));
  io.err(help);
  io.err(hint === undefined ? error : `${error}\n${hint}`);
}

/** Whether JSON is asked for somewhere in arguments that are not parsed. */
function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  const line = ` ${(end < 0 ? args : args.slice(0, end)).join(" ")} `;
  return / --?format[= ](json|ndjson) /.test(line);
}
