/**
 * The files that certificates and keys of RPC over TLS are in.
 *
 * @module
 */

import { osErrorText } from "../go/os_error.ts";

/** Where each of them is; an empty path stands for none. */
export interface TlsPaths {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** What the files must hold. */
const CONTENTS = {
  ca: { what: "certificate", pattern: /-----BEGIN CERTIFICATE-----/ },
  cert: { what: "certificate", pattern: /-----BEGIN CERTIFICATE-----/ },
  key: { what: "private key", pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----/ },
} as const;

/** The contents of the files; absent where there is no path. Throws an `Error` that names the file. */
export function readTlsFiles(paths: TlsPaths): { [Kind in keyof TlsPaths]?: string } {
  if ((paths.cert === "") !== (paths.key === "")) {
    const [given, missing] = paths.cert === "" ? ["key", "certificate"] : ["certificate", "key"];
    throw new Error(`tls: the ${given} ${paths.cert || paths.key} needs a ${missing} too`);
  }
  const kinds = ["ca", "cert", "key"] as const;
  return Object.fromEntries(
    kinds.filter((kind) => paths[kind] !== "").map((kind) => [kind, readPem(paths[kind], kind)]),
  );
}

function readPem(path: string, kind: keyof TlsPaths): string {
  const { what, pattern } = CONTENTS[kind];
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (cause) {
    throw new Error(`tls: failed to read: open ${path}: ${osErrorText(cause)}`, { cause });
  }
  if (!pattern.test(text)) throw new Error(`tls: no ${what} in PEM in ${path}`);
  return text;
}
