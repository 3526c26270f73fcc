/** How soon a query is acknowledged and answered by everybody. */

import type { QueryRecord, Subscription } from "../../../../lib/rpc/client/client.ts";
import { sleep } from "../../../support/sleep.ts";
import { median } from "../../statistics.ts";
import type { BenchAgent } from "../bench_agent.ts";
import type { Benchmark, Trial } from "../benchmark.ts";
import { Cluster } from "../cluster.ts";

const QUERY_NAME = "bench";
const TIMEOUT_MS = 3_000;
/** Between two queries, never the same, so that no gossip tick is met each time. */
const MIN_PAUSE_MS = 100;
const MAX_PAUSE_MS = 400;

/** Delays of acks and answers. */
export const query: Benchmark = {
  name: "query",
  cases: ({ quick }) =>
    (quick ? [10] : [10, 30]).map((size) => ({
      label: `N=${size}`,
      repetitions: quick ? 1 : 2,
      mixed: true,
      run: (trial) => run(trial, { size, queries: quick ? 10 : 20 }),
    })),
};

async function run(
  trial: Trial,
  { size, queries }: { size: number; queries: number },
): Promise<void> {
  await using cluster = await Cluster.form(trial, { size });
  await Promise.all(cluster.agents.map(answerQueries));
  const rounds: Round[] = [];
  for (let i = 0; i < queries; i++) {
    await sleep(MIN_PAUSE_MS + Math.random() * (MAX_PAUSE_MS - MIN_PAUSE_MS));
    rounds.push(await ask(cluster.agents[i % size], size));
  }
  const record = (metric: string, unit: string, value: number | undefined) =>
    trial.record({ variant: `N=${size} lan`, metric, unit }, value);
  const times = (of: (round: Round) => number | undefined) =>
    rounds.map(of).filter((time) => time !== undefined);
  const allAcks = times(({ acks }) => acks[size - 1]);
  record("first remote ack, p50", "ms", median(times((round) => round.firstRemoteAck)));
  record("first remote response, p50", "ms", median(times((round) => round.firstRemoteResponse)));
  record("all N acks, p50", "ms", median(allAcks));
  record("all N acks, max", "ms", Math.max(...allAcks));
  record("all N responses, p50", "ms", median(times(({ responses }) => responses[size - 1])));
  const missing = (of: (round: Round) => readonly number[]) =>
    rounds.reduce((total, round) => total + size - of(round).length, 0);
  record(`acks lost of ${queries} queries`, "count", missing(({ acks }) => acks));
  record(`responses lost of ${queries} queries`, "count", missing(({ responses }) => responses));
}

async function answerQueries({ client }: BenchAgent): Promise<void> {
  const stream = await client.events({ types: [`query:${QUERY_NAME}`] });
  const answer = async () => {
    for await (const event of stream) {
      if (event.type !== "query") continue;
      event.respond("yes").catch(() => {
        // Too late, or the agent was killed.
      });
    }
  };
  answer().catch(() => {
    // The agent was killed.
  });
}

/** What came back to one query, and when, milliseconds. */
interface Round {
  readonly acks: number[];
  readonly responses: number[];
  firstRemoteAck?: number;
  firstRemoteResponse?: number;
}

async function ask(asker: BenchAgent, size: number): Promise<Round> {
  const round: Round = { acks: [], responses: [] };
  const begun = performance.now();
  const options = { requestAck: true, timeoutMs: TIMEOUT_MS };
  const records: Subscription<QueryRecord> = await asker.client.query(
    QUERY_NAME,
    null,
    options,
  );
  for await (const { type, from } of records) {
    const took = performance.now() - begun;
    const remote = from !== asker.name;
    if (type === "ack") {
      round.acks.push(took);
      if (remote) round.firstRemoteAck ??= took;
    } else {
      round.responses.push(took);
      if (remote) round.firstRemoteResponse ??= took;
    }
    if (round.acks.length === size && round.responses.length === size) break;
  }
  return round;
}
