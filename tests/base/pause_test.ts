import { assertGreater, assertLess } from "@std/assert";
import { pause } from "../../lib/base/pause.ts";

async function lasting(wait: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await wait();
  return performance.now() - start;
}

const hour = 3_600_000;

Deno.test("a pause lasts as long as it is asked to", async () => {
  assertGreater(await lasting(() => pause(20, new AbortController().signal)), 19);
});

Deno.test("a pause ends with its signal, and does not begin after it", async () => {
  const controller = new AbortController();
  const waiting = lasting(() => pause(hour, controller.signal));
  controller.abort();
  assertLess(await waiting, 1_000);
  assertLess(await lasting(() => pause(hour, controller.signal)), 1_000);
});

Deno.test("a pause of no length is none", async () => {
  for (const ms of [0, -1, -Infinity]) await pause(ms, new AbortController().signal);
});
