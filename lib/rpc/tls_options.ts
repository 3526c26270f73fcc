/**
 * Certificates and keys of RPC over TLS, as text in PEM.
 *
 * @module
 */

import { checkOptions, checkText } from "../api/arguments.ts";

/** What a client shows to the agent, and what it accepts. */
export interface RpcTlsOptions {
  /** The certificates that sign the agent's, in PEM. Default: those that the system trusts. */
  readonly ca?: string;
  /** This client's certificate, and those between it and the one that the agent knows, in PEM. Default: none is shown. */
  readonly cert?: string;
  /** The private key of `cert`, in PEM. */
  readonly key?: string;
  /** The name or address that the agent's certificate is for. Default: the host of the address. */
  readonly serverName?: string;
}

/** What a server shows to its clients, and what it accepts. */
export interface ServerTlsOptions {
  /** The server's certificate, and those between it and the one that clients know, in PEM. */
  readonly cert: string;
  /** The private key of `cert`, in PEM. */
  readonly key: string;
  /** The certificates that sign those of clients, in PEM. Default: clients need none. */
  readonly ca?: string;
}

/** Throws unless this is what a client may say about TLS. */
export function checkTlsOptions(tls: RpcTlsOptions): void {
  const names = ["ca", "cert", "key", "serverName"] as const;
  checkOptions(tls, names, "tls.");
  for (const name of names) if (tls[name] !== undefined) checkText(`tls.${name}`, tls[name]);
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    throw new TypeError("Cannot use tls: expected both cert and key, or neither");
  }
}
