/**
 * `serf keys`.
 *
 * @module
 */

import { KeyError, type KeyManager, type KeyResult } from "../../api/keys.ts";
import { RpcError } from "../../base/errors.ts";
import { escapeControls, escapeControlsInLines } from "../../go/escape_controls.ts";
import { keysOver } from "../../rpc/client/keys.ts";
import { CommandFailure } from "../command.ts";
import { formatColumns } from "../output.ts";
import { rpcCommand } from "../rpc_command.ts";

/** Manages the keyrings of the whole cluster. */
export const keys = rpcCommand({
  line: "serf keys [options]",
  description:
    "Manages the keys that encrypt the traffic of the cluster. A change is made on every member; repeating it does no harm.\n\n" +
    "Members encrypt with the primary key and decrypt with any installed key. To replace a key, install the new one, make it the primary key, then remove the old one.\n\n" +
    "The command fails if a member does not answer or reports an error.",
  flags: {
    install: {
      kind: "string",
      value: "key",
      help: "Installs a key, given in base64, on every member.",
    },
    use: {
      kind: "string",
      value: "key",
      help: "Makes an installed key the primary key, with which members encrypt.",
    },
    remove: {
      kind: "string",
      value: "key",
      help: "Removes a key from every member. The primary key cannot be removed.",
    },
    list: { kind: "bool", help: "Lists the installed keys and how many members have each." },
  },
  async run({ flags, io, format, print, connect }) {
    const [operation, ...others] = operationsIn(flags);
    if (operation === undefined) {
      const hint = "Nothing to do: give one of -install, -use, -remove and -list.";
      throw new CommandFailure("", { showHelp: true, hint });
    }
    if (others.length > 0) {
      throw new CommandFailure("Only one of -install, -use, -remove, or -list allowed");
    }
    await using channel = await connect();
    if (format === "text") io.out(`==> ${operation.start}`);
    const report = await reported(operation, operation.ask(keysOver(channel)));
    const success = `==> ${operation.success}`;
    print({
      text: () => flags.list ? `${success}\n\n${formatKeys(report)}` : success,
      json: () => jsonReport(report),
    });
  },
});

interface KeyOperation {
  readonly start: string;
  readonly success: string;
  /** Label of the error line. */
  readonly failure: string;
  ask(keys: KeyManager): Promise<KeyResult>;
}

interface KeyFlags {
  readonly install?: string;
  readonly use?: string;
  readonly remove?: string;
  readonly list: boolean;
}

/** The operations that the flags ask for. As in Serf, an empty key counts as not given. */
function operationsIn({ install, use, remove, list }: KeyFlags): KeyOperation[] {
  const operations: KeyOperation[] = [];
  if (list) {
    operations.push({
      start: "Asking all members for installed keys...",
      success: "Keys gathered, listing cluster keys...",
      failure: "Failed to gather member keys",
      ask: (keys) => keys.list(),
    });
  }
  if (install) {
    operations.push({
      start: "Installing key on all members...",
      success: "Successfully installed key!",
      failure: "Error installing key",
      ask: (keys) => keys.install(install),
    });
  }
  if (use) {
    operations.push({
      start: "Changing primary key on all members...",
      success: "Successfully changed primary key!",
      failure: "Error changing primary key",
      ask: (keys) => keys.use(use),
    });
  }
  if (remove) {
    operations.push({
      start: "Removing key on all members...",
      success: "Successfully removed key!",
      failure: "Error removing key",
      ask: (keys) => keys.remove(remove),
    });
  }
  return operations;
}

/** Awaits the report; on failure prints the message of each member that sent one. */
async function reported(operation: KeyOperation, answer: Promise<KeyResult>): Promise<KeyResult> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof RpcError || error instanceof KeyError)) throw error;
    const messages = error instanceof KeyError ? [...error.result.messages] : [];
    const reason = error instanceof KeyError ? error.result.error : error.message;
    const table = formatColumns(
      messages.map(([node, text]) => escapeControls(`failed: | ${node} | ${text}`)),
    );
    const lines = [
      ...table === "" ? [] : [table],
      "",
      `${operation.failure}: ${escapeControlsInLines(`${reason}`)}`,
    ];
    const details = {
      error: `${operation.failure}: ${reason}`,
      ...error instanceof KeyError ? jsonReport(error.result) : {},
    };
    throw new CommandFailure(lines.join("\n"), { details });
  }
}

function jsonReport({ nodes, responses, failures, messages, keys }: KeyResult) {
  const objects = { messages: Object.fromEntries(messages), keys: Object.fromEntries(keys) };
  return { nodes, responses, failures, ...objects };
}

function formatKeys({ keys, nodes }: KeyResult): string {
  return formatColumns(Array.from(keys, ([key, count]) => `${key} | [${count}/${nodes}]`));
}
