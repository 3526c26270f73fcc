/** Runs of small clusters, each with an end of its own. */

import { sleep } from "../../../support/sleep.ts";
import type { Ledger } from "../ledger.ts";
import { entryOf, type Observation } from "../recording.ts";
import { Replay } from "../replay.ts";
import type { SerfProcess, Stage } from "../stage.ts";

const ALPHA_RPC = "-rpc-addr=127.0.0.1:7420";
const ALPHA = ["agent", "-node=alpha", "-bind=127.0.0.20", ALPHA_RPC];
const BRAVO = ["agent", "-node=bravo", "-bind=127.0.0.21", "-rpc-addr=127.0.0.1:7421"];
const CHARLIE = ["agent", "-node=charlie", "-bind=127.0.0.22", "-rpc-addr=127.0.0.1:7422"];
const KEY = "HvY8ubRZMgafUOWvrOadwOckVa1wN3QWAo46FVKbVN8=";
const JOIN = "-join=127.0.0.20";

/** Waits until a process has printed a text. */
async function seen(process: SerfProcess, text: string): Promise<void> {
  await process.printed(text, (stdout) => stdout.includes(text));
}

/**
 * A log without an event. Member events are held back for a second; those that were over by then, or had been followed by
 * another of the same member, are not in the recording.
 */
function withoutEvent({ stdout, stderr, exit }: SerfProcess, event: string): Observation {
  const line = new RegExp(`^.* agent: Received event: ${event}\\n`, "m");
  return { stdout: stdout.replace(line, ""), stderr, exit };
}

/** An alive member of three that refutes its end, and one that has died. */
export async function forceLeaveOfThree(stage: Stage, ledger: Ledger): Promise<void> {
  const file = "force-leave-3";
  const replay = new Replay(stage, ledger);
  const alpha = await stage.agent(ALPHA);
  const bravo = await stage.agent([...BRAVO, JOIN]);
  const charlie = stage.spawn([...CHARLIE, JOIN]);
  await seen(bravo, "EventMemberJoin: charlie");
  await seen(alpha, "event: member-join");
  await replay.commands(file, "alive-node-3");
  await sleep(3_000);
  await replay.commands(file, "members-after");
  charlie.signal("SIGKILL");
  await seen(alpha, "EventMemberFailed: charlie");
  await seen(bravo, "EventMemberFailed: charlie");
  await replay.commands(file, "members-failed", "members-left");
  await seen(alpha, "event: member-leave");
  ledger.compare(file, "agent-log-alpha", withoutEvent(alpha, "member-failed"));
  await seen(bravo, "event: member-leave");
  ledger.compare(file, "agent-log-bravo", withoutEvent(bravo, "member-failed"));
  await replay.commands(file, "prune-alive", "members-after-prune-alive");
  await sleep(3_000);
  await replay.commands(file, "members-after-prune-alive-3s");
}

/** Keys of an agent without encryption, and of two with it, one of which dies. */
export async function keys(stage: Stage, ledger: Ledger): Promise<void> {
  const file = "keys";
  const replay = new Replay(stage, ledger);
  {
    await using _plain = await stage.agent(ALPHA);
    await replay.commands(file, "not-encrypted-list", "not-encrypted-bad-base64");
  }
  stage.write({ "kr.json": `["${KEY}"]`, "kr2.json": `["${KEY}"]` });
  const alpha = await stage.agent([...ALPHA, "-keyring-file=kr.json"]);
  const bravo = stage.spawn([...BRAVO, "-keyring-file=kr2.json", JOIN]);
  await seen(alpha, "EventMemberJoin: bravo");
  const checkFile = (name: string) => ledger.compare(file, name, { file: stage.read("kr.json") });
  await replay.commands(file, "list", "list-two");
  checkFile("keyring-file-after-install");
  await replay.commands(file, "install-again", "use");
  checkFile("keyring-file-after-use");
  await replay.commands(file, "remove-primary", "remove-again");
  checkFile("keyring-file-after-remove");
  await replay.commands(file, "use-unknown", "list-two-nodes");
  // A process that stands still is found to be dead later than one that has ended: after the commands also under load.
  bravo.signal("SIGSTOP");
  await replay.commands(file, "list-one-dead", "install-one-dead");
  bravo.signal("SIGKILL");
  await seen(alpha, "event: member-failed");
  await replay.commands(file, "info-encrypted");
  await ledger.settle(file, "agent-log-alpha", alpha);
}

/** An agent with a token, and one without. */
export async function auth(stage: Stage, ledger: Ledger): Promise<void> {
  const file = "auth";
  const replay = new Replay(stage, ledger);
  stage.write({ "auth.json": '{"rpc_auth": "s3cret"}' });
  {
    await using agent = await stage.agent([...ALPHA, "-config-file=auth.json"]);
    await replay.commands(file, "none", "empty-flag-over-env");
    ledger.compare(file, "agent-log", withoutEvent(agent, "member-join"));
  }
  await using _open = await stage.agent(ALPHA);
  await replay.commands(file, "token-to-open-agent");
}

/** One of two leaves. */
export async function leaveOfTwo(stage: Stage, ledger: Ledger): Promise<void> {
  const file = "agent-leave-timeout";
  const replay = new Replay(stage, ledger);
  await stage.agent(ALPHA);
  const bravo = await replay.agent(file, "sigint-in-cluster");
  await seen(bravo, "event: member-join");
  bravo.signal("SIGINT");
  await ledger.settle(file, "sigint-in-cluster", bravo);
  await replay.commands(file, "members-after", "members-left-json");
}

/** Two nodes of one name, and one that sees both: with a vote, and without. */
export async function conflict(stage: Stage, ledger: Ledger): Promise<void> {
  const file = "agent-conflict";
  const replay = new Replay(stage, ledger);
  stage.write({ "nr.json": '{"disable_name_resolution": true}' });
  const winner = await replay.agent(file, "winner");
  const third = await replay.agent(file, "third-party");
  await seen(third, "event: member-join");
  await seen(winner, "event: member-join");
  await ledger.settle(file, "loser", stage.spawn(entryOf(file, "loser").argv ?? []));
  await ledger.settle(file, "winner", winner);
  await ledger.settle(file, "third-party", third);
  const again = stage.spawn(entryOf(file, "resolution-disabled").argv ?? []);
  await seen(again, "event: member-join");
  await sleep(4_000);
  again.signal("SIGTERM");
  await ledger.settle(file, "resolution-disabled", again);
}
