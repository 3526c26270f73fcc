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
  // As often as gossip brings the same claim.
  /memberlist: Conflicting address/,
  /serf: (Name conflict for|Node name conflicts with) /,
];

/**
 * Log lines that are written or not, depending on which thread of the reference is faster, on whom gossip
 * goes to, or on the load of the machine.
 */
const BY_CHANCE: readonly RegExp[] = [
  /serf: message(?!QueryResponse)\w+Type:/,
  /serf: reply for non-running query/,
  /memberlist: (Stream connection|Initiating push\/pull|Failed (UDP )?ping|Suspect|Marking|Refuting)/,
  // Only we say so.
  /memberlist: Probe timer fired \d+ ms late/,
  /agent: Serf shutdown detected, quitting/,
  /Error writing payload: write \|1: (file already closed|broken pipe)/,
];

/** A leave takes as long as member events are held back: that of the leave itself comes out or not. */
const OWN_LEAVE = /agent: requesting graceful leave|^Remote side ended/m;
const LEAVE_EVENT = /agent: Received event: member-leave|^Event Info:[^]*"member-leave"/;

const VOLATILE: readonly (readonly [RegExp, string])[] = [
  [/^\[\d{4}-.*?\](\[[GCS]\] '.*?'): .*/gm, "[TIME]$1"],
  [/(^(Debugger listening|Failed to start inspector|Visit chrome:).*\n)+/gm, "INSPECTOR\n"],
  [/^( *)\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /gm, "$1TIME "],
  [/(client: |from=|->)127\.0\.0\.1:\d{5}\b/g, "$1127.0.0.1:PORT"],
  [/\(LTime: \d+, ID: \d+\)/g, "(LTime: N, ID: N)"],
  [/(lookup \S+ on) \S+:53:/g, "$1 RESOLVER:53:"],
  [/^(\t| {4}"|)(arch|cpu_count|max_procs|os|goroutines)("?(?: =|:) "?)\w+/gm, "$1$2$3X"],
  [/(Estimated (\S+) <-> (?!\2 )\S+ rtt:) \d+\.\d{3} ms/g, "$1 N ms"],
  [/^[A-Za-z0-9+/]{43}=$/gm, "RANDOM KEY"],
  // Shells have words of their own.
  [/(script output:) \S*sh: .*no_such_command_x: .*/g, "$1 NOT FOUND"],
  // At the timeout, or before.
  [/(Query time:) 3\.(1[5-9]|2\d) sec/g, "$1 3.20 sec"],
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
  /^\t(Coalesce|Event|ID|LTime|Members|Name|Payload): /,
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
  const plain = VOLATILE.reduce((text, [pattern, by]) => text.replace(pattern, by), text);
  const dropped = OWN_LEAVE.test(plain) ? [...BY_CHANCE, LEAVE_EVENT] : BY_CHANCE;
  const items = splitItems(plain).filter((item) => !matches(item, dropped));
  const isLoose = (item: string) =>
    FIGURE.test(item) || (isLogItem(item) && matches(item, ANY_ORDER));
  return {
    inOrder: sortRows(items.filter((item) => !isLoose(item)).flatMap((item) => item.split("\n"))),
    anyOrder: [...new Set(items.filter(isLoose))].sort(),
  };
}

function matches(item: string, patterns: readonly RegExp[]): boolean {
  return patterns.some((pattern) => pattern.test(item));
}

const LOG_START = /^( {4})?TIME \[/;
/** A line of what SIGUSR1 shows. */
const FIGURE = /^\[TIME\]\[[GCS]\] /;
const EVENT_START = "Event Info:";

/** What ends a log line of several lines, and an event of a monitor. */
const NEXT_START = /^(( {4})?TIME \[|==> |Event Info:|Remote side ended)/;

function isLogItem(item: string): boolean {
  return LOG_START.test(item);
}

/** Lines, but of log lines and events that have several, all in one; empty lines at their end are left out. */
function splitItems(text: string): string[] {
  const items: string[] = [];
  const isOpen = (item: string) => isLogItem(item) || item.startsWith(EVENT_START);
  for (const line of text.split("\n")) {
    if (isOpen(items.at(-1) ?? "") && !NEXT_START.test(line)) items.push(`${items.pop()}\n${line}`);
    else items.push(line);
  }
  return items.map((item) => isOpen(item) ? item.trimEnd() : item);
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
