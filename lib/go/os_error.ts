/**
 * Errors of the operating system in the words of Go, which users of Serf know and search their logs for.
 *
 * @module
 */

import { errorText } from "../base/errors.ts";

/** The texts for errors of node: modules, which only have a code. */
const textsByCode: Readonly<Record<string, string>> = {
  EADDRINUSE: "address already in use",
  EADDRNOTAVAIL: "cannot assign requested address",
  EAFNOSUPPORT: "address family not supported by protocol",
  EACCES: "permission denied",
  EMSGSIZE: "message too long",
  ENETUNREACH: "network is unreachable",
  EHOSTUNREACH: "no route to host",
};

/**
 * The reason of a system error as Go prints it, for instance `connection refused`: the system's text in lower case,
 * without error number, operation and path. For other errors it is their message.
 */
export function osErrorText(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const known = textsByCode[code];
  if (known !== undefined) return known;
  const text = errorText(error).replace(/ \(os error \d+\).*$/s, "");
  return text.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}
