import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { Alarm } from "../../lib/base/alarm.ts";
import { until } from "../support/until.ts";

Deno.test("alarms ring in the order of their times, none too early", async () => {
  const begun = performance.now();
  const rung: [number, number][] = [];
  for (const ms of [40, 5, 20, 0, 10]) {
    Alarm.after(ms, () => rung.push([ms, performance.now() - begun]));
  }
  await until(() => rung.length === 5);
  assertEquals(rung.map(([ms]) => ms), [0, 5, 10, 20, 40]);
  for (const [ms, after] of rung) assertGreaterOrEqual(after, ms);
});

Deno.test("an alarm that is cancelled does not ring, the others do", async () => {
  const rung: string[] = [];
  const first = Alarm.after(5, () => rung.push("first"));
  {
    using _second = Alarm.after(6, () => rung.push("second"));
  }
  Alarm.after(10, () => rung.push("third"));
  first.cancel();
  await until(() => rung.length > 0);
  assertEquals(rung, ["third"]);
});

Deno.test("an alarm that rings may set the next one", async () => {
  let left = 5;
  const again = () => {
    if (--left > 0) Alarm.after(1, again);
  };
  Alarm.after(1, again);
  await until(() => left === 0);
});

Deno.test("an earlier alarm does not wait for a later one", async () => {
  using _late = Alarm.after(60_000, () => {});
  const begun = performance.now();
  let rung = false;
  Alarm.after(5, () => rung = true);
  await until(() => rung);
  assert(performance.now() - begun < 30_000);
});
