import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { serf } from "./recorded_io.ts";

Deno.test("simulate prints a table", async () => {
  const { stdout, stderr, exit } = await serf(["simulate", "-nodes=5", "-seconds=1"]);
  assertMatch(stdout, /^nodes, seed, loss +5, 1, 0\n/);
  assertEquals([stderr, exit], ["", 0]);
});

Deno.test("simulate says what is wrong with its arguments", async () => {
  const { stdout, stderr, exit } = await serf(["simulate", "-nodes=x"]);
  assertEquals(stderr, 'invalid value "x" for flag -nodes: parse error\n');
  assertStringIncludes(stdout, "Usage: serf simulate");
  assertEquals(exit, 1);
  const outcome = await serf(["simulate", "-nodes=0"]);
  assertEquals(outcome, { stdout: "Cannot simulate a cluster of 0 nodes\n", stderr: "", exit: 1 });
});

Deno.test("the program's help does not list simulate", async () => {
  assertEquals((await serf([])).stderr.includes("simulate"), false);
});
