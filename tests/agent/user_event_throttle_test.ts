import { assertEquals } from "@std/assert";
import { UserEventThrottle } from "../../lib/agent/user_event_throttle.ts";

Deno.test("a sender passes at once while there is room", async () => {
  const throttle = new UserEventThrottle(() => 1_023);
  await Promise.all([throttle.pass(), throttle.pass()]);
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
