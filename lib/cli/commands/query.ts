/**
 * `serf query`.
 *
 * @module
 */

import type { QueryFailure, QueryRecord } from "../../api/query.ts";
import { toBase64 } from "../../base/bytes.ts";
import { decodeText, encodeText } from "../../base/text.ts";
import { escapeControls, escapeControlsInLines } from "../../go/escape_controls.ts";
import { formatJson, formatJsonLine, type JsonValue } from "../../go/format_json.ts";
import { openQuery } from "../../rpc/client/queries.ts";
import { CommandFailure, type CommandIo, labelled } from "../command.ts";
import { follow } from "../follow.ts";
import { namedPayload, PAYLOAD_HELP } from "../named_payload.ts";
import type { OutputFormat } from "../output.ts";
import { rpcCommand } from "../rpc_command.ts";
import { parseTagFlags } from "../tag_pairs.ts";

/** Sends a query and prints the responses. */
export const query = rpcCommand({
  line: "serf query [options] name [payload]",
  description:
    "Sends a query to every member of the cluster, or to those that the filters select, and prints the responses. Each member that receives the query also acknowledges it.\n\n" +
    `The command ends at the timeout of the query, and succeeds even if nobody responds.\n\n${PAYLOAD_HELP}`,
  formats: ["text", "json", "ndjson"],
  invalidFormat: (format) => `Invalid format: ${format}`,
  flags: {
    node: { kind: "list", value: "name", help: "Asks only the member with this name." },
    tag: {
      kind: "list",
      value: "key=regexp",
      help:
        "Asks only members whose tag has a match of the regular expression (RE2 syntax) anywhere in its value.",
    },
    timeout: {
      kind: "duration",
      value: "duration",
      help: "How long to wait for responses, such as 15s. By default the agent decides.",
    },
    "no-ack": { kind: "bool", help: "Does not request acknowledgements." },
    "relay-factor": {
      kind: "int",
      value: "n",
      default: 0,
      help: "Number of random members that also relay each response, in case packets get lost.",
    },
  },
  async run({ flags, positionals, io, format, connect }) {
    const tags = parseTagFlags(flags.tag);
    const { name, payload } = await namedPayload(positionals, {
      missing: "A query name must be specified.",
      io,
    });
    const { node: nodes, timeout: timeoutMs, "relay-factor": relayFactor } = flags;
    if (relayFactor < 0 || relayFactor > 255) {
      throw new CommandFailure("Relay factor must be between 0 and 255");
    }
    if (timeoutMs !== undefined && timeoutMs < 0) {
      throw new CommandFailure("Timeout must not be negative");
    }
    await using channel = await connect();
    const requestAck = !flags["no-ack"];
    const printer = printers[format]({ name, requestAck, io });
    const records = await labelled(
      "Error sending query",
      openQuery(channel, name, payload, {
        nodes,
        tags,
        requestAck,
        failures: requestAck,
        relayFactor,
        timeoutMs,
      }),
    );
    const { interrupt } = io;
    printer.started();
    await follow(records, { interrupt, handle: (record) => printer.received(record) });
    if (interrupt.aborted) return 1;
    printer.finished();
  },
});

interface QueryPrinter {
  started(): void;
  received(record: QueryRecord): void;
  finished(): void;
}

interface PrinterOptions {
  readonly name: string;
  readonly requestAck: boolean;
  readonly io: CommandIo;
}

const printers: Readonly<Record<OutputFormat, (options: PrinterOptions) => QueryPrinter>> = {
  text: textPrinter,
  json: jsonPrinter,
  ndjson: linePrinter,
};

/** Prints acknowledgements and responses as they arrive, and their numbers at the end. */
function textPrinter({ name, requestAck, io }: PrinterOptions): QueryPrinter {
  const counts = { ack: 0, response: 0, failure: 0 };
  return {
    started: () => io.out(`Query '${name}' dispatched`),
    received(record) {
      counts[record.type]++;
      if (record.type === "ack") io.out(`Ack from '${escapeControls(record.from)}'`);
      else if (record.type === "failure") io.err(failureLine(record));
      else {
        const payload = record.payload ?? new Uint8Array();
        io.out(answerLine(record.from, io.isTerminal ? printable(payload) : payload));
      }
    },
    finished() {
      if (requestAck) io.out(`Total Acks: ${counts.ack}`);
      io.out(`Total Responses: ${counts.response}`);
    },
  };
}

/** Goes to standard error, because scripts read answers on the other. */
function failureLine({ from, reason }: QueryFailure): string {
  return `No response from '${escapeControls(from)}': ${escapeControls(reason)}`;
}

/** Bytes, because the payload may be binary; one newline at its end is left out, as in Serf. */
function answerLine(from: string, payload: Uint8Array): Uint8Array {
  const label = encodeText(`Response from '${escapeControls(from)}': `);
  const end = payload.at(-1) === 0x0a ? payload.length - 1 : payload.length;
  const line = new Uint8Array(label.length + end);
  line.set(label);
  line.set(payload.subarray(0, end), label.length);
  return line;
}

/** A payload for a terminal. Its lines stay what they are, other control characters are escaped. */
function printable(payload: Uint8Array): Uint8Array {
  return encodeText(escapeControlsInLines(decodeText(payload)));
}

/** Prints one JSON object at the end. */
function jsonPrinter({ io }: PrinterOptions): QueryPrinter {
  const acks: string[] = [];
  const responses = new Map<string, string>();
  const failures = new Map<string, string>();
  return {
    started() {},
    received(record) {
      if (record.type === "ack") acks.push(record.from);
      else if (record.type === "failure") failures.set(record.from, record.reason);
      else responses.set(record.from, decodeText(record.payload));
    },
    finished() {
      const known = { Acks: acks.length === 0 ? null : acks, Responses: responses };
      io.out(formatJson(failures.size === 0 ? known : { ...known, Failures: failures }));
    },
  };
}

/** Prints what comes as it comes, as the HTTP API sends it. */
function linePrinter({ io }: PrinterOptions): QueryPrinter {
  const counts = { ack: 0, response: 0, failure: 0 };
  const print = (record: JsonValue) => io.out(formatJsonLine(record));
  return {
    started() {},
    received(record) {
      counts[record.type]++;
      const { from } = record;
      if (record.type === "ack") print({ Type: "ack", From: from });
      else if (record.type === "failure") {
        print({ Type: "failure", From: from, Reason: record.reason });
      } else {
        const Payload = record.payload && toBase64(record.payload);
        print({ Type: "response", From: from, Payload });
      }
    },
    finished: () => print({ Type: "done", Acks: counts.ack, Responses: counts.response }),
  };
}
