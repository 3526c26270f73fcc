/**
 * The table of members for people at a terminal: with a header, in order of name, and with colours if wanted.
 *
 * @module
 */

import type { Member, MemberStatus } from "../api/member.ts";
import { formatColumns } from "./output.ts";

/** How the table looks. */
export interface TableOptions {
  /** The cells of a member, separated by `|`. */
  readonly row: (member: Member) => string;
  readonly colors: boolean;
}

const BOLD = "\x1b[1m";
const RESET = "\x1b[0m";
const ROW_COLORS: Readonly<Partial<Record<MemberStatus, string>>> = {
  leaving: "\x1b[33m",
  left: "\x1b[2m",
  failed: "\x1b[31m",
};

/** Lays the table out, without a newline at the end. */
export function membersTable(members: readonly Member[], { row, colors }: TableOptions): string {
  const sorted = members.toSorted((a, b) => a.name < b.name ? -1 : 1);
  const [header, ...lines] = formatColumns(["NAME|ADDRESS|STATUS|TAGS", ...sorted.map(row)])
    .split("\n").map((line) => line.trimEnd());
  if (!colors) return [header, ...lines].join("\n");
  const colored = lines.map((line, i) => {
    const color = ROW_COLORS[sorted[i].status];
    return color === undefined ? line : `${color}${line}${RESET}`;
  });
  return [`${BOLD}${header}${RESET}`, ...colored].join("\n");
}
