/** Runs with event handlers. */

import { sleep } from "../../../support/sleep.ts";
import type { Ledger } from "../ledger.ts";
import { entryOf } from "../recording.ts";
import { Replay } from "../replay.ts";
import type { SerfProcess, Stage } from "../stage.ts";

const { stdout: LOG = "" } = entryOf("event-handlers", "agent-log").recorded;

const ALPHA_RPC = "-rpc-addr=127.0.0.1:7420";
const EVENT = ["event", ALPHA_RPC, "-coalesce=false"];

/** What was sent to the handlers first. */
const EVENTS: readonly (readonly string[])[] = [
  ["deploy", "v1"],
  ["deploy", "with nl\n"],
  ["deploy"],
  ["other", "tab\there"],
  ["slow"],
  ["noise"],
  ["err"],
  ["nostdin", "x".repeat(300)],
  ["fork"],
  ["notfound"],
];

/** Handlers of all kinds, and what they see and say. */
export async function eventHandlers(stage: Stage, ledger: Ledger): Promise<void> {
  const file = "event-handlers";
  const replay = new Replay(stage, ledger);
  const alpha = await replay.agent(file, "handler-log");
  await handled(alpha, 0);
  for (const [i, event] of EVENTS.entries()) {
    await stage.run([...EVENT, ...event]);
    await handled(alpha, i + 1);
  }
  await replay.commands(file, "query-stderr-included", "query-two-handlers");
  const bravo = stage.spawn([
    "agent",
    "-node=bravo node\twith tab",
    "-bind=127.0.0.21",
    "-rpc-addr=127.0.0.1:7421",
    "-tag=n=x\ny",
    "-tag=role=d\tb",
    "-join=127.0.0.20",
  ]);
  await handledUpTo(alpha, LOG.split("EventMemberLeave")[0]);
  bravo.signal("SIGINT");
  await handled(alpha, EVENTS.length + 2);
  await stage.run([...EVENT, "coalesced-one"]);
  await handled(alpha, EVENTS.length + 3);
  for (const payload of ["p0", "p1", "p2"]) await stage.run(["event", ALPHA_RPC, "co", payload]);
  await ledger.settle(file, "agent-log", alpha);
  ledger.compare(file, "handler-log", { file: stage.read("ev.log") });
  ledger.compare(file, "member-stdin", { file: stage.read("ev2.log") });
}

/** Waits until the handlers have said what they had when the request with that index followed. */
async function handled(agent: SerfProcess, index: number): Promise<void> {
  await handledUpTo(agent, LOG.split("Requesting").slice(0, index + 1).join(""));
}

/** Waits until the handlers have said as much as in that part of the recorded log. */
async function handledUpTo(agent: SerfProcess, part: string): Promise<void> {
  const outputs = (text: string) => text.split("script output").length;
  const wanted = outputs(part);
  await agent.printed(`${wanted} outputs`, (stdout) => outputs(stdout) >= wanted);
}

/** A monitor that sees events of members and users, and handlers that match twice. */
export async function monitoredEvents(stage: Stage, ledger: Ledger): Promise<void> {
  const file = "monitor-events";
  const replay = new Replay(stage, ledger);
  const alpha = await stage.agent([
    "agent",
    "-node=alpha",
    "-bind=127.0.0.20",
    ALPHA_RPC,
    "-tag=role=web",
    "-event-handler=true",
    "-event-handler=user,user:dup=echo twice >> dup.log",
  ]);
  await alpha.printed("its own join", (stdout) => stdout.includes("event: member-join"));
  await replay.monitor(alpha, file, "member-and-nil", {
    cue: '"member-join"',
    async meanwhile() {
      await stage.run([...EVENT, "nopayload"]);
      await sleep(200);
      await stage.run([...EVENT, "dup", 'q"\t\u00e9']);
      await sleep(200);
      stage.spawn([
        "agent",
        "-node=bravo",
        "-bind=127.0.0.21",
        "-rpc-addr=127.0.0.1:7421",
        "-join=127.0.0.20",
      ]);
    },
  });
  ledger.compare(file, "two-filters-one-event", { file: stage.read("dup.log") });
  await replay.commands(file, "info-unnamed-filters");
}
