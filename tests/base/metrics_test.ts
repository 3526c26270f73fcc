import { assertEquals } from "@std/assert";
import { METRICS } from "../../lib/base/metrics.ts";

/** Names that only a Go program has something to report under. */
const GO_ONLY = /^runtime\.(free_count|heap_objects|malloc_count|num_goroutines|.*gc_.*)$/;

const KINDS = { counter: "c", sample: "ms", gauge: "g" } as const;

Deno.test("what a Serf agent was seen to report is registered, by the same kind", () => {
  const transcripts = JSON.parse(
    Deno.readTextFileSync(new URL("../transcripts/agent/metrics.json", import.meta.url)),
  );
  const registered = Object.entries(METRICS).flatMap(([kind, metrics]) =>
    Object.keys(metrics).map((name) => ({
      type: KINDS[kind as keyof typeof METRICS],
      pattern: new RegExp(`^${name.replaceAll(".", "\\.").replace(/<.*>/, ".+")}$`),
    }))
  );
  const lines: string[] = transcripts[0].lines;
  const unknown = lines.map((line) => /^serf-agent\.(?:HOSTNAME\.)?(.*)\|(\w+) /.exec(line)!)
    .filter(([, name, type]) =>
      !GO_ONLY.test(name) &&
      !registered.some((metric) => metric.type === type && metric.pattern.test(name))
    );
  assertEquals(lines.length > 30, true);
  assertEquals(unknown.map(([line]) => line), []);
});
