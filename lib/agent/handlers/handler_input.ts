/**
 * What a script gets of an event: variables in its environment, and lines or a payload on its standard input.
 *
 * @module
 */

import { encodeText } from "../../base/text.ts";
import type { MemberEvent, SerfEvent } from "../../api/event.ts";
import type { Member } from "../../api/member.ts";

const NEWLINE = 0x0a;

/** The environment variables that describe the event and this node. */
export function handlerEnvironment(self: Member, event: SerfEvent): Record<string, string> {
  const tags = Object.entries(self.tags).map((
    [name, value],
  ) => [`SERF_TAG_${variable(name)}`, value]);
  return {
    SERF_EVENT: event.type,
    SERF_SELF_NAME: self.name,
    SERF_SELF_ROLE: self.tags.role ?? "",
    ...Object.fromEntries(tags),
    ...eventVariables(event),
  };
}

/**
 * The standard input of a script. For a member event, one line for each member: name, address, role and tags, separated
 * by tabs. For a user event or a query, the payload; unless it is empty, it ends in a newline.
 */
export function handlerInput(event: SerfEvent): Uint8Array {
  if (event.type !== "user" && event.type !== "query") {
    return encodeText(memberLines(event));
  }
  const payload = event.payload ?? new Uint8Array();
  if (payload.length === 0 || payload.at(-1) === NEWLINE) return payload;
  const line = new Uint8Array(payload.length + 1);
  line.set(payload);
  line[payload.length] = NEWLINE;
  return line;
}

/** The name of a tag as part of a variable's name. */
function variable(tag: string): string {
  return tag.toUpperCase().replace(/[^A-Z0-9_]/gu, "_");
}

function eventVariables(event: SerfEvent): Record<string, string> {
  switch (event.type) {
    case "user":
      return { SERF_USER_EVENT: event.name, SERF_USER_LTIME: String(event.lTime) };
    case "query":
      return { SERF_QUERY_NAME: event.name, SERF_QUERY_LTIME: String(event.lTime) };
    default:
      return {};
  }
}

function memberLines({ members }: MemberEvent): string {
  return members.map(({ name, address, tags }) => {
    const pairs = Object.entries(tags).map(([tag, value]) => `${tag}=${value}`).join(",");
    return `${[clean(name), address.host, clean(tags.role ?? ""), clean(pairs)].join("\t")}\n`;
  }).join("");
}

/** Escapes tabs and newlines, which are separators. */
function clean(text: string): string {
  return text.replaceAll("\t", "\\t").replaceAll("\n", "\\n");
}
