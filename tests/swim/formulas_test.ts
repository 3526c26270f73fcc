import { assertAlmostEquals, assertEquals } from "@std/assert";
import {
  pushPullInterval,
  retransmitLimit,
  suspicionMinTimeout,
  suspicionTimeout,
} from "../../lib/swim/formulas.ts";

interface Group {
  readonly name: string;
  readonly cases: readonly Readonly<Record<string, number>>[];
}

const vectors: readonly Group[] = JSON.parse(
  Deno.readTextFileSync(new URL("../vectors/formulas.json", import.meta.url)),
);

function casesOf(name: string): Group["cases"] {
  const group = vectors.find((group) => group.name === `formulas/${name}`);
  if (group === undefined || group.cases.length === 0) throw new Error(`No cases of ${name}`);
  return group.cases;
}

Deno.test("the retransmit limit is memberlist's", () => {
  for (const { mult, n, limit } of casesOf("retransmitLimit")) {
    assertEquals(retransmitLimit(mult, n), limit, `${mult} ${n}`);
  }
});

Deno.test("the minimum suspicion timeout is memberlist's", () => {
  for (const { mult, n, intervalNs, timeoutNs } of casesOf("suspicionMinTimeout")) {
    assertAlmostEquals(suspicionMinTimeout(mult, n, intervalNs / 1e6), timeoutNs / 1e6, 1e-6);
  }
});

Deno.test("confirmations shorten a suspicion as in memberlist", () => {
  for (const c of casesOf("suspicionRemaining")) {
    const range = { expected: c.k, minMs: c.minNs / 1e6, maxMs: c.maxNs / 1e6 };
    const remaining = suspicionTimeout(c.confirmations, range) - c.elapsedNs / 1e6;
    assertAlmostEquals(remaining, c.remainingNs / 1e6, 1e-6, JSON.stringify(c));
  }
});

Deno.test("the push/pull interval grows as in memberlist", () => {
  for (const { intervalNs, n, scaledNs } of casesOf("pushPullInterval")) {
    assertEquals(pushPullInterval(intervalNs / 1e6, n), scaledNs / 1e6, `${n}`);
  }
});
