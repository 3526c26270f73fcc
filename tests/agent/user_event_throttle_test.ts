import { assertEquals } from "@std/assert";
import { UserEventThrottle } from "../../lib/agent/user_event_throttle.ts";

Deno.test("the throttle is open while there is room and nobody waits", async () => {
  let waiting = 1_023;
  const throttle = new UserEventThrottle(() => waiting);
  assertEquals(throttle.isOpen, true);
  waiting++;
  assertEquals(throttle.isOpen, false);
  const first = throttle.pass();
  waiting = 0;
  assertEquals(throttle.isOpen, false);
  await first;
  assertEquals(throttle.isOpen, true);
});

Deno.test("senders who have to wait pass in order, as soon as there is room", async () => {
  let waiting = 1_024;
  const throttle = new UserEventThrottle(() => waiting);
  const passed: number[] = [];
  const all = [1, 2, 3].map((number) =>
    throttle.pass().then(() => {
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
