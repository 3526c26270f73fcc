/**
 * Where configuration comes from: files, and directories of files.
 *
 * @module
 */

import { errorText } from "../../base/errors.ts";
import { osErrorText } from "../../go/os_error.ts";
import { type AgentConfig, type ConfigLayer, mergeConfig } from "./config.ts";
import { decodeConfig } from "./decode_config.ts";

/**
 * Puts files over `base`, each over the one before. Of a directory, the files directly inside it whose names end in
 * `.json` are read, in byte order. Throws an `Error` that names the file.
 */
export function readConfigPaths(paths: readonly string[], base: AgentConfig): AgentConfig {
  return paths.flatMap(filesAt).map(readConfigFile).reduce(mergeConfig, base);
}

function filesAt(path: string): string[] {
  return reading(path, () => {
    if (!Deno.statSync(path).isDirectory) return [path];
    const names = [...Deno.readDirSync(path)]
      .filter(({ name, isDirectory }) => name.endsWith(".json") && !isDirectory)
      .map(({ name }) => name);
    return names.sort().map((name) => `${path.replace(/\/+$/, "")}/${name}`);
  });
}

function readConfigFile(path: string): ConfigLayer {
  const bytes = reading(path, () => Deno.readFileSync(path));
  try {
    return decodeConfig(bytes);
  } catch (error) {
    throw new Error(`Error decoding '${path}': ${errorText(error)}`);
  }
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`Error reading '${path}': open ${path}: ${osErrorText(error)}`);
  }
}
