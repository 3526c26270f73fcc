/**
 * `serf monitor`.
 *
 * @module
 */

import type { SerfEvent } from "../../api/event.ts";
import type { Member } from "../../api/member.ts";
import { decodeText } from "../../base/text.ts";
import { escapeControlsInLines } from "../../go/escape_controls.ts";
import { toJson } from "../../go/format_json.ts";
import { goQuote } from "../../go/quote.ts";
import { goSyntax, type GoValue } from "../../go/syntax.ts";
import { openEvents, openMonitor } from "../../rpc/client/streams.ts";
import { CommandFailure, type CommandIo, labelled } from "../command.ts";
import { follow } from "../follow.ts";
import { rpcCommand } from "../rpc_command.ts";

/** Prints the log and the events of the agent until interrupted. */
export const monitor = rpcCommand({
  line: "serf monitor [options]",
  description:
    "Shows the recent log of the agent, then follows its log and all events until interrupted. The log level may be lower than the one of the agent itself.",
  flags: {
    "log-level": {
      kind: "string",
      value: "level",
      default: "INFO",
      help: "Lowest level to show: TRACE, DEBUG, INFO, WARN or ERR.",
    },
  },
  formats: ["text", "json", "ndjson"],
  async run({ flags: { "log-level": level }, io, format, connect }) {
    const print = format === "text" ? textPrinter(io) : await jsonPrinter(io);
    await using channel = await connect();
    const { interrupt } = io;
    const events = await labelled("Error starting stream", openEvents(channel));
    const lines = await labelled("Error starting monitor", openMonitor(channel, level));
    await Promise.all([
      follow(events, { interrupt, handle: print.event }),
      follow(lines, { interrupt, handle: print.line }),
    ]);
    if (interrupt.aborted) return 0;
    throw new CommandFailure(
      "\nRemote side ended the monitor! This usually means that the\nremote side has exited or crashed.",
    );
  },
});

interface Printer {
  readonly event: (event: SerfEvent) => void;
  readonly line: (line: string) => void;
}

function textPrinter(io: CommandIo): Printer {
  return {
    event(event) {
      const fields = Object.entries(eventFields(event));
      const show = io.isTerminal ? showForPeople : goSyntax;
      const lines = fields.map(([key, value]) => `\t${key}: ${show(value)}`);
      io.out(["Event Info:", ...lines].join("\n"));
    },
    line: (line) => io.out(escapeControlsInLines(line)),
  };
}

/** An object a line. Log lines have a `message`, events an `Event`, as in the HTTP API. */
async function jsonPrinter(io: CommandIo): Promise<Printer> {
  const { eventJson } = await import("../../agent/http/json_forms.ts");
  const { formatRecord, parseLogLine } = await import("../../agent/log/structured_log.ts");
  return {
    event: (event) => io.out(toJson(eventJson(event, Date.now()))),
    line: (line) => io.out(formatRecord(parseLogLine(line), "json")),
  };
}

/** On a terminal, a payload that is text is shown as such; scripts get Go's syntax, as from Serf. */
function showForPeople(value: GoValue): string {
  if (!(value instanceof Uint8Array)) return goSyntax(value);
  const text = decodeText(value);
  return text.isWellFormed() ? goQuote(text) : goSyntax(value);
}

/** The fields of an event, under the names that they have in the RPC protocol. */
function eventFields(event: SerfEvent): Record<string, GoValue> {
  switch (event.type) {
    case "user": {
      const { type, lTime, name, payload, coalesce } = event;
      return { Coalesce: coalesce, Event: type, LTime: lTime, Name: name, Payload: payload };
    }
    case "query": {
      const { type, id, lTime, name, payload } = event;
      return { Event: type, ID: id, LTime: lTime, Name: name, Payload: payload };
    }
    default:
      return { Event: event.type, Members: event.members.map(memberFields) };
  }
}

function memberFields(member: Member): Record<string, GoValue> {
  return {
    Addr: member.address.ip,
    DelegateCur: member.delegateCur,
    DelegateMax: member.delegateMax,
    DelegateMin: member.delegateMin,
    Name: member.name,
    Port: member.address.port,
    ProtocolCur: member.protocolCur,
    ProtocolMax: member.protocolMax,
    ProtocolMin: member.protocolMin,
    Status: member.status,
    Tags: member.tags,
  };
}
