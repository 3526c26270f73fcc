/** What two programs said, made comparable. */

import type { CommandResult } from "../support/program.ts";
import { inNewWords } from "./versions.ts";

/** Replaces what differs between two runs of one program, or is ours to word, and sorts what is in no order. */
export function comparable({ code, stdout, stderr }: CommandResult): CommandResult {
  return { code, stdout: normalise(stdout), stderr: normalise(stderr) };
}

function normalise(text: string): string {
  return inNewWords(text)
    .replace(/Usage: serf (?!.*\nFor its options: )[^]*?(\n*)$/, "HELP$1")
    .replace(/^.*\n\n.*:\n(\* .*\n){5}/m, "HINTS\n")
    .replace(/^\S+(?=\nAgent Protocol)/, "VERSION")
    .replace(/version( = |": ")[\w.]+/g, "version = VERSION")
    .replace(/(lookup \S+) on \S+:/g, "$1:")
    .replace(/"?(goroutines|\w+_queue|member_time|health_score)"?( =|:) "?\d+"?/g, "$1$2 N")
    .replace(/rtt: \d+\.\d{3} ms/g, "rtt: N ms")
    .replace(/\d+\.\d\d sec/g, "N sec")
    .replace(/0x7f, 0x[0-9a-f]+, 0x[0-9a-f]+,/g, "NET,")
    .replace(/client: 127\.0\.0\.1:\d+/g, "client: CLIENT")
    .replace(/127\.\d+\.\d+\./g, "NET.")
    .replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d/gm, "TIME")
    .replace(/ {2,}/g, "  ")
    // Of the items of a JSON list, which are sorted below, only the last one has no comma.
    .replace(/^( +".*),$/gm, "$1")
    .split("\n").map(sortTags).sort().join("\n");
}

/** The tags of a member are in no order, nor are members, acks, keys and the fields of an event. */
function sortTags(line: string): string {
  return line.replace(/\S+=\S+/g, (tags) => tags.split(",").sort().join(",")).trimEnd();
}
