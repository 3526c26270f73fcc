import { assertEquals } from "@std/assert";
import { SampleWindow } from "../../../lib/agent/telemetry/sample_window.ts";

Deno.test("without values there are no quantiles", () => {
  assertEquals(new SampleWindow().quantiles([0.5]), [NaN]);
});

Deno.test("quantiles are those of the last minute, number and sum those of all time", () => {
  let now = 0;
  const window = new SampleWindow(() => now);
  window.add(1_000);
  now = 60_001;
  window.add(3);
  window.add(1);
  window.add(2);
  assertEquals(window.quantiles([0, 0.5, 0.99]), [1, 2, 3]);
  assertEquals([window.count, window.sum], [4, 1_006]);
  now = 120_002;
  assertEquals(window.quantiles([0.5]), [NaN]);
});

Deno.test("of many values only the latest are kept", () => {
  const window = new SampleWindow();
  for (let i = 1; i <= 10_000; i++) window.add(i);
  assertEquals(window.quantiles([0, 1]), [10_000 - 1_023, 10_000]);
});
