/**
 * `serf members`.
 *
 * @module
 */

import type { Member } from "../../rpc/client/client.ts";
import { formatColumns, formatFlag, formatResult } from "../output.ts";
import { escapeControls } from "../../go/escape_controls.ts";
import { labelled } from "../command.ts";
import type { JsonValue } from "../../go/format_json.ts";
import { rpcCommand } from "../rpc_command.ts";
import { parseTagFlags } from "../tag_pairs.ts";

/** Lists the members of the cluster. */
export const members = rpcCommand({
  line: "serf members [options]",
  description:
    "Lists the members of the cluster that the agent knows. With several filters, the members that match all of them are listed. A regular expression (RE2 syntax) has to match the whole value.",
  flags: {
    detailed: { kind: "bool", help: "Also shows protocol versions, which JSON output always has." },
    format: formatFlag,
    name: { kind: "string", value: "regexp", help: "Lists only members whose name matches." },
    role: {
      kind: "string",
      value: "regexp",
      help: "Deprecated, use -tag role=regexp.",
    },
    status: {
      kind: "string",
      value: "regexp",
      help: "Lists only members whose status (alive, leaving, left or failed) matches.",
    },
    tag: { kind: "list", value: "key=regexp", help: "Lists only members whose tag matches." },
  },
  async run({ flags: { detailed, format, name, role, status, tag }, io, connect }) {
    const pairs = [...tag];
    if (role !== undefined && role !== "") {
      io.out("Deprecation warning: 'Role' has been replaced with 'Tags'");
      pairs.push(`role=${role}`);
    }
    const tags = parseTagFlags(pairs);
    await using client = await connect();
    const found = await labelled(
      "Error retrieving members",
      client.members({ tags, status, name }),
    );
    io.out(formatResult(format, {
      text: () => formatColumns(found.map((member) => textRow(member, detailed))),
      json: () => ({ members: found.length === 0 ? null : found.map(jsonMember) }),
    }));
  },
});

function textRow(member: Member, detailed: boolean): string {
  const { name, address, status, tags, delegateCur, delegateMin, delegateMax } = member;
  const tagText = Object.entries(tags).map(([key, value]) => `${key}=${value}`).join(",");
  const cells = [name, address.text, status, tagText];
  if (detailed) {
    cells.push(
      `Protocol Version: ${delegateCur}`,
      `Available Protocol Range: [${delegateMin}, ${delegateMax}]`,
    );
  }
  return escapeControls(cells.join("|"));
}

function jsonMember(member: Member): JsonValue {
  return {
    name: member.name,
    addr: member.address.text,
    port: member.address.port,
    tags: new Map(Object.entries(member.tags)),
    status: member.status,
    protocol: {
      max: member.delegateMax,
      min: member.delegateMin,
      version: member.delegateCur,
    },
  };
}
