/** Recordings that are kept replay exactly; see `keep.ts`. */

import { assertEquals, assertGreater } from "@std/assert";
import { replay } from "../../lib/recording/replay.ts";
import { keptRecordings, readKept } from "./kept.ts";
import { rerecord } from "./rerecord.ts";
import { MANY_PARTS, readSample, sampleParts, sampleRecording } from "./sample.ts";

for (const kept of keptRecordings()) {
  const name = kept.pathname.split("/").at(-1);
  Deno.test(`the recording ${name} replays exactly`, () => {
    const { divergence, steps } = replay(readKept(kept));
    assertEquals(
      divergence,
      undefined,
      "The core does something else than it did. If that is wanted: deno task recordings:update",
    );
    assertGreater(steps, 0);
  });
}

Deno.test("recording a replay gives the recording", () => {
  const sample = sampleRecording({
    nodes: 3,
    seconds: 20,
    act: ({ nodes }) => nodes[0].query("q"),
  });
  const again = replay(readSample(rerecord(readSample(sample))));
  const { digest, steps } = replay(readSample(sample));
  assertEquals([again.divergence, again.digest, again.steps], [undefined, digest, steps]);
});

Deno.test("recording the replay of a later part gives that part", () => {
  const parts = sampleParts({ ...MANY_PARTS, nodes: 3 });
  const part = readSample(parts[parts.length - 2]);
  assertGreater(part.part, 2);
  const again = readSample(rerecord(part));
  const { divergence, digest, steps, stateDigest } = replay(again);
  const expected = replay(part);
  assertEquals([divergence, again.part, digest, steps, stateDigest()], [
    undefined,
    part.part,
    expected.digest,
    expected.steps,
    expected.stateDigest(),
  ]);
});

Deno.test("recording a replay takes the outputs of the core as it is now", () => {
  const recording = readSample(sampleRecording({ seconds: 20 }));
  const { config } = recording.header;
  const profile = { ...config.profile, retransmitMult: 3, probeTimeoutMs: 400 };
  const changed = { ...recording.header, config: { ...config, profile } };
  Object.defineProperty(recording, "header", { value: changed });
  assertGreater(replay(recording).divergence?.step ?? 0, 0);
  assertEquals(replay(readSample(rerecord(recording))).divergence, undefined);
});
