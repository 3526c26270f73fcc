/**
 * The `-format` flag of commands that can print text or JSON.
 *
 * @module
 */

import type { FlagSpec } from "../go/flags.ts";
import { CommandFailure } from "./command_failure.ts";
import { goJson, type GoJsonValue } from "../go/format_json.ts";
import { trimSpace } from "../go/trim_space.ts";

/** The flag's declaration. */
export const formatFlag = {
  kind: "string",
  value: "text|json",
  default: "text",
  help: "How the result is printed.",
} as const satisfies FlagSpec;

/** A result in both forms; only the one that is asked for is made. */
export interface Formats {
  text(): string;
  json(): GoJsonValue;
}

/** Formats a result without white space around it; throws a {@link CommandFailure} for an unknown format. */
export function formatResult(format: string, formats: Formats): string {
  switch (format) {
    case "text":
      return trimSpace(formats.text());
    case "json":
      return goJson(formats.json());
    default:
      throw new CommandFailure(`Encoding error: Invalid output format "${format}"`);
  }
}
