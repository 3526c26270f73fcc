import { assert, assertEquals, assertGreater, assertGreaterOrEqual, assertLess } from "@std/assert";
import { after, delay } from "../../lib/base/timer.ts";
import { until } from "../support/until.ts";

Deno.test("timers fire in the order of their times, none too early", async () => {
  const begun = performance.now();
  const fired: [number, number][] = [];
  for (const ms of [40, 5, 20, 0, 10]) {
    after(ms, () => fired.push([ms, performance.now() - begun]));
  }
  await until(() => fired.length === 5);
  assertEquals(fired.map(([ms]) => ms), [0, 5, 10, 20, 40]);
  for (const [ms, passed] of fired) assertGreaterOrEqual(passed, ms);
});

Deno.test("a timer that is cancelled does not fire, the others do", async () => {
  const fired: string[] = [];
  const first = after(5, () => fired.push("first"));
  {
    using _second = after(6, () => fired.push("second"));
  }
  after(10, () => fired.push("third"));
  first.cancel();
  await until(() => fired.length > 0);
  assertEquals(fired, ["third"]);
});

Deno.test("a timer that fires may start the next one", async () => {
  let left = 5;
  const again = () => {
    if (--left > 0) after(1, again);
  };
  after(1, again);
  await until(() => left === 0);
});

Deno.test("an earlier timer does not wait for a later one", async () => {
  using _late = after(60_000, () => {});
  const begun = performance.now();
  let fired = false;
  after(5, () => fired = true);
  await until(() => fired);
  assert(performance.now() - begun < 30_000);
});

async function lasting(wait: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await wait();
  return performance.now() - start;
}

const hour = 3_600_000;

/** Runs a program in a process of its own, which is killed if it does not end. */
async function evaluate(
  program: string,
  ...flags: readonly string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", ...flags, program],
    signal: AbortSignal.timeout(60_000),
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("a delay lasts as long as it is asked to", async () => {
  assertGreater(await lasting(() => delay(20, new AbortController().signal)), 19);
});

Deno.test("a delay ends with its signal, and does not begin after it", async () => {
  const controller = new AbortController();
  const waiting = lasting(() => delay(hour, controller.signal));
  controller.abort();
  assertLess(await waiting, 1_000);
  assertLess(await lasting(() => delay(hour, controller.signal)), 1_000);
});

Deno.test("a delay of no length is none", async () => {
  for (const ms of [0, -1, -Infinity]) await delay(ms, new AbortController().signal);
});

Deno.test("a timer keeps a process alive until it fires", async () => {
  const program = `
    import { after } from "${import.meta.resolve("../../lib/base/timer.ts")}";
    after(1, () => {});
    after(50, () => console.log("fired"));
  `;
  const { code, stdout, stderr } = await evaluate(program);
  assertEquals([code, stdout], [0, "fired\n"], stderr);
});

Deno.test("timers fire where V8 has no other threads", async () => {
  const program = `
    import { after } from "${import.meta.resolve("../../lib/base/timer.ts")}";
    let left = 3;
    const again = () => left-- > 0 ? after(5, again) : console.log("fired");
    again();
  `;
  const { code, stdout, stderr } = await evaluate(program, "--v8-flags=--single-threaded");
  assertEquals([code, stdout], [0, "fired\n"], stderr);
});

Deno.test("where timers need no signals, they need none after a start that took long", async () => {
  const program = `
    import { after } from "${import.meta.resolve("../../lib/base/timer.ts")}";
    after(1, () => {});
    for (const begun = Date.now(); Date.now() - begun < 600;);
    after(300, () => {
      AbortSignal.timeout = () => { throw new Error("a signal was used"); };
      after(10, () => console.log("fired"));
    });
  `;
  const { code, stdout, stderr } = await evaluate(program);
  assertEquals([code, stdout], [0, "fired\n"], stderr);
});

Deno.test("neither a cancelled timer nor a delay that was ended keeps a process alive", async () => {
  const program = `
    import { after, delay } from "${import.meta.resolve("../../lib/base/timer.ts")}";
    after(${hour}, () => {}).cancel();
    const ending = new AbortController();
    const waiting = delay(${hour}, ending.signal);
    after(1, () => ending.abort());
    await waiting;
  `;
  const { code, stderr } = await evaluate(program);
  assertEquals(code, 0, stderr);
});

Deno.test("a limit fires while something else keeps a process alive, and does not by itself", async () => {
  const program = `
    import { limit } from "${import.meta.resolve("../../lib/base/timer.ts")}";
    limit(${hour}, () => {});
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    limit(20, () => {
      console.log("fired");
      listener.close();
    });
    await listener.accept().catch(() => {});
  `;
  const { code, stdout, stderr } = await evaluate(program);
  assertEquals([code, stdout], [0, "fired\n"], stderr);
});

Deno.test("timers after a limit fire where V8 has no other threads, too", async () => {
  const program = `
    import { after, limit } from "${import.meta.resolve("../../lib/base/timer.ts")}";
    limit(1, () => {});
    let left = 3;
    const again = () => left-- > 0 ? after(5, again) : console.log("fired");
    again();
  `;
  const { code, stdout, stderr } = await evaluate(program, "--v8-flags=--single-threaded");
  assertEquals([code, stdout], [0, "fired\n"], stderr);
});
