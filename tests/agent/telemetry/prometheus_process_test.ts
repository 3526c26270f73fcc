import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { METRICS } from "../../../lib/base/metrics.ts";
import { Agent } from "../../support/agent.ts";
import { hasProgram } from "../../support/has_program.ts";
import { localAddress } from "../../support/local_addresses.ts";
import { TemporaryDirectory } from "../../support/temporary_directory.ts";
import { until } from "../../support/until.ts";

const HTTP_PORT = 17380;
const folder = new URL("../../../lib/agent/telemetry/prometheus/", import.meta.url);
const alerts = Deno.readTextFileSync(new URL("alerts.yml", folder));
const dashboard = Deno.readTextFileSync(new URL("dashboard.json", folder));

const missing = ["promtool", "prometheus"].every(hasProgram)
  ? undefined
  : "there is no Prometheus (apt-get install prometheus)";

function prometheusTest(name: string, fn: () => Promise<void>): void {
  Deno.test({
    name: missing === undefined ? name : `${name} (skipped: ${missing})`,
    ignore: missing !== undefined,
    fn,
  });
}

/** What promtool says, and whether it is content. */
async function promtool(args: readonly string[], input = ""): Promise<[number, string]> {
  const child = new Deno.Command("promtool", {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return [code, decoder.decode(stdout) + decoder.decode(stderr)];
}

Deno.test("dashboard and alerts use metrics that there are", () => {
  const known = new Set(
    [
      ...Object.values(METRICS).flatMap((table) => Object.keys(table)),
      // Those that only Prometheus gets.
      ...["agent.http.clients", "agent.http.streams", "agent.ipc.clients"],
      ...["memberlist.gossip_budget"],
      ...["memberlist.udp.sent_datagrams", "memberlist.udp.received_datagrams"],
      // What a regular expression begins with.
      "serf.queue.",
    ].map((name) => `serf_agent_${name.replaceAll(/[.-]/g, "_")}`),
  );
  const used = [...`${alerts}${dashboard}`.matchAll(/\bserf_agent_\w+/g)].map(([name]) => name);
  assertGreaterOrEqual(new Set(used).size, 25);
  assertEquals(used.filter((name) => !known.has(name)), []);
  assertEquals(alerts.match(/- alert:/g)?.length, 6);
});

prometheusTest("promtool accepts the alerts and the metrics", async () => {
  const rules = await promtool(["check", "rules", new URL("alerts.yml", folder).pathname]);
  assertEquals(rules[0], 0, rules[1]);
  await using agent = await startAgent("measured", {});
  const metrics = await (await fetch(`http://${agent.ip}:${HTTP_PORT}/metrics`)).text();
  const [code, said] = await promtool(["check", "metrics"], metrics);
  // Its style guide has other names than go-metrics; a metric that it cannot read is another matter.
  const style = /"_total" suffix|'snake_case' not 'camelCase'|abbreviated units/;
  assertEquals(said.trimEnd().split("\n").filter((line) => !style.test(line)), []);
  assertEquals(code, 3);
});

prometheusTest("a Prometheus scrapes two agents", async () => {
  using directory = new TemporaryDirectory();
  await using one = await startAgent("one", {});
  await using two = await startAgent("two", {
    metrics_prefix: "consul",
    start_join: [one.address],
  });
  const targets = [one, two].map(({ ip }) => `${ip}:${HTTP_PORT}`);
  directory.write({
    "prometheus.yml": JSON.stringify({
      global: { scrape_interval: "1s" },
      rule_files: [new URL("alerts.yml", folder).pathname],
      scrape_configs: [{ job_name: "serf", static_configs: [{ targets }] }],
    }),
  });
  const address = `${localAddress()}:19090`;
  await using server = new Deno.Command("prometheus", {
    args: [
      `--config.file=${directory.file("prometheus.yml")}`,
      `--storage.tsdb.path=${directory.file("data")}`,
      `--web.listen-address=${address}`,
    ],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const log = new Response(server.stderr).text();
  const values = async (query: string): Promise<Record<string, number>> => {
    const url = `http://${address}/api/v1/query?query=${encodeURIComponent(query)}`;
    const { data } = await (await fetch(url)).json();
    return Object.fromEntries(
      // deno-lint-ignore no-explicit-any
      data.result.map(({ metric, value }: any) => [metric.instance, Number(value[1])]),
    );
  };
  const scraped = async (query: string, expected: (value: number) => boolean, on: string[]) => {
    await until(async () => {
      const found = await values(query).catch(() => ({} as Record<string, number>));
      return on.every((target) => expected(found[target]));
    }, { what: `${query} has come from ${on}`, timeoutMs: 60_000 });
  };
  await scraped("up", (value) => value === 1, targets);
  await scraped("serf_agent_memberlist_udp_sent", (value) => value > 0, [targets[0]]);
  await scraped("consul_memberlist_gossip_count", (value) => value > 0, [targets[1]]);
  await scraped(
    'consul_memberlist_node_instances{node_state="alive"}',
    (value) => value === 2,
    [targets[1]],
  );
  server.kill("SIGTERM");
  assert((await log).includes("Server is ready"));
});

function startAgent(name: string, settings: Record<string, unknown>): Promise<Agent> {
  const directory = new TemporaryDirectory();
  const ip = localAddress();
  directory.write({
    "agent.json": JSON.stringify({ http_addr: `${ip}:${HTTP_PORT}`, ...settings }),
  });
  return Agent.start("ours", { name, ip, args: [`-config-file=${directory.file("agent.json")}`] })
    .finally(() => directory[Symbol.dispose]());
}
