/**
 * Clients that others have written for Serf's RPC, in other languages, and our programs that call an agent with them.
 *
 * @module
 */

import { goProgram } from "../go/go_program.ts";
import { CACHE_FOLDER } from "../../support/serf_versions.ts";

/**
 * What `deno task serf:clients` installs from PyPI: three clients, and what they need. They are from the time of that
 * msgpack, which takes raw bytes for bytes.
 */
export const PYTHON_PACKAGES = [
  "serfclient==1.2.0",
  "trio-serf==0.4.0",
  "asyncserf==0.21.1",
  "anyio==3.7.1",
  "msgpack==0.6.2",
] as const;

/** What it installs from npm. */
export const NODE_PACKAGES = ["node-serf@2.0.0"] as const;

/** Where it installs the packages. */
export const PYTHON_FOLDER: string = `${CACHE_FOLDER}/python`;
export const NODE_FOLDER: string = `${CACHE_FOLDER}/node`;

/** The Python that has the clients. */
export const python: string = `${PYTHON_FOLDER}/bin/python`;

/** A program that calls an agent and prints what came back as JSON. */
export interface ClientProgram {
  /** The client that it uses. */
  readonly client: string;
  /** It takes the address of an agent, its port, that of another one to be joined, and the name of a failed member. */
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Why it cannot run here; `undefined` where it can. */
  readonly missing: string | undefined;
}

/** Looks for all of them, and builds the one in Go. */
export function findClientPrograms(): readonly ClientProgram[] {
  return [
    pythonProgram("serfclient", "serfclient_calls.py"),
    nodeProgram(),
    goClientProgram(),
    pythonProgram("trio_serf", "async_calls.py", "trio_serf"),
    pythonProgram("asyncserf", "async_calls.py", "asyncserf"),
  ];
}

function source(file: string): string {
  return new URL(file, import.meta.url).pathname;
}

function pythonProgram(module: string, file: string, ...args: readonly string[]): ClientProgram {
  const isHere = succeeds(python, ["-c", `import ${module}.client`]);
  return {
    client: `${module} in Python`,
    command: [python, source(file), ...args],
    missing: isHere
      ? undefined
      : `there is no ${module} here (with Python: deno task serf:clients)`,
  };
}

function nodeProgram(): ClientProgram {
  const env = { NODE_PATH: `${NODE_FOLDER}/node_modules` };
  const isHere = succeeds("node", ["-e", "require('node-serf')"], env);
  return {
    client: "node-serf in Node",
    command: ["node", source("node_serf_calls.cjs")],
    env,
    missing: isHere ? undefined : "there is no node-serf here (with Node: deno task serf:clients)",
  };
}

function goClientProgram(): ClientProgram {
  const { path, missing } = goProgram("rpc_calls");
  return { client: "Serf's client in Go", command: [path], missing };
}

function succeeds(program: string, args: string[], env: Record<string, string> = {}): boolean {
  try {
    return new Deno.Command(program, { args, env, stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}
