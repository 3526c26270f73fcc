/**
 * What the operating system says went wrong, in the words that Serf's users know and search their logs for.
 *
 * @module
 */

import { errorText } from "../base/errors.ts";

/** Node's error codes, which come without the system's text. */
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
 * The bare reason of a system error as Go prints it, for instance `connection refused`: the system's own text with a
 * small first letter, without number, operation and path. Other errors give their message.
 */
export function osErrorText(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const known = textsByCode[code];
  if (known !== undefined) return known;
  const text = errorText(error).replace(/ \(os error \d+\).*$/s, "");
  return text.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}
