/**
 * Makes two outputs comparable: what differs from run to run is replaced, and what comes in no order is sorted.
 *
 * Outputs that hold log lines are taken apart. Most lines must come in the recorded order. Some come whenever their cause
 * gets to them, or as often as chance wants it: those must only be there. And some are there or not.
 */

/** Log lines that depend on chance for their place or number. They count once, wherever they stand. */
const ANY_ORDER: readonly RegExp[] = [
  // One per connection, also those of whoever waits for something.
  /agent\.ipc: Accepted client/,
  // Member events are held back for a second, and what comes meanwhile is put together.
  /agent: Received event: member-/,
  /serf: messageQueryResponseType: /,
  // Changes of tags that follow each other closely are one update.
  /serf: EventMemberUpdate: /,
  // As often as gossip brings the same claim.
  /memberlist: Conflicting address/,
  /serf: (Name conflict for|Node name conflicts with) /,
];

/**
 * Log lines that are written or not, depending on which thread of Serf is faster, on whom gossip goes to, or on the load of
 * the machine.
 */
const BY_CHANCE: readonly RegExp[] = [
  /serf: message(?!QueryResponse)\w+Type:/,
  /serf: reply for non-running query/,
  /memberlist: (Stream connection|Initiating push\/pull|Failed (UDP )?ping|Suspect|Marking|Refuting)/,
  // Only ours says so.
  /memberlist: Timers fired \d+ ms late/,
  // Only those that sleep are slow on any machine.
  /agent: Script '(?!sleep )[^']*' slow, execution exceeding/,
  /agent\.ipc: Failed to stream (ack|response|query end|log) to/,
  /agent\.ipc: failed to decode request header: .* connection reset by peer/,
  /memberlist: (Push\/Pull with \S+ failed|Failed fallback (TCP )?ping)/,
  /agent: Serf shutdown detected, quitting/,
  /Error writing payload: write \|1: (file already closed|broken pipe)/,
];

/** A leave takes as long as member events are held back: that of the leave itself comes out or not. */
const OWN_LEAVE = /agent: requesting graceful leave|^Remote side ended/m;
const LEAVE_EVENT = /agent: Received event: member-leave|^Event Info:[^]*"member-leave"/;

const VOLATILE: readonly (readonly [RegExp, string])[] = [
  [/^\[\d{4}-.*?\](\[[GCS]\] '.*?'): .*/gm, "[TIME]$1"],
  // Deno opens its inspector on SIGUSR1, which the agent closes at once: it comes to say so or not.
  [/^(Debugger listening|Failed to start inspector|Visit chrome:).*\n/gm, ""],
  [/^( *)\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /gm, "$1TIME "],
  [/(client: |from=|->)127\.0\.0\.1:\d{5}\b/g, "$1127.0.0.1:PORT"],
  [/\(LTime: \d+, ID: \d+\)/g, "(LTime: N, ID: N)"],
  [/(lookup \S+ on) \S+:53:/g, "$1 RESOLVER:53:"],
  [/(TCP-first lookup failed for .*, falling back to UDP:) .*/g, "$1 NO ANSWER"],
  [/\bgo1\.\d+(\.\d+)?\b/g, "GO VERSION"],
  [/^(\t| {4}"|)(arch|cpu_count|max_procs|os|goroutines)("?(?: =|:) "?)\w+/gm, "$1$2$3X"],
  [/(Estimated (\S+) <-> (?!\2 )\S+ rtt:) \d+\.\d{3} ms/g, "$1 N ms"],
  [/^[A-Za-z0-9+/]{43}=$/gm, "RANDOM KEY"],
  // Shells have words of their own.
  [/(script output:) \S*sh: .*no_such_command_x: .*/g, "$1 NOT FOUND"],
  // At the timeout, or before.
  [/(Query time:) (3\.(1[5-9]|[2-9]\d)|[4-9]\.\d\d) sec/g, "$1 3.20 sec"],
  [/(Query time:) [012]\.\d\d sec/g, "$1 LESS"],
  // How well the agent does depends on the load of the machine; 0 is perfect.
  [/(health_score"?(?: =|:) "?)[1-8]\b/g, "$1N"],
  [/(time to last response:) \d+\.\d\d sec/g, "$1 N sec"],
];

/** Rows of which several stand in no order. */
const ROWS: readonly RegExp[] = [
  /^\S+ +[\d.]+:\d+ +(alive|leaving|left|failed)\b/,
  /^failed: /,
  / +\[\d+\/\d+\]$/,
  /^\t?(Ack|Response) from '/,
  // What was held back is told in no order.
  /^Event Info:\n\tEvent: "member-/,
];

/** An output, taken apart. */
export interface Canonical {
  /** What must be the same in the same order. */
  readonly inOrder: readonly string[];
  /** What must be the same in any order, each once, sorted. */
  readonly anyOrder: readonly string[];
}

/** Makes an output comparable. */
export function canonical(text: string): Canonical {
  const plain = VOLATILE.reduce(
    (text, [pattern, by]) => text.replace(pattern, by),
    text.replace(DUMP, readDump).replace(MEMBER_LINE, sortTagsOfLine)
      .replace(JSON_MEMBERS, sortJsonMembers),
  );
  const dropped = OWN_LEAVE.test(plain) ? [...BY_CHANCE, LEAVE_EVENT] : BY_CHANCE;
  const items = splitItems(plain).filter((item) => !matches(item, dropped));
  const isLoose = (item: string) =>
    FIGURE.test(item) || (isLogItem(item) && matches(item, ANY_ORDER));
  const isEvent = (item: string) => item.startsWith(EVENT_START);
  const fixed = items.filter((item) => !isLoose(item));
  return {
    // A monitor gets events and log lines on two streams: only the order within each is certain.
    inOrder: sortRows(
      [...fixed.filter((item) => !isEvent(item)), ...fixed.filter(isEvent)].flatMap(splitRows),
    )
      .flatMap((item) => item.split("\n")),
    anyOrder: [...new Set(items.filter(isLoose))].sort(),
  };
}

/** What `od -c` printed of a handler's input. */
const DUMP = /(?<=^--- stdin\n)( .*\n?)+/gm;

/** Turns a dump, four characters for each byte and 16 bytes in a line, into text. */
function readDump(dump: string): string {
  const escapes: Readonly<Record<string, string>> = { "": " ", "\\t": "\t", "\\n": "\n" };
  const lines = dump.trimEnd().split("\n");
  const cells = lines.flatMap((line, i) =>
    (i < lines.length - 1 ? line.padEnd(64) : line).match(/.{1,4}/g) ?? []
  );
  return cells.map((cell) => cell.trim()).map((cell) => escapes[cell] ?? cell).join("");
}

/** A member as handlers are told of it: name, address, role, and tags in no order. */
const MEMBER_LINE = /^((?:[^\t\n]*\t){3})([^\t\n]+)$/gm;

function sortTagsOfLine(_line: string, start: string, tags: string): string {
  return start + tags.split(",").sort().join(",");
}

/** Members in JSON, which are in no order. */
const JSON_MEMBERS = /(?:^ {4}\{\n[^]*?^ {4}\},?\n)+/gm;

function sortJsonMembers(members: string): string {
  const each = members.match(/^ {4}\{\n[^]*?^ {4}\}/gm) ?? [];
  return each.sort().join(",\n") + "\n";
}

function matches(item: string, patterns: readonly RegExp[]): boolean {
  return patterns.some((pattern) => pattern.test(item));
}

const LOG_START = /^( {4})?TIME \[/;
/** A line of what SIGUSR1 shows. */
const FIGURE = /^\[TIME\]\[[GCS]\] /;
const EVENT_START = "Event Info:";

/** An answer to a query, which may have several lines. */
const RESPONSE_START = "Response from '";

/** What ends a log line of several lines, an event of a monitor, and an answer. */
const NEXT_START =
  /^(( {4})?TIME \[|==> |Event Info:|Remote side ended|(Ack|Response) from '|Total )/;

function isLogItem(item: string): boolean {
  return LOG_START.test(item);
}

/** Lines, but of log lines and events that have several, all in one; empty lines at their end are left out. */
function splitItems(text: string): string[] {
  const items: string[] = [];
  const isOpen = (item: string) =>
    isLogItem(item) || item.startsWith(EVENT_START) || item.startsWith(RESPONSE_START);
  for (const line of text.split("\n")) {
    if (isOpen(items.at(-1) ?? "") && !NEXT_START.test(line)) items.push(`${items.pop()}\n${line}`);
    else items.push(line);
  }
  return items.map((item) => isOpen(item) ? item.trimEnd() : item);
}

/** What is sorted as one: an answer, an event with its fields in order, or a line. */
function splitRows(item: string): string[] {
  if (item.startsWith(RESPONSE_START)) return [item];
  const [first, ...fields] = item.split("\n");
  return first === EVENT_START ? [[first, ...fields.toSorted()].join("\n")] : [first, ...fields];
}

/** Sorts neighbouring rows of one kind. Their last cell may or may not be padded, depending on the order. */
function sortRows(lines: readonly string[]): string[] {
  const kindOf = (line: string) => ROWS.findIndex((pattern) => pattern.test(line));
  const sorted: string[] = [];
  for (let start = 0; start < lines.length;) {
    const kind = kindOf(lines[start]);
    let end = start + 1;
    while (end < lines.length && kindOf(lines[end]) === kind) end++;
    const block = lines.slice(start, end);
    sorted.push(...kind < 0 ? block : block.map((row) => sortTags(row.trimEnd())).sort());
    start = end;
  }
  return sorted;
}

function sortTags(row: string): string {
  return row.replace(/\S+=\S*/g, (tags) => tags.split(",").sort().join(","));
}
