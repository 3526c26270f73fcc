/**
 * What a route of the HTTP API is: the one description from which the server, the checks of requests and the OpenAPI
 * document are made.
 *
 * @module
 */

import type { HttpApi } from "../http_agent.ts";
import type { Schema } from "../schemas.ts";

/**
 * Who may use a route: `open` to all, `read` to all on this machine and otherwise with the token, `token` only with the
 * token, because it changes something or shows secrets.
 */
export type Access = "open" | "read" | "token";

/** The types of query parameters by kind. */
interface ParameterKinds {
  text: string | undefined;
  /** The parameter may be repeated. */
  texts: readonly string[];
  /** `?name`, `?name=true` or `?name=false`. */
  flag: boolean;
  /** A whole number from 0. */
  count: number | undefined;
  /** In Go's notation, as in `10s`; here in milliseconds. */
  duration: number | undefined;
}

/** The kind of a query parameter. */
export type ParameterKind = keyof ParameterKinds;

/** One parameter of the query string. */
export interface QueryParameter {
  readonly kind: ParameterKind;
  readonly help: string;
}

type QueryTable = Readonly<Record<string, QueryParameter>>;

/** The values of query parameters by name. */
export type QueryValues<Table extends QueryTable> = {
  readonly [Name in keyof Table]: ParameterKinds[Table[Name]["kind"]];
};

/** One request. */
export interface Call<Table extends QueryTable = QueryTable> {
  /** The parts of the path that the route names. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: QueryValues<Table>;
  readonly headers: Headers;
  /** Empty if the route takes no body. */
  readonly body: Uint8Array;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

/** What a request is answered with. */
export interface Outcome {
  /** Default: 200. */
  readonly status?: number;
  /** Sent as JSON, unless there is a `body`. */
  readonly json?: unknown;
  /** Sent as it is, with the content type of the route. */
  readonly body?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Why the request failed after all; a handler that has nothing to do afterwards just throws. */
  readonly error?: unknown;
  /** Called when the answer has been sent, or could not be. */
  readonly afterwards?: () => void;
}

/** Something that is read when it has changed: a blocking read waits for its index to do so. */
interface Blocking {
  readonly index: (api: HttpApi) => number;
  readonly wait: (
    api: HttpApi,
    index: number,
    options: { readonly waitMs: number; readonly signal: AbortSignal },
  ) => Promise<void>;
}

/** One route. */
export interface Route<Table extends QueryTable = QueryTable> {
  readonly method: "get" | "post" | "put" | "delete";
  /** With parameters in braces, as in `/v1/agent/join/{address}`. */
  readonly path: string;
  /** The name of the operation in OpenAPI, and so of the methods of generated clients. */
  readonly id: string;
  readonly summary: string;
  readonly access: Access;
  /** What the parameters in the path mean. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly query?: Table;
  /** The body that requests have. Default: none. */
  readonly body?: { readonly type: string; readonly schema: Schema; readonly help: string };
  /** The body of a success. The type is `application/json` unless told otherwise. */
  readonly response: { readonly type?: string; readonly schema: Schema; readonly help: string };
  /** The statuses besides 200 that the handler itself answers with. */
  readonly otherStatuses?: Readonly<Record<number, string>>;
  readonly blocking?: Blocking;
  readonly handle: (api: HttpApi, call: Call<Table>) => Outcome | Promise<Outcome>;
}

/** A route whose handler gets its query parameters with their types. */
export function route<const Table extends QueryTable>(route: Route<Table>): Route {
  // The server parses the parameters of each route by its table.
  return route as unknown as Route;
}
