/** What a recorder does beside writing: functions that the core is given, and steps that cannot be recorded. */

import { assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { Address } from "../../lib/base/address.ts";
import { compileExpression } from "../../lib/go/regexp.ts";
import { replayRun, runsOf } from "../../lib/recording/parts/run.ts";
import { RecordedCore } from "../../lib/recording/recorded_core.ts";
import { Recorder } from "../../lib/recording/recorder.ts";
import { replay } from "../../lib/recording/replay.ts";
import { SerfCore } from "../../lib/serf/core.ts";
import { EncodedMessage } from "../../lib/serf/encoded_message.ts";
import { simulate } from "../../lib/sim/mod.ts";
import type { Packet } from "../../lib/wire/messages/messages.ts";
import { encodeFilter } from "../../lib/wire/messages/serf_codec.ts";
import { readSample, sampleRecording } from "./sample.ts";
import { MemorySink, SimulationRecording } from "./simulation_recording.ts";

/** A query of somebody for members with a tag. */
function tagQuery(id: number): Packet {
  const { bytes } = new EncodedMessage({
    ...{ type: "query", lTime: 100 + id, id, sourceNode: "x", flags: 0, relayFactor: 0 },
    ...{ timeoutNs: 1e9, name: "q", payload: null, address: Address.parse("10.9.9.9", 1) },
    filters: [encodeFilter({ type: "tag", tag: "role", expression: "^(|web)$" })],
  });
  return { messages: [{ type: "user", body: { bytes } }], crc: false };
}

Deno.test("what functions of the settings return is recorded", () => {
  const asked = { allows: 0, override: 0 };
  const bytes = sampleRecording({
    nodes: 3,
    seconds: 40,
    wire: true,
    config: {
      allows: (ip) => ++asked.allows > 0 && ip[3] !== 3,
      reconnectTimeoutOverride: (_, timeoutMs) => ++asked.override % 2 * timeoutMs,
      reapIntervalMs: 1_000,
    },
    settle: false,
    act: ({ nodes }, second) => {
      if (second === 5) nodes[1].kill();
    },
  });
  assertGreater(asked.allows, 0);
  assertGreater(asked.override, 0);
  assertEquals(replay(readSample(bytes)).divergence, undefined);
});

Deno.test("a step that cannot be recorded ends the recording, and not the node", () => {
  const sink = new MemorySink();
  const cluster = simulate({
    nodes: 2,
    makeCore: (node) => (config, world, options) =>
      new RecordedCore(config, world, {
        ...options,
        recorder: new Recorder({
          sink: node.index === 0 ? sink : new MemorySink(),
          version: "1.2.3",
          random: node.generator,
          wallClock: () => node.simulatedMs,
        }),
      }),
  });
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  const query = cluster.node(0).query("q", null, { requestAck: true, ...circular });
  assertStringIncludes(sink.problem ?? "", "a step cannot be recorded: ");
  cluster.run({ seconds: 10 });
  assertEquals([query.done, query.acks.size], [true, 2]);
  assertEquals(replay(readSample(sink.bytes)).divergence, undefined);
});

for (const works of [true, false]) {
  const outcome = works ? "was loaded" : "could not be loaded";
  Deno.test(`a part that begins after RE2 ${outcome} filters by tags as the part before`, () => {
    const recording = new SimulationRecording({
      version: "1",
      partBytes: () => 500,
      blockBytes: 500,
    });
    let core: SerfCore | undefined;
    const cluster = simulate({
      nodes: 2,
      makeCore: (node) => (config, world, { compileExpression: _, ...options } = {}) => {
        const made = recording.makeCore(node)(config, world, options);
        if (node.index === 0) core = made;
        return made;
      },
    });
    const compile = works ? compileExpression : () => {
      throw new Error("RE2 is not loaded");
    };
    for (let second = 0; second < 10; second++) {
      if (second === 2) core!.loadExpressions(compile);
      if (second === 1 || second > 5) core!.receive(cluster.node(1).address, tagQuery(second));
      cluster.run({ seconds: 1 });
    }
    const [{ parts }] = recording.recordings();
    const [run] = runsOf(parts.map(readSample));
    assertGreater(run.length, 5);
    const { divergence, parts: replayed } = replayRun(run);
    assertEquals([divergence, replayed], [undefined, parts.length]);
    const { callbacks } = run[run.length - 1].header;
    assertEquals(callbacks, [works ? "compileExpression" : "refuseExpression"]);
  });
}

Deno.test("a state that cannot be recorded ends the recording, and not the node", () => {
  const sink = new MemorySink(() => 1);
  const cluster = simulate({
    nodes: 2,
    makeCore: (node) => (config, world, options) => {
      if (node.index > 0) return new SerfCore(config, world, options);
      const wallClock = () => node.simulatedMs;
      const random = node.generator;
      const recorder = new Recorder({ sink, version: "1", random, wallClock, blockBytes: 500 });
      const core = new RecordedCore(config, world, { ...options, recorder });
      Object.defineProperty(core, "save", { value: () => ({ callback: () => {} }) });
      return core;
    },
  });
  cluster.run({ seconds: 10 });
  assertEquals(sink.problem, "the state cannot be recorded: Cannot save a function");
  assertEquals(cluster.node(0).status(cluster.node(1).name), "alive");
  assertEquals(replay(readSample(sink.bytes)).divergence, undefined);
});

Deno.test("every method of the core that changes something is recorded", () => {
  const namesOf = (prototype: object) => Object.getOwnPropertyNames(prototype);
  const recorded = new Set(namesOf(RecordedCore.prototype));
  assertEquals(
    namesOf(SerfCore.prototype).filter((name) => !recorded.has(name)).sort(),
    // They only tell. What changes something belongs into RecordedCore, or a replay misses it.
    [
      "claims",
      "compileExpression",
      "compilesExpressions",
      "coordinate",
      "gossipBudget",
      "local",
      "member",
      "members",
      "save",
      "state",
      "stats",
      "suspicions",
      "userEventsWaiting",
      "why",
    ],
  );
});
