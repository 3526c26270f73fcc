/**
 * Why an agent cannot start. In a file of its own, so that the flags and their help load without the settings.
 *
 * @module
 */

import type { AgentConfig } from "./config.ts";

/** The way to a value in JSON: the keys of objects, as they are written there, and the indexes of lists. */
export type JsonPath = readonly (string | number)[];

/** Something wrong with a configuration, before its place in the file is looked up. */
export type ConfigMistake =
  & {
    /** What is wrong, without the key. */
    readonly problem: string;
  }
  & (
    /** In a file: a key or a value. `known` are the keys that could stand in the place of an unknown one. */
    | { readonly path: JsonPath; readonly known?: readonly string[] }
    /** In a file that is not JSON: the number of bytes before the place. */
    | { readonly offset: number }
    /** In a flag. */
    | { readonly flag: string }
    /** In what all files and flags together say; `item` is the text of a list that is wrong. */
    | { readonly setting: keyof AgentConfig; readonly item?: string }
  );

/** A configuration file. */
export interface ConfigFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Ends the start of an agent, or a reload of its configuration. The message is what the user is told. */
export class StartupError extends Error {
  override readonly name = "StartupError";
  /** What is wrong, for those who look up where it was written. */
  readonly mistakes: readonly ConfigMistake[];
  /** The file with the mistakes; absent if they are in settings. */
  readonly file: ConfigFile | undefined;

  constructor(message: string, { mistakes = [], file }: StartupErrorOptions = {}) {
    super(message);
    this.mistakes = mistakes;
    this.file = file;
  }
}

/** What is known of the reason. */
interface StartupErrorOptions {
  readonly mistakes?: readonly ConfigMistake[];
  readonly file?: ConfigFile;
}

/** The error for a setting with a value that cannot be used, or for one item of a list. */
export function badSetting(
  setting: keyof AgentConfig,
  problem: string,
  { item }: { readonly item?: string } = {},
): StartupError {
  return new StartupError(problem, { mistakes: [{ setting, item, problem }] });
}
