/**
 * `serf members`.
 *
 * @module
 */

import type { Member, MemberFilter } from "../../api/member.ts";
import { escapeControls } from "../../go/escape_controls.ts";
import { formatJsonLine, type JsonValue } from "../../go/format_json.ts";
import { listMembers } from "../../rpc/client/requests.ts";
import type { RpcChannel } from "../../rpc/client/rpc_channel.ts";
import { CommandFailure, type CommandIo, labelled } from "../command.ts";
import { formatColumns } from "../output.ts";
import { rpcCommand } from "../rpc_command.ts";
import { optionalVariable } from "../rpc_connection.ts";
import { parseTagFlags } from "../tag_pairs.ts";

/** Lists the members of the cluster. */
export const members = rpcCommand({
  line: "serf members [options]",
  description:
    "Lists the members of the cluster that the agent knows. With several filters, the members that match all of them are listed. A regular expression (RE2 syntax) has to match the whole value.",
  formats: ["text", "json", "ndjson"],
  flags: {
    detailed: { kind: "bool", help: "Also shows protocol versions, which JSON output always has." },
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
    watch: {
      kind: "bool",
      help: "Shows the members anew at every change, until interrupted; in JSON, one object for " +
        "each member that was added, changed or removed.",
    },
    "no-color": {
      kind: "bool",
      help: "Does not color the table on a terminal; a variable NO_COLOR does the same.",
    },
  },
  async run({ flags, io, format, print, connect }) {
    const { detailed, name, role, status, tag } = flags;
    const pairs = [...tag];
    if (role !== undefined && role !== "") {
      io.out("Deprecation warning: 'Role' has been replaced with 'Tags'");
      pairs.push(`role=${role}`);
    }
    const filter = { tags: parseTagFlags(pairs), status, name };
    const row = (member: Member) => textRow(member, detailed);
    const table = await tableFor(io, { row, noColor: flags["no-color"] });
    await using channel = await connect();
    if (flags.watch) {
      const { changePrinter, tablePrinter, watchMembers } = await import("../watch_members.ts");
      const show = format === "text" ? tablePrinter(io, table) : changePrinter(io, jsonMember);
      const retrieve = () => findMembers(channel, filter, io.interrupt);
      return await watchMembers(channel, { retrieve, show, io });
    }
    const found = await findMembers(channel, filter);
    if (format === "ndjson") {
      for (const member of found) io.out(formatJsonLine(jsonMember(member)));
      return;
    }
    print({ text: () => table(found), json: () => ({ members: found.map(jsonMember) }) });
  },
});

type Table = (members: readonly Member[]) => string;

/** Serf's table, or on a terminal one for people. */
async function tableFor(
  io: CommandIo,
  { row, noColor }: { readonly row: (member: Member) => string; readonly noColor: boolean },
): Promise<Table> {
  if (!io.isTerminal) return (members) => formatColumns(members.map(row));
  const { membersTable } = await import("../members_table.ts");
  const colors = !noColor && optionalVariable("NO_COLOR", io) === "" &&
    optionalVariable("TERM", io) !== "dumb";
  return (members) => membersTable(members, { row, colors });
}

async function findMembers(
  channel: RpcChannel,
  filter: MemberFilter,
  signal?: AbortSignal,
): Promise<readonly Member[]> {
  const label = "Error retrieving members";
  try {
    return await labelled(label, listMembers(channel, filter, { signal }));
  } catch (error) {
    if (!(error instanceof CommandFailure) || !error.message.endsWith("client closed")) throw error;
    const { expressionFailure } = await import("../expression_failure.ts");
    const reason = expressionFailure(filter);
    throw reason === undefined ? error : new CommandFailure(`${label}: ${reason}`);
  }
}

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
