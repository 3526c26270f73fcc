import { assertEquals, assertGreaterOrEqual, assertRejects } from "@std/assert";
import { WriteDeadline } from "../../../lib/rpc/client/write_deadline.ts";
import { until } from "../../support/until.ts";

/** A deadline, and when it found that a write took too long. */
function deadlineOf(timeoutMs: number): { deadline: WriteDeadline; timedOutAt: number[] } {
  const timedOutAt: number[] = [];
  const onTimeout = () => timedOutAt.push(performance.now());
  return { deadline: new WriteDeadline({ timeoutMs, onTimeout }), timedOutAt };
}

Deno.test("a write that never finishes times out, once", async () => {
  const { deadline, timedOutAt } = deadlineOf(20);
  const begun = performance.now();
  deadline.time(new Promise(() => {}));
  await until(() => timedOutAt.length > 0);
  assertGreaterOrEqual(timedOutAt[0] - begun, 20);
  await until(() => performance.now() - timedOutAt[0] > 60);
  assertEquals(timedOutAt.length, 1);
});

Deno.test("a later write has the whole time, although all writes share a timer", async () => {
  const { deadline, timedOutAt } = deadlineOf(60);
  await deadline.time(Promise.resolve());
  const first = performance.now();
  await until(() => performance.now() - first > 30);
  const begun = performance.now();
  deadline.time(new Promise(() => {}));
  await until(() => timedOutAt.length > 0);
  assertGreaterOrEqual(timedOutAt[0] - begun, 60);
});

Deno.test("a failed write rejects for its caller, and does not time out later", async () => {
  const { deadline, timedOutAt } = deadlineOf(20);
  await assertRejects(
    () => deadline.time(Promise.reject(new Error("broken pipe"))),
    Error,
    "broken",
  );
  const failed = performance.now();
  await until(() => performance.now() - failed > 60);
  assertEquals(timedOutAt, []);
});
