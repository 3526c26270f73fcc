import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { TemporaryDirectory } from "../../support/temporary_directory.ts";
import { serf } from "../recorded_io.ts";

/** Runs `serf simulate`, which must succeed. */
async function simulate(...args: string[]): Promise<string> {
  const { stdout, stderr, exit } = await serf(["simulate", ...args]);
  assertEquals([stderr, exit], ["", 0], stdout);
  return stdout;
}

/** What a run that fails complains about. */
async function complaint(...args: string[]): Promise<string> {
  const { stdout, stderr, exit } = await serf(["simulate", ...args]);
  assertEquals(exit, 1);
  return stderr === "" ? stdout.trim() : stderr.trim();
}

/** The values of a table with one variant, by label. */
function rowsOf(table: string): Map<string, string> {
  const rows = table.split("\n").map((line) => line.trim().split(/ {2,}/));
  return new Map(rows.filter(({ length }) => length === 2) as [string, string][]);
}

Deno.test("the table shows how the cluster behaved", async () => {
  const table = await simulate("--nodes", "12", "-seed=7", "-kill", "2", "-loss", "0.1");
  assertMatch(table, /^12 nodes, 60 s, 10 % of datagrams lost, 2 killed, seed 7\n/);
  const rows = rowsOf(table);
  assertEquals(rows.get("healthy nodes, times"), "0");
  assertEquals(rows.get("times a node did not notice"), "0");
  assertEquals(rows.get("arrived"), "100 %");
  for (const label of ["by the first node, median", "by a node, p99", "by all nodes, median"]) {
    assertMatch(rows.get(label) ?? "", /^\d+\.\d\d s$/, label);
  }
  assert(Number(rows.get("packets")) > 1);
  assert(Number(rows.get("bytes in packets")) > 10);
});

Deno.test("the same seed gives the same output, another one another", async () => {
  const run = (...args: string[]) => simulate("--", "-nodes=10", "-format=json", ...args);
  assertEquals(await run(), await run("-seed=1"));
  assert(await run() !== await run("-seed=2"));
});

Deno.test("nodes that are not formed join, which takes time", async () => {
  const rows = rowsOf(await simulate("-nodes=20", "-formed=false", "-seconds=1"));
  assertMatch(rows.get("all know each other after") ?? "", /^\d\.\d\d s$/);
});

Deno.test("a failure that is not noticed in time is reported as such", async () => {
  const rows = rowsOf(await simulate("-nodes", "10", "-seconds", "2"));
  assertEquals(rows.get("by all nodes, median"), "-");
  assertEquals(rows.get("times a node did not notice"), "9");
});

Deno.test("a node that is alone is not killed", async () => {
  const rows = rowsOf(await simulate("-nodes=1", "-seconds=2"));
  assertEquals([rows.get("by all nodes, median"), rows.get("sent")], [undefined, "0"]);
});

Deno.test("variants stand side by side", async () => {
  const table = await simulate("-nodes=20", "-seconds=90", "-compare=probe_interval=250ms");
  assertMatch(table, /\n +lan {3}probe_interval=250ms\n/);
  const [, before, after] = table.match(/by all nodes, median +(\S+) s +(\S+) s/) ?? [];
  assert(Number(after) < Number(before) / 2, table);
  const three = await simulate("-nodes=5", "-seconds=1", "-compare=lan,wan+gossip_nodes=5,local");
  assertMatch(three, /\n +lan {3}wan\+gossip_nodes=5 {3}local\n/);
});

Deno.test("JSON has every figure, in milliseconds", async () => {
  const report = JSON.parse(await simulate("-nodes=20", "-format=json", "-compare=lan,local"));
  assertEquals(report.variants.map(({ name }: { name: string }) => name), ["lan", "local"]);
  const [{ detection, events, series, false_failures }] = report.variants;
  assertEquals(detection.each_ms.count, 19);
  assert(detection.first_ms.p50 > 1000 && detection.each_ms.max < 50_000);
  assertEquals(events.delivery_ms.count, events.sent * 18);
  assertEquals(series.length, 60);
  assertEquals(false_failures.healthy, { incidents: 0, reports: 0, per_node_day: 0 });
});

Deno.test("progress is shown on a terminal, and leaves nothing behind", async () => {
  const args = ["simulate", "-nodes=5", "-seconds=1"];
  const { stdout, stderr } = await serf(args, { isErrorTerminal: true });
  assert(stderr.startsWith(`\r\x1b[K[${".".repeat(30)}] 0 % lan`));
  assert(stderr.endsWith("\r\x1b[K"));
  assertEquals(stdout, await simulate("-nodes=5", "-seconds=1"));
});

Deno.test("a chart is written as SVG", async () => {
  using directory = new TemporaryDirectory();
  const file = directory.file("chart.svg");
  await simulate("-nodes=10", "-compare=lan,local", `-chart=${file}`);
  const chart = Deno.readTextFileSync(file);
  assertMatch(chart, /^<svg xmlns="[^"]+" width="960"/);
  for (const text of ["lan", "local", "A killed node is noticed", "seconds after it was killed"]) {
    assertStringIncludes(chart, `>${text}</text>`);
  }
  assert(!/NaN|undefined|Infinity/.test(chart));
  const none = directory.file("no/chart.svg");
  assertEquals(
    await complaint("-nodes=5", "-seconds=1", "-chart", none),
    `Cannot write the chart: open ${none}: no such file or directory`,
  );
});

Deno.test("invalid arguments are refused", async () => {
  const { stdout, stderr, exit } = await serf(["simulate", "-nodes=x"]);
  assertEquals(stderr, 'invalid value "x" for flag -nodes: parse error\n');
  assertStringIncludes(stdout, "Usage: serf simulate");
  assertEquals(exit, 1);
  assertEquals(await complaint("10"), "unexpected argument: 10");
  assertEquals(
    await complaint("-nodes", "0"),
    "-nodes: got 0, expected a whole number from 1 to 10000",
  );
  assertMatch(await complaint("-nodes=3", "-kill=3"), /^Cannot use 3 nodes for a fault: /);
  assertMatch(await complaint("-kill=-1"), /^-kill: got -1, expected /);
  assertMatch(await complaint("-seconds", "0"), /^-seconds: got 0, expected /);
  assertEquals(await complaint("-loss", "2"), "-loss: got 2, expected a number from 0 to 1");
  assertEquals(await complaint("-loss", "x"), '-loss: got "x", expected a number from 0 to 1');
  assertMatch(await complaint("-event-rate=x"), /^-event-rate: got "x", expected a number from /);
  assertMatch(await complaint("-profile=man"), /^-profile: got "man", expected one of lan, wan/);
  assertMatch(await complaint("-compare=man"), /^-compare: got "man", expected a profile \(lan/);
  assertMatch(await complaint("-compare=x=1"), /^-compare: unknown setting "x", expected one of /);
  assertMatch(
    await complaint("-compare=probe_interval=5"),
    /^-compare\.probe_interval: got 5, expected a duration such as "250ms"/,
  );
  assertMatch(await complaint("-compare=lan,wan,local,lan,wan"), /^-compare: got 5 variants/);
  assertEquals(await complaint("-format=xml"), "-format is one of text, json.");
  assertEquals(JSON.parse(await complaint("-kill=-1", "-format=json")), {
    error: "-kill: got -1, expected a whole number from 0 to 10000",
  });
});
