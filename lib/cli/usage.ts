/**
 * The help text of a command, laid out from the same flag declarations that parse its arguments.
 *
 * @module
 */

import type { FlagSpec, FlagSpecs } from "../go/flags.ts";

/** The content of a help text. */
export interface Usage {
  /** Command and arguments, as in `serf event [options] name [payload]`. */
  readonly line: string;
  /** What the command does; paragraphs are separated by a blank line. */
  readonly description: string;
  readonly flags: FlagSpecs;
}

const WIDTH = 80;
const FLAG_COLUMN = 28;

/** Lays a help text out for a terminal of 80 columns; it has no newline at the end. */
export function formatUsage({ line, description, flags }: Usage): string {
  const paragraphs = description.split("\n\n").map((text) => wrap(text, 2).join("\n"));
  const options = Object.entries(flags).map(([name, spec]) => formatFlag(name, spec));
  const blocks = [`Usage: ${line}`, ...paragraphs];
  if (options.length > 0) blocks.push("Options:", options.join("\n"));
  return blocks.join("\n\n");
}

function formatFlag(name: string, spec: FlagSpec): string {
  const label = spec.kind === "bool" ? `  -${name}` : `  -${name}=${spec.value ?? spec.kind}`;
  const lines = wrap(flagNotes(spec), FLAG_COLUMN);
  if (label.length > FLAG_COLUMN - 2) return [label, ...lines].join("\n");
  return [label + lines[0].slice(label.length), ...lines.slice(1)].join("\n");
}

/** What there is to know of a flag. */
export function flagNotes({ help, kind, default: value }: FlagSpec): string {
  const notes = [
    help,
    kind === "list" ? "May be repeated." : "",
    value === undefined ? "" : `Default: ${value}.`,
  ];
  return notes.filter((text) => text !== "").join(" ");
}

/** Breaks text into lines of at most {@link WIDTH} columns, `indent` spaces included. */
export function wrap(text: string, indent: number): string[] {
  const margin = " ".repeat(indent);
  const lines: string[] = [];
  let line = margin;
  for (const word of text.split(/\s+/)) {
    if (line.length + 1 + word.length > WIDTH && line !== margin) {
      lines.push(line);
      line = margin;
    }
    line += line === margin ? word : ` ${word}`;
  }
  return [...lines, line];
}
