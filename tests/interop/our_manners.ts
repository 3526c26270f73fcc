/**
 * What our command line says otherwise than Serf's, for people who mistype: hints on standard error, a short usage in the place
 * of the whole help, and refusals. Whatever is not here is to be the same.
 */

import type { RpcClient } from "../../lib/rpc/client/client.ts";
import type { CommandResult } from "../support/program.ts";
import { refusedRequests } from "./transcripts/manners.ts";

/** Hints, by what Serf prints, which stays. */
const hints: readonly (readonly [stdout: RegExp, hint: string])[] = [
  [
    /^Error connecting to Serf agent: dial tcp [\d.:]+: connect: connection refused\n$/,
    "Is an agent running there? The address is that of -rpc-addr or SERF_RPC_ADDR.",
  ],
  [
    /: Authentication required\n$/,
    "The agent wants its token: -rpc-auth, -rpc-auth-file, SERF_RPC_AUTH or SERF_RPC_AUTH_FILE.",
  ],
  [
    /: Invalid authentication token\n$/,
    "The agent has another token than that of -rpc-auth, -rpc-auth-file, SERF_RPC_AUTH or SERF_RPC_AUTH_FILE, or none.",
  ],
];

/** What a command takes, in its usage. */
const usages: Readonly<Record<string, string>> = {
  "event": "[options] name [payload]",
  "force-leave": "[options] node",
  "info": "[options]",
  "join": "[options] address...",
  "keys": "[options]",
  "leave": "[options]",
  "members": "[options]",
  "monitor": "[options]",
  "query": "[options] name [payload]",
  "reachability": "[options]",
  "rtt": "[options] node1 [node2]",
  "tags": "[options]",
};

type Manner = (theirs: CommandResult) => CommandResult;

const nothingToSet = hint("Nothing to do: give -set or -delete.");
const nothingToDo = hint("Nothing to do: give one of -install, -use, -remove and -list.");
const unknownMember = hint("The agent knows no member with the name nobody.");

/** What is special to a command line. */
const manners: Readonly<Record<string, Manner>> = {
  "event ": refusal(`An event name must be specified.\n\nUsage: serf event ${usages.event}\n`),
  "force-leave -prune nobody": unknownMember,
  "force-leave nobody": unknownMember,
  "info -format=xml": hint("-format is one of text, json."),
  "keys --rpc-addr=127.255.0.9:1 --": nothingToDo,
  "keys -list=true x": surplus("keys", "x"),
  "keys": nothingToDo,
  "members -format JSON x y": surplus("members", "x"),
  "members -format=xml": hint("-format is one of text, json, ndjson."),
  "members -name=[": replacement(
    "client closed",
    "the expression of -name is wrong: error parsing regexp: missing closing ]: `[`",
  ),
  "members -status=left -format=json": replacement('"members": null', '"members": []'),
  "query -format=xml load": hint("-format is one of text, json, ndjson."),
  "query -timeout=-1s nothing": refusal("Timeout must not be negative\n"),
  "tags --rpc-addr=127.255.0.9:1 --": nothingToSet,
  "tags": nothingToSet,
};

/** What ours refuses and Serf's does, done without a command line: what an agent says later depends on it. */
export const doneInstead: Readonly<Record<string, (agent: RpcClient) => Promise<unknown>>> = {
  "event ": refusedRequests.get("event/empty-name")!,
  "keys -list=true x": (agent) => agent.keys.list(),
  "query -timeout=-1s nothing": refusedRequests.get("query/negative-timeout")!,
};

/** What our command line is to say where Serf's says that. */
export function inOurManners(line: string, theirs: CommandResult): CommandResult {
  if (line in manners) return manners[line](theirs);
  const [command] = line.split(" ");
  // Flags are all that Serf's tells about on standard error.
  if (theirs.stderr !== "") return { ...theirs, stdout: shortUsage(command) };
  const found = hints.find(([stdout]) => stdout.test(theirs.stdout));
  return found === undefined ? theirs : hint(found[1])(theirs);
}

function hint(text: string): Manner {
  return (theirs) => ({ ...theirs, stderr: `${theirs.stderr}${text}\n` });
}

function refusal(stdout: string): Manner {
  return () => ({ code: 1, stdout, stderr: "" });
}

function surplus(command: string, argument: string): Manner {
  const stderr = `unexpected argument: ${argument}\n`;
  return () => ({ code: 1, stdout: shortUsage(command), stderr });
}

function replacement(theirs: string, ours: string): Manner {
  return ({ stdout, ...rest }) => ({ ...rest, stdout: stdout.replace(theirs, ours) });
}

function shortUsage(command: string): string {
  return `Usage: serf ${command} ${usages[command]}\nFor its options: serf ${command} -help\n\n`;
}
