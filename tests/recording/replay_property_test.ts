/**
 * For random seeds of the swarm: a recorded run is the same run, and replaying it gives the same outputs, bit for bit. Each process
 * is recorded in parts of random lengths; each part is replayed from the state with which it begins, and must end with the one with
 * which the next part begins.
 */

import { assertEquals, assertGreater } from "@std/assert";
import { createHmac } from "node:crypto";
import { SimulationRecording } from "./simulation_recording.ts";
import { Recording } from "../../lib/recording/recording.ts";
import { Redaction } from "../../lib/recording/redaction.ts";
import { replayRun, runsOf } from "../../lib/recording/parts/run.ts";
import { Random } from "../../lib/sim/random.ts";
import { drawPlan } from "../swarm/plan.ts";
import { runPlan } from "../swarm/swarm_run.ts";

const SEEDS = 3;
const first = Number(Deno.env.get("SERF_SWARM_SEED") ?? 1 + Math.floor(Math.random() * 1e9));

/** Leaves payloads out. */
function withoutPayloads(): Redaction {
  const secret = crypto.getRandomValues(new Uint8Array(32));
  return new Redaction({
    keyedHash: (bytes) => createHmac("sha256", secret).update(bytes).digest(),
  });
}

for (let seed = first; seed < first + SEEDS; seed++) {
  for (const redaction of [undefined, withoutPayloads]) {
    const kept = redaction === undefined ? "with payloads" : "without payloads";
    Deno.test(`swarm seed ${seed}, recorded ${kept}, replays bit for bit`, () => {
      const plan = drawPlan(seed);
      const lengths = new Random(seed).fork("parts");
      const recording = new SimulationRecording({
        version: "0.0.0",
        redaction,
        partBytes: () => lengths.between(500, 8_000),
        blockBytes: 1_000,
      });
      const { digest } = runPlan(plan, { recording });
      if (redaction === undefined) {
        assertEquals(digest, runPlan(plan).digest, "being recorded has changed the run");
      }
      const processes = recording.recordings();
      assertGreater(processes.length, 0);
      let count = 0;
      for (const { node, generation, parts } of processes) {
        const recordings = parts.map((bytes) => new Recording([{ name: node, load: () => bytes }]));
        const [run, ...others] = runsOf(recordings);
        assertEquals(others, []);
        const { divergence, steps, parts: replayed } = replayRun(run);
        assertEquals(divergence, undefined, `${node}, process ${generation}`);
        assertEquals(replayed, parts.length);
        assertGreater(steps, 1);
        count += parts.length;
      }
      assertGreater(count, processes.length);
    });
  }
}
