/**
 * Errors of the operating system in the words of Go, which users of Serf know and search their logs for.
 *
 * @module
 */

import { errorCode, errorText } from "../base/errors.ts";

/** The texts for errors of node: modules, whose own are in other words or only name the code. */
const textsByCode: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EADDRINUSE: "address already in use",
  EADDRNOTAVAIL: "cannot assign requested address",
  EAFNOSUPPORT: "address family not supported by protocol",
  ECONNABORTED: "software caused connection abort",
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset by peer",
  EDQUOT: "disk quota exceeded",
  EFBIG: "file too large",
  EHOSTUNREACH: "no route to host",
  EIO: "input/output error",
  EISDIR: "is a directory",
  EMFILE: "too many open files",
  EMSGSIZE: "message too long",
  ENETUNREACH: "network is unreachable",
  ENOENT: "no such file or directory",
  ENOSPC: "no space left on device",
  ENOTCONN: "transport endpoint is not connected",
  ENOTDIR: "not a directory",
  EPERM: "operation not permitted",
  EPIPE: "broken pipe",
  EROFS: "read-only file system",
  ETIMEDOUT: "connection timed out",
};

/**
 * The reason of a system error as Go prints it, for instance `connection refused`: the system's text in lower case,
 * without error number, operation and path. For other errors it is their message.
 */
export function osErrorText(error: unknown): string {
  const known = textsByCode[errorCode(error) ?? ""];
  if (known !== undefined) return known;
  const text = errorText(error).replace(/ \(os error \d+\).*$/s, "");
  return text.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}
