/** How soon the others notice that a member is gone. */

import type { Benchmark, Trial } from "../benchmark.ts";
import { Cluster } from "../cluster.ts";
import { MemberEvents } from "../member_events.ts";
import { latest, pollUntil } from "../poll.ts";

const SIZE = 10;
const TIMEOUT_MS = 60_000;
/** Events are held back to be merged: how long they may come after what members lists. */
const EVENT_TIMEOUT_MS = 5_000;

interface Way {
  readonly label: string;
  readonly signal: "SIGKILL" | "SIGSTOP";
  readonly profile: "lan" | "local";
}

const ways: readonly Way[] = [
  { label: "lan, kill -9", signal: "SIGKILL", profile: "lan" },
  { label: "local, kill -9", signal: "SIGKILL", profile: "local" },
  { label: "lan, frozen (SIGSTOP)", signal: "SIGSTOP", profile: "lan" },
];

/** Delays of failure detection, and false suspicions. */
export const failure: Benchmark = {
  name: "failure",
  cases: ({ quick }) =>
    (quick ? ways.slice(0, 1) : ways).map((way) => ({
      label: `N=${SIZE} ${way.label}`,
      repetitions: quick ? 1 : 2,
      run: (trial) => run(trial, way),
    })),
};

async function run(trial: Trial, { label, signal, profile }: Way): Promise<void> {
  await using cluster = await Cluster.form(trial, { size: SIZE, profile });
  const survivors = cluster.agents.slice(0, -1);
  const victim = cluster.agents[SIZE - 1];
  const failed = await MemberEvents.open(survivors, "member-failed");
  const since = performance.now();
  victim.signal(signal);
  const condition = (counts: { failed: number }) => counts.failed > 0;
  const times = await pollUntil(survivors, { condition, since, timeoutMs: TIMEOUT_MS });
  const count = survivors.length;
  const events = await failed.wait(victim.name, { count, timeoutMs: EVENT_TIMEOUT_MS });

  const record = (metric: string, unit: string, value: number | undefined) =>
    trial.record({ variant: `N=${SIZE} ${label}`, metric, unit }, value);
  const listed = times.filter((time) => time !== undefined);
  record("first survivor lists it failed", "ms", Math.min(...listed));
  record("last survivor lists it failed", "ms", latest(times));
  record("first member-failed event", "ms", events[0] - since);
  record("last member-failed event", "ms", events[count - 1] - since);
  const wrong = failed.sightings.filter(({ member }) => member !== victim.name);
  record("others wrongly reported failed", "count", wrong.length);
}
