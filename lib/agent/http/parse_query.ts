/**
 * Query strings by the tables of the routes.
 *
 * @module
 */

import { errorText } from "../../base/errors.ts";
import { parseDuration } from "../../go/duration.ts";
import { DEFAULT_WAIT_MS, MAX_WAIT_MS } from "./change_index.ts";
import { Problem } from "./problem.ts";
import type { ParameterKind, QueryParameter, QueryValues } from "./routes/route.ts";

type QueryTable = Readonly<Record<string, QueryParameter>>;

/** The parameters of every blocking read. */
export const blockingParameters = {
  index: {
    kind: "count",
    help: "X-Serf-Index of an earlier answer: waits until there is something newer",
  },
  wait: {
    kind: "duration",
    help: "How long to wait for that, as in `30s`. Default 5m, at most 10m",
  },
} as const satisfies QueryTable;

/** When a blocking read is answered. */
interface Wait {
  /** `undefined` for at once. */
  readonly index: number | undefined;
  readonly waitMs: number;
}

/** The parameters of a route by name. Throws a {@link Problem} that names what is wrong. */
export function parseQuery<Table extends QueryTable>(
  parameters: URLSearchParams,
  table: Table,
  { blocking }: { readonly blocking: boolean },
): QueryValues<Table> {
  const known = [...Object.keys(table), ...blocking ? Object.keys(blockingParameters) : []];
  for (const name of parameters.keys()) {
    if (known.includes(name)) continue;
    const expected = known.length === 0 ? "none" : `one of ${known.join(", ")}`;
    throw new Problem(400, `Cannot use parameter ${name}: expected ${expected}`);
  }
  const entries = Object.entries(table)
    .map(([name, { kind }]) => [name, parse(name, kind, parameters.getAll(name))]);
  return Object.fromEntries(entries);
}

/** When a blocking read with these parameters is answered. Throws like {@link parseQuery}. */
export function parseWait(parameters: URLSearchParams): Wait {
  const value = (name: keyof typeof blockingParameters) =>
    parse(name, blockingParameters[name].kind, parameters.getAll(name)) as number | undefined;
  return { index: value("index"), waitMs: Math.min(value("wait") ?? DEFAULT_WAIT_MS, MAX_WAIT_MS) };
}

function parse(name: string, kind: ParameterKind, texts: readonly string[]): unknown {
  const refuse = (expected: string): never => {
    throw new Problem(
      400,
      `Cannot use parameter ${name}: got "${texts.join()}", expected ${expected}`,
    );
  };
  if (kind === "texts") return texts;
  if (texts.length > 1) refuse("one value");
  const [text] = texts;
  switch (kind) {
    case "text":
      return text;
    case "flag":
      if (!["", "true", "false", undefined].includes(text)) refuse("true or false");
      return text === "" || text === "true";
    case "count":
      if (text !== undefined && !/^\d{1,15}$/.test(text)) refuse("a whole number");
      return text === undefined ? undefined : Number(text);
    case "duration":
      return text === undefined ? undefined : duration(text, refuse);
    default:
      throw kind satisfies never;
  }
}

function duration(text: string, refuse: (expected: string) => never): number {
  try {
    return parseDuration(text);
  } catch (error) {
    return refuse(`a duration such as 30s (${errorText(error)})`);
  }
}
