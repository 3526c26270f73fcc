/**
 * `deno task bench`: how fast the parts are, each by itself. What Serf has too is measured beside it.
 *
 *     deno task bench --only packets,lzw      some suites
 *     deno task bench --save before.json      keep the figures
 *     deno task bench --compare before.json   see what has changed
 */

import { parseArgs } from "@std/cli/parse-args";
import { describeMachine } from "./machine.ts";
import { checkpoint } from "./micro/checkpoint.ts";
import { eventStreams } from "./micro/event_streams.ts";
import { evidence } from "./micro/evidence.ts";
import { falseSuspicions } from "./micro/false_suspicions.ts";
import { broadcastQueue } from "./micro/broadcast_queue.ts";
import { instances } from "./micro/instances.ts";
import { lzw } from "./micro/lzw.ts";
import { messages } from "./micro/messages.ts";
import { packets } from "./micro/packets.ts";
import { processes } from "./micro/processes.ts";
import { simulator } from "./micro/simulator.ts";
import { Report, type Row } from "./report.ts";
import { chosen, refuseUnknown } from "./selection.ts";
import { formatTable } from "./table.ts";

/** Processes come first: the others leave the machine warm. */
const suites = [
  processes,
  instances,
  messages,
  packets,
  lzw,
  broadcastQueue,
  simulator,
  evidence,
  checkpoint,
  falseSuspicions,
  eventStreams,
];

interface SavedRun {
  readonly machine: Readonly<Record<string, string>>;
  readonly rows: readonly Row[];
}

const { only, save, compare } = parseArgs(Deno.args, {
  string: ["only", "save", "compare"],
  unknown: refuseUnknown,
});
const selected = chosen(suites, only);
const saved = compare === undefined
  ? undefined
  : JSON.parse(Deno.readTextFileSync(String(compare))) as SavedRun;
const machine = describeMachine();
console.log(machine);
const report = new Report();
for (const suite of selected) {
  console.error(suite.name);
  await suite.run(report);
}
if (saved !== undefined) report.compareWith(saved.rows);
console.log(formatTable(report.rows));
if (save !== undefined) {
  const run: SavedRun = { machine, rows: report.rows };
  Deno.writeTextFileSync(String(save), JSON.stringify(run, null, 1) + "\n");
}
