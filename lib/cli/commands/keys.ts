/**
 * `serf keys`.
 *
 * @module
 */

import { RpcError } from "../../base/errors.ts";
import { type KeyReport, type RpcClient, RpcKeyError } from "../../rpc/client/client.ts";
import { formatColumns } from "../output.ts";
import { CommandFailure } from "../command.ts";
import { rpcCommand } from "../rpc_command.ts";

/** Manages the keyrings of the whole cluster. */
export const keys = rpcCommand({
  line: "serf keys [options]",
  description:
    "Manages the keys with which the cluster encrypts its messages. A change is made on every member, and making it again does no harm.\n\n" +
    "Members decrypt with any of the installed keys and encrypt with the primary one. To replace a key, install the new one, make it the primary one, then remove the old one.\n\n" +
    "It works only if every member answers and none of them reports a failure.",
  flags: {
    install: { kind: "string", value: "key", help: "Adds a key, in base64, to every keyring." },
    use: {
      kind: "string",
      value: "key",
      help: "Makes an installed key the primary one, with which messages are encrypted.",
    },
    remove: {
      kind: "string",
      value: "key",
      help: "Removes a key from every keyring. It cannot be the primary one.",
    },
    list: { kind: "bool", help: "Lists the keys and how many members have each of them." },
  },
  async run({ flags, io, connect }) {
    const [operation, ...others] = operationsIn(flags);
    if (operation === undefined) throw new CommandFailure("", { showHelp: true });
    if (others.length > 0) {
      throw new CommandFailure("Only one of -install, -use, -remove, or -list allowed");
    }
    await using client = await connect();
    io.out(`==> ${operation.start}`);
    const report = await reported(operation, operation.ask(client));
    io.out(`==> ${operation.success}`);
    if (flags.list) io.out(`\n${formatKeys(report)}`);
  },
});

interface KeyOperation {
  readonly start: string;
  readonly success: string;
  /** Label of an error. */
  readonly failure: string;
  ask(client: RpcClient): Promise<KeyReport>;
}

interface KeyFlags {
  readonly install?: string;
  readonly use?: string;
  readonly remove?: string;
  readonly list: boolean;
}

/** The operations that the flags ask for; an empty key asks for nothing. */
function operationsIn({ install, use, remove, list }: KeyFlags): KeyOperation[] {
  const operations: KeyOperation[] = [];
  if (list) {
    operations.push({
      start: "Asking all members for installed keys...",
      success: "Keys gathered, listing cluster keys...",
      failure: "Failed to gather member keys",
      ask: (client) => client.listKeys(),
    });
  }
  if (install) {
    operations.push({
      start: "Installing key on all members...",
      success: "Successfully installed key!",
      failure: "Error installing key",
      ask: (client) => client.installKey(install),
    });
  }
  if (use) {
    operations.push({
      start: "Changing primary key on all members...",
      success: "Successfully changed primary key!",
      failure: "Error changing primary key",
      ask: (client) => client.useKey(use),
    });
  }
  if (remove) {
    operations.push({
      start: "Removing key on all members...",
      success: "Successfully removed key!",
      failure: "Error removing key",
      ask: (client) => client.removeKey(remove),
    });
  }
  return operations;
}

/** Waits for the report; a failure tells what each member had to say. */
async function reported(operation: KeyOperation, answer: Promise<KeyReport>): Promise<KeyReport> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    const messages = error instanceof RpcKeyError ? [...error.report.messages] : [];
    const table = formatColumns(messages.map(([node, text]) => `failed: | ${node} | ${text}`));
    const lines = [...table === "" ? [] : [table], "", `${operation.failure}: ${error.message}`];
    throw new CommandFailure(lines.join("\n"));
  }
}

function formatKeys({ keys, nodes }: KeyReport): string {
  return formatColumns(Array.from(keys, ([key, count]) => `${key} | [${count}/${nodes}]`));
}
