import { assertEquals } from "@std/assert";
import { EventGate } from "../../lib/agent/event_gate.ts";

Deno.test("whoever comes while there is room passes at once", async () => {
  const gate = new EventGate(() => 1_023);
  await Promise.all([gate.pass(), gate.pass()]);
});

Deno.test("those who have to wait pass in their order, as soon as there is room", async () => {
  let waiting = 1_024;
  const gate = new EventGate(() => waiting);
  const passed: number[] = [];
  const all = [1, 2, 3].map((number) =>
    gate.pass().then(() => {
      passed.push(number);
      waiting++;
    })
  );
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(passed, []);
  waiting = 1_022;
  await Promise.all(all.slice(0, 2));
  assertEquals(passed, [1, 2]);
  waiting = 0;
  await all[2];
  assertEquals(passed, [1, 2, 3]);
});
