/** How long it takes to leave in good order, and how soon the others know. */

import type { Benchmark, Trial } from "../benchmark.ts";
import { Cluster } from "../cluster.ts";
import { MemberEvents } from "../member_events.ts";
import { latest, pollUntil } from "../poll.ts";

const SIZE = 10;
const TIMEOUT_MS = 15_000;

/** The duration of a leave, and the delay of its news. */
export const leave: Benchmark = {
  name: "leave",
  cases: ({ quick }) => [{ label: `N=${SIZE}`, repetitions: quick ? 1 : 3, run }],
};

async function run(trial: Trial): Promise<void> {
  await using cluster = await Cluster.form(trial, { size: SIZE });
  const others = cluster.agents.slice(0, -1);
  const leaver = cluster.agents[SIZE - 1];
  const left = await MemberEvents.open(others, "member-leave");
  const since = performance.now();
  const sinceThen = () => performance.now() - since;
  const answered = leaver.client.leave().then(sinceThen, () => undefined);
  const exited = leaver.exit.then(sinceThen);
  const condition = (counts: { left: number }) => counts.left > 0;
  const times = await pollUntil(others, { condition, since, timeoutMs: TIMEOUT_MS });
  const count = others.length;
  const events = await left.wait(leaver.name, { count, timeoutMs: TIMEOUT_MS });

  const record = (metric: string, value: number | undefined) =>
    trial.record({ variant: `N=${SIZE} lan`, metric, unit: "ms" }, value);
  record("leave RPC answered", await answered);
  record("process exited", await exited);
  record("first other lists it left", Math.min(...times.filter((time) => time !== undefined)));
  record("all others list it left", latest(times));
  record("last member-leave event", events[count - 1] - since);
}
