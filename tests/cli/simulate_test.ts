import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { simulationTable } from "../../lib/cli/commands/simulate.ts";
import { FlagError } from "../../lib/go/flags.ts";
import { serf } from "./recorded_io.ts";

/** The values of the table, by label. */
function rowsOf(table: string): Map<string, string> {
  const rows = table.split("\n").map((line) => line.split(/ {2,}/) as [string, string]);
  return new Map(rows);
}

Deno.test("the table shows how the cluster behaved", () => {
  const rows = rowsOf(simulationTable(["--nodes", "12", "-seed=7", "-kill", "2", "-loss", "0.1"]));
  assertEquals(rows.get("nodes, seed, loss"), "12, 7, 0.1");
  assertEquals(rows.get("running nodes seen as failed"), "0");
  for (const label of ["converged after", "2 killed, seen by the first", "2 killed, seen by all"]) {
    assertMatch(rows.get(label) ?? "", /^\d+\.\d\d s$/, label);
  }
  assert(Number(rows.get("packets per node per second")) > 1);
  assert(Number(rows.get("bytes per node per second")) > 10);
});

Deno.test("the same seed gives the same table, except for the real time", () => {
  const table = () => simulationTable(["--", "-nodes=10"]).replace(/real time .*/, "");
  assertEquals(table(), table());
});

Deno.test("a formed cluster has converged at the start", () => {
  const rows = rowsOf(simulationTable(["-nodes", "50", "-formed"]));
  assertEquals(rows.get("converged after"), "0.00 s");
  assertMatch(rows.get("1 killed, seen by all") ?? "", /^\d+\.\d\d s$/);
});

Deno.test("a failure that is not seen in time is reported as such", () => {
  const rows = rowsOf(simulationTable(["-nodes", "10", "-seconds", "2"]));
  assertEquals(rows.get("1 killed, seen by all"), "not in time");
});

Deno.test("invalid arguments are refused", () => {
  assertThrows(() => simulationTable(["-nodes", "many"]), FlagError, "invalid value");
  assertThrows(() => simulationTable(["10"]), TypeError, 'Cannot use argument: got "10"');
  assertThrows(() => simulationTable(["-nodes", "0"]), RangeError, "a cluster of 0 nodes");
  assertThrows(() => simulationTable(["-nodes", "3", "-kill", "3"]), RangeError, "kill 3 of 3");
  assertThrows(() => simulationTable(["-seconds", "0"]), RangeError, "0 seconds");
  assertThrows(() => simulationTable(["-loss", "2"]), RangeError, "Cannot use loss: got 2");
});

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
