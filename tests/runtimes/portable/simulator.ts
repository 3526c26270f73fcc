/** A cluster in virtual time, whose run is the same on every runtime. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { simulate } from "../../../lib/sim/mod.ts";

test("a simulated run repeats from its seed", () => {
  const run = () => {
    const cluster = simulate({ nodes: 5, seed: 42, loss: 0.01 });
    cluster.node(3).pause();
    cluster.run({ seconds: 30 });
    return cluster.node(0).members().map(({ name, status }) => `${name} ${status}`).toSorted();
  };
  assert.deepEqual(run(), ["n0 alive", "n1 alive", "n2 alive", "n3 failed", "n4 alive"]);
  assert.deepEqual(run(), run());
});
