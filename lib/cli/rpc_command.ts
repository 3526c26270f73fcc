/**
 * What the commands that talk to an agent share: flags of their own beside those of the connection.
 *
 * @module
 */

import type { FlagSpecs, FlagValues } from "../go/flags.ts";
import { openChannel } from "../rpc/client/open_channel.ts";
import type { RpcChannel } from "../rpc/client/rpc_channel.ts";
import { type Command, CommandFailure, type CommandIo, refuseArguments } from "./command.ts";
import {
  formatFlagOf,
  formatResult,
  type Formats,
  type OutputFormat,
  parseFormat,
} from "./output.ts";
import { parseFlags } from "./parse_flags.ts";
import { connectToAgent, rpcFlags } from "./rpc_connection.ts";
import type { Usage } from "./usage.ts";

/** What a command runs with. */
export interface RpcCommandInput<F extends FlagSpecs> {
  readonly flags: FlagValues<F>;
  /** The arguments after the flags. */
  readonly positionals: readonly string[];
  readonly io: CommandIo;
  readonly format: OutputFormat;
  /** Prints a result in this format. */
  print(result: Formats): void;
  /** Connects to the agent that flags and environment name; throws a `CommandFailure` if that fails. */
  connect(): Promise<RpcChannel>;
}

/** A command that talks to an agent: its help, its own flags, and its action. */
export interface RpcCommandDefinition<F extends FlagSpecs> extends Usage {
  readonly flags: F;
  /** What `-format` can be. Default: text and json. */
  readonly formats?: readonly OutputFormat[];
  /** What is said of another format. Default: what most commands of Serf say. */
  readonly invalidFormat?: (format: string) => string;
  /** Returns the exit code, or nothing for 0. Throws a `CommandFailure` to print an error and exit with 1. */
  run(input: RpcCommandInput<F>): Promise<number | void>;
}

/** Makes a command of its definition: adds the flags of output and connection, and parses all flags. */
export function rpcCommand<const F extends FlagSpecs>(
  definition: RpcCommandDefinition<F>,
): Command {
  const { formats, invalidFormat } = definition;
  const specs = { ...definition.flags, format: formatFlagOf(formats), ...rpcFlags };
  return {
    usage: { ...definition, flags: specs },
    async run(args, io) {
      const { flags, positionals } = parseFlags(args, specs);
      if (!takesArguments(definition)) refuseArguments(positionals);
      const format = parseFormat(flags.format, formats, invalidFormat);
      const print = (result: Formats) => io.out(formatResult(format, result));
      const connect = () => connectToAgent(flags, io, openChannel);
      try {
        return await definition.run({ flags, positionals, io, format, print, connect }) ?? 0;
      } catch (error) {
        if (error instanceof CommandFailure) error.inJson = format !== "text";
        throw error;
      }
    },
  };
}

/** Whether the usage names anything after the flags. */
function takesArguments({ line }: Usage): boolean {
  return !line.endsWith(" [options]");
}
