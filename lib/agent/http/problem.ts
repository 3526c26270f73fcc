/**
 * Errors of the HTTP API as Problem Details (RFC 9457).
 *
 * @module
 */

import { KeyError } from "../../api/keys.ts";
import { ClosedError, JoinError, TimeoutError } from "../../base/errors.ts";
import { toJson } from "../../go/format_json.ts";
import { keyJson } from "./json_forms.ts";
import { failureText } from "../../rpc/failure_text.ts";

/** The titles of the statuses that the API answers with. */
const TITLES = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  413: "Content Too Large",
  421: "Misdirected Request",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
} as const;

/** A status of an error. */
export type ProblemStatus = keyof typeof TITLES;

/** A request that cannot be carried out, and what the client is told. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: ProblemStatus;
  readonly headers: Readonly<Record<string, string>>;
  /** What else the client is told, by name. */
  readonly more: Readonly<Record<string, unknown>>;

  /** `detail` is for the client. */
  constructor(
    status: ProblemStatus,
    detail: string,
    options: ErrorOptions & {
      readonly headers?: Readonly<Record<string, string>>;
      readonly more?: Readonly<Record<string, unknown>>;
    } = {},
  ) {
    super(detail, options);
    this.status = status;
    this.headers = options.headers ?? {};
    this.more = options.more ?? {};
  }

  /** The problem that an error of the agent is to the client. */
  static from(error: unknown): Problem {
    if (error instanceof Problem) return error;
    const more = error instanceof KeyError ? keyJson(error.result) : undefined;
    return new Problem(statusOf(error), failureText(error), { cause: error, more });
  }

  /** The answer to the request. */
  response(): Response {
    const { status, message: detail, more } = this;
    const title = TITLES[status];
    const body = toJson({ type: "about:blank", title, status, detail, ...more });
    return new Response(body, {
      status,
      headers: { "content-type": "application/problem+json", ...this.headers },
    });
  }
}

/** Whether an error is one that nobody expects, and so one for the log. */
export function isUnexpected(error: unknown): boolean {
  return !(error instanceof Problem) && statusOf(error) === 500;
}

function statusOf(error: unknown): ProblemStatus {
  // Arguments that the agent refuses. Errors of the language itself have no other class than these two.
  if (error instanceof TypeError || error instanceof RangeError) return 400;
  if (error instanceof JoinError || error instanceof KeyError) return 502;
  if (error instanceof ClosedError) return 503;
  if (error instanceof TimeoutError) return 504;
  return 500;
}
