/**
 * `serf members -watch`: the members again whenever the agent tells of a change.
 *
 * @module
 */

import type { Member } from "../api/member.ts";
import { delay } from "../base/timer.ts";
import { formatJsonLine, type JsonValue } from "../go/format_json.ts";
import type { RpcChannel } from "../rpc/client/rpc_channel.ts";
import { openEvents } from "../rpc/client/streams.ts";
import { CommandFailure, type CommandIo, labelled } from "./command.ts";
import { follow } from "./follow.ts";

/** What comes within this time is shown as one change. */
const REFRESH_MS = 200;

const MEMBER_EVENTS = [
  ...["member-join", "member-leave", "member-failed", "member-update", "member-reap"] as const,
];

/** What is watched, and how it is shown. */
export interface Watch {
  readonly retrieve: () => Promise<readonly Member[]>;
  readonly show: (members: readonly Member[]) => void;
  readonly io: CommandIo;
}

/** Shows the members until interrupted; throws a {@link CommandFailure} when the agent is gone. */
export async function watchMembers(
  channel: RpcChannel,
  { retrieve, show, io: { interrupt } }: Watch,
): Promise<void> {
  const events = openEvents(channel, { types: MEMBER_EVENTS });
  const changes = await labelled("Error starting stream", events);
  let changed = Promise.withResolvers<boolean>();
  const ended = follow(changes, { interrupt, handle: () => changed.resolve(true) })
    .then(() => false);
  try {
    do {
      changed = Promise.withResolvers();
      show(await retrieve());
      if (!await Promise.race([changed.promise, ended])) break;
      await delay(REFRESH_MS, interrupt);
    } while (!interrupt.aborted);
  } catch (error) {
    if (!interrupt.aborted) throw error;
  }
  if (!interrupt.aborted) throw new CommandFailure("Error retrieving members: client closed");
}

/** Shows a table in the place of the last one on a terminal, and elsewhere below it. */
export function tablePrinter(io: CommandIo, table: (members: readonly Member[]) => string) {
  let first = true;
  return (members: readonly Member[]) => {
    const text = `${table(members)}\n\n${summary(members)}`;
    if (!io.isTerminal) {
      io.out(first ? text : `\n${text}`);
      first = false;
      return;
    }
    const lines = text.split("\n");
    const room = (io.terminalRows ?? Infinity) - 1;
    const shown = lines.length <= room ? lines : [
      ...lines.slice(0, Math.max(1, room - 3)),
      "…",
      ...lines.slice(-2),
    ];
    // From the top left; what is left of the last table is erased line by line, and below.
    io.out(`\x1b[H${shown.map((line) => `${line}\x1b[K`).join("\n")}\x1b[J`);
  };
}

function summary(members: readonly Member[]): string {
  const byStatus = Map.groupBy(members, ({ status }) => status);
  const counts = Array.from(byStatus, ([status, { length }]) => `${length} ${status}`);
  const time = new Date().toTimeString().slice(0, 8);
  return [`${members.length} members`, ...counts, `at ${time}`].join(", ");
}

/** Prints one object for each member that was added, changed or removed; at first, all are added. */
export function changePrinter(io: CommandIo, toJson: (member: Member) => JsonValue) {
  let known = new Map<string, string>();
  return (members: readonly Member[]) => {
    const now = new Map(
      members.map((member) => [member.name, formatJsonLine(toJson(member))] as const),
    );
    const print = (change: string, member: string) =>
      io.out(`{"change":"${change}","member":${member}}`);
    for (const [name, member] of now) {
      const before = known.get(name);
      if (before !== member) print(before === undefined ? "added" : "changed", member);
    }
    for (const [name, member] of known) if (!now.has(name)) print("removed", member);
    known = now;
  };
}
