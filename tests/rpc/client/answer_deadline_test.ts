import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { AnswerDeadline } from "../../../lib/rpc/client/answer_deadline.ts";
import { until } from "../../support/until.ts";

/** A deadline, and which requests have failed: when, and why. */
class Failures {
  readonly deadline: AnswerDeadline;
  readonly at = new Map<bigint, number>();
  readonly reasons: string[] = [];

  constructor(limitMs?: number) {
    this.deadline = new AnswerDeadline(limitMs);
  }

  expect(seq: bigint, command: "join" | "stats" = "stats"): number {
    this.deadline.expect(seq, command, ({ message }) => {
      this.at.set(seq, performance.now());
      this.reasons.push(message);
    });
    return performance.now();
  }
}

Deno.test("requests without an answer fail, each once", async () => {
  const failures = new Failures(20);
  const sentAt = [failures.expect(1n), failures.expect(2n)];
  await until(() => failures.at.size === 2);
  assertGreaterOrEqual(failures.at.get(1n)! - sentAt[0], 19);
  assertEquals(failures.reasons, ["no answer within 0.02 s", "no answer within 0.02 s"]);
  failures.expect(3n);
  await until(() => failures.at.size === 3);
  assertEquals(failures.reasons.length, 3);
});

Deno.test("the time of a request begins when the one before it is answered", async () => {
  const failures = new Failures(60);
  const sentAt = failures.expect(1n);
  failures.expect(2n);
  await until(() => performance.now() - sentAt > 30);
  failures.deadline.answered(1n);
  const answeredAt = performance.now();
  await until(() => failures.at.size > 0);
  assertEquals([...failures.at.keys()], [2n]);
  assertGreaterOrEqual(failures.at.get(2n)! - answeredAt, 59);
});

Deno.test("what is answered in time does not fail later", async () => {
  const failures = new Failures(20);
  const sentAt = failures.expect(1n);
  failures.deadline.answered(1n);
  await until(() => performance.now() - sentAt > 60);
  assertEquals(failures.reasons, []);
});
