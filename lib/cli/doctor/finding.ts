/**
 * What `serf doctor` says: one line for each thing that was looked at.
 *
 * @module
 */

import { escapeControls } from "../../go/escape_controls.ts";
import type { JsonValue } from "../../go/format_json.ts";

/** How bad it is, from good to bad; the index is the exit code. */
export const STATUSES = ["ok", "warn", "fail"] as const;

/** One thing that was looked at. */
export interface Finding {
  readonly status: typeof STATUSES[number];
  /** What was seen, in one line that names whom it is about. */
  readonly seen: string;
  /** What to do; absent if nothing is to be done. */
  readonly advice?: string;
}

/** A finding, and which check it is of. */
export interface CheckedFinding extends Finding {
  readonly check: string;
}

/** `1 member`, `2 members`. */
export function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** The exit code: 0 if all is well, 1 with warnings, 2 with failures. */
export function exitCodeOf(findings: readonly Finding[]): number {
  return Math.max(0, ...findings.map(({ status }) => STATUSES.indexOf(status)));
}

/** The findings as text, the worst last, where people look. Control characters in names of others are escaped. */
export function formatFindings(findings: readonly CheckedFinding[]): string {
  const width = Math.max(0, ...findings.map(({ check }) => check.length));
  return [...findings]
    .sort((a, b) => STATUSES.indexOf(a.status) - STATUSES.indexOf(b.status))
    .flatMap(({ check, status, seen, advice }) => [
      `${status.padEnd(4)}  ${check.padEnd(width)}  ${escapeControls(seen)}`,
      ...advice === undefined ? [] : [`${" ".repeat(width + 8)}${advice}`],
    ])
    .join("\n");
}

/** The findings for machines. */
export function findingsAsJson(findings: readonly CheckedFinding[]): JsonValue {
  return {
    status: STATUSES[exitCodeOf(findings)],
    findings: findings.map(({ check, status, seen, advice }) => ({
      check,
      status,
      seen,
      advice: advice ?? null,
    })),
  };
}
