/**
 * One long run: an agent that is asked everything, first alone, then with a second one, until that dies and is forgotten.
 * At last it is told to leave.
 */

import { sleep } from "../../../support/sleep.ts";
import type { Ledger } from "../ledger.ts";
import { Replay } from "../replay.ts";
import type { SerfProcess, Stage } from "../stage.ts";

/** The files that come out of it. */
export const longRunFiles = [
  "members",
  "event",
  "query",
  "rtt",
  "info",
  "reachability",
  "tags",
  "join",
  "force-leave",
  "monitor",
  "leave",
];

const ALPHA_RPC = "-rpc-addr=127.0.0.1:7420";

const BRAVO = [
  "agent",
  "-node=bravo",
  "-bind=127.0.0.21",
  "-rpc-addr=127.0.0.1:7421",
  "-tag=role=db",
  "-event-handler=query:load=echo 9",
];

/** Does it all. */
export async function longRun(stage: Stage, ledger: Ledger): Promise<void> {
  const replay = new Replay(stage, ledger);
  const alpha = await replay.agent("leave", "agent-side-of-rpc-leave");
  await askAlone(replay, alpha);
  const bravo = await stage.agent(BRAVO);
  await askBoth(replay);
  await loseBravo(replay, alpha, bravo);
  await monitorAndLeave(replay, alpha);
  await leaveQuietly(replay);
}

async function askAlone(replay: Replay, alpha: SerfProcess): Promise<void> {
  await replay.commands("members", "one-node", "extra-args-ignored");
  await replay.commands("event", "ok", "just-over");
  await probe(replay, "event", { arguments: ["n"], low: 300, high: 600 });
  await replay.commands("event", "spaces-and-quotes");
  await replay.commands("query", "no-handler", "negative-timeout");
  await alpha.printed("a late answer", (stdout) => stdout.includes("is past the deadline"));
  await replay.commands("query", "relay");
  await replay.interrupted("query", "sigint", "Response from 'alpha': 1.23");
  const probing = ["-timeout=10ms", "-no-ack", "n"];
  await probe(replay, "query", { arguments: probing, low: 600, high: 1024 });
  await replay.commands("rtt", "self-self", "three");
  await replay.commands("info");
  await replay.commands("reachability", "one", "one-verbose");
  await replay.interrupted("reachability", "sigint", "Starting reachability test...");
  await replay.commands("tags");
  await replay.commands("join", "unreachable", "two-bad");
}

async function askBoth(replay: Replay): Promise<void> {
  await replay.commands("join", "ok", "partial");
  await replay.commands("members", "two-nodes", "name-filter");
  // Serf gossips what waited while the agent was alone before a new query, a packet's worth five times a second.
  await sleep(5_000);
  await replay.commands("query", "two-nodes", "filter-two-repeat");
  await replay.commands("reachability", "two", "two-verbose");
  // Not more often: each try takes a line of the 512 that the monitors will see.
  while ((await replay.stage.run(["rtt", ALPHA_RPC, "alpha", "bravo"])).exit !== 0) {
    await sleep(500);
  }
  await replay.commands("rtt", "two", "default-second");
}

async function loseBravo(
  replay: Replay,
  alpha: SerfProcess,
  bravo: SerfProcess,
): Promise<void> {
  await replay.commands("force-leave", "unknown-node", "alive-node");
  await sleep(2_000);
  await replay.commands("force-leave", "members-after-alive");
  bravo.signal("SIGKILL");
  await replay.commands("reachability", "one-dead-undetected");
  await alpha.printed("the end of bravo", (stdout) => stdout.includes("event: member-leave"));
  await replay.commands("members", "one-failed", "failed-only");
  await replay.commands("force-leave", "failed-node", "left-node-again");
}

async function monitorAndLeave(replay: Replay, alpha: SerfProcess): Promise<void> {
  const { stage, ledger } = replay;
  // The event comes a second after its cause, and the monitor takes its time to start.
  await replay.monitor(alpha, "monitor", "info-default", {
    cue: 'Event: "member-reap"',
    meanwhile: () => replay.commands("force-leave", "prune-left", "prune-unknown"),
  });
  await replay.monitor(alpha, "monitor", "err-level");
  await replay.monitor(alpha, "monitor", "lowercase-debug");
  await replay.commands("monitor", "bad-level");
  await replay.monitor(alpha, "monitor", "with-events", {
    cue: 'Event: "query"',
    async meanwhile() {
      await stage.run(["event", ALPHA_RPC, "mon", "payload"]);
      await sleep(1_500);
      await stage.run(["query", ALPHA_RPC, "-timeout=1s", "load", "pp"]);
    },
  });
  await replay.monitor(alpha, "monitor", "remote-ended", {
    meanwhile: () => replay.commands("leave", "ok"),
  });
  await alpha.ended;
  const { stdout, exit } = alpha;
  ledger.compare("leave", "agent-side-of-rpc-leave", { stdout: withoutMiddle(stdout), exit });
}

/** The recording has only the beginning of this log and its end, from the last query on. */
function withoutMiddle(stdout: string): string {
  const lines = stdout.split("\n");
  const head = lines.slice(0, lines.findIndex((line) => line.includes("Accepted client")) + 1);
  const tail = lines.slice(lines.findLastIndex((line) => line.includes("query: load")));
  return [...head, "[... middle of the log left out ...]", ...tail].join("\n");
}

async function leaveQuietly(replay: Replay): Promise<void> {
  const agent = await replay.agent("leave", "agent-side-quiet");
  await replay.stage.run(["leave", ALPHA_RPC]);
  await replay.ledger.settle("leave", "agent-side-quiet", agent);
  await replay.commands("leave", "after-leave");
}

interface Probing {
  /** What comes before the payload. */
  readonly arguments: readonly string[];
  /** A size that is accepted, and one that is not. */
  readonly low: number;
  readonly high: number;
}

/** Looks for the largest payload that is accepted. The steps are those of the recording: the log shows them. */
async function probe({ stage, ledger }: Replay, command: string, probing: Probing): Promise<void> {
  let { low, high } = probing;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const argv = [command, ALPHA_RPC, ...probing.arguments, "x".repeat(middle)];
    if ((await stage.run(argv)).exit === 0) low = middle;
    else high = middle;
  }
  ledger.compare(command, "limit-probe", { limit: low });
}
