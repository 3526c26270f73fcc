import { assertEquals } from "@std/assert";
import { MemorySink } from "../../../lib/agent/telemetry/memory_sink.ts";

/** A sink whose clock the test sets. */
function sinkAt(text: string) {
  const clock = { ms: Date.parse(text) };
  return { sink: new MemorySink(() => clock.ms), clock };
}

Deno.test("a finished interval is reported in the format of go-metrics", () => {
  const { sink, clock } = sinkAt("2026-11-23T19:25:53.956Z");
  sink.record("ms", "serf-agent.memberlist.gossip", 1);
  sink.record("ms", "serf-agent.memberlist.gossip", 4);
  sink.record("c", "serf-agent.serf.events", 1);
  sink.record("c", "serf-agent.serf.queries", 2);
  clock.ms += 1_500;
  sink.record("c", "serf-agent.serf.queries", 2);
  sink.record("g", "serf-agent.runtime.sys_bytes", 5);
  sink.record("g", "serf-agent.runtime.sys_bytes", 7.25);
  assertEquals(sink.report(), []);
  clock.ms += 5_000;
  const interval = "[2026-11-23 19:25:50 +0000 UTC]";
  assertEquals(sink.report(), [
    `${interval}[G] 'serf-agent.runtime.sys_bytes': 7.250`,
    `${interval}[C] 'serf-agent.serf.events': Count: 1 Sum: 1.000 LastUpdated: 2026-11-23 19:25:53.956 +0000 UTC`,
    `${interval}[C] 'serf-agent.serf.queries': Count: 2 Sum: 4.000 LastUpdated: 2026-11-23 19:25:55.456 +0000 UTC`,
    `${interval}[S] 'serf-agent.memberlist.gossip': Count: 2 Min: 1.000 Mean: 2.500 Max: 4.000 ` +
    "Stddev: 2.121 Sum: 5.000 LastUpdated: 2026-11-23 19:25:53.956 +0000 UTC",
  ]);
});

Deno.test("five finished intervals are kept", () => {
  const { sink, clock } = sinkAt("2026-11-23T19:00:00Z");
  for (let i = 0; i < 20; i++) {
    sink.record("c", `n${i}`, 1);
    clock.ms += 10_000;
  }
  const names = sink.report().map((line) => line.match(/'(.*)'/)?.[1]);
  assertEquals(names, ["n15", "n16", "n17", "n18", "n19"]);
});

Deno.test("times on the second are printed without a fraction", () => {
  const { sink, clock } = sinkAt("2026-11-23T19:00:00Z");
  sink.record("c", "a", 1);
  clock.ms += 10_000;
  assertEquals(sink.report(), [
    "[2026-11-23 19:00:00 +0000 UTC][C] 'a': Count: 1 Sum: 1.000 LastUpdated: 2026-11-23 19:00:00 +0000 UTC",
  ]);
});

Deno.test("only so many names are kept in memory", () => {
  const { sink, clock } = sinkAt("2026-11-23T19:00:00Z");
  for (let i = 0; i < 10_000; i++) sink.record("c", `n${i}`, 1);
  sink.record("c", "n0", 1);
  sink.record("ms", "other", 1);
  clock.ms += 10_000;
  const lines = sink.report();
  assertEquals(lines.length, 4_096 + 1);
  assertEquals(lines[0].includes("Count: 2"), true);
});
