import { assertEquals, assertStringIncludes } from "@std/assert";
import { PrometheusRegistry } from "../../../lib/agent/telemetry/prometheus_registry.ts";

/** The lines about one metric. */
function linesOf(registry: PrometheusRegistry, name: string): string[] {
  const lines = registry.text().trimEnd().split("\n");
  return lines.filter((line) => new RegExp(`^(# \\w+ )?${name}(_sum|_count)?[ {]`).test(line));
}

Deno.test("counters are added up under go-metrics' names, and are 0 before that", () => {
  const registry = new PrometheusRegistry("serf_agent");
  registry.count("memberlist.msg.alive", 1);
  registry.count("memberlist.msg.alive", 2);
  assertEquals(linesOf(registry, "serf_agent_memberlist_msg_alive"), [
    "# HELP serf_agent_memberlist_msg_alive Alive messages that were news (messages)",
    "# TYPE serf_agent_memberlist_msg_alive counter",
    "serf_agent_memberlist_msg_alive 3",
  ]);
  assertStringIncludes(registry.text(), "\nserf_agent_serf_member_failed 0\n");
});

Deno.test("the prefix is that of the settings", () => {
  const registry = new PrometheusRegistry("consul");
  registry.sample("serf.queue.Event", 3);
  registry.gauge("memberlist.health.score", 1);
  assertStringIncludes(registry.text(), '\nconsul_serf_queue_Event{quantile="0.5"} 3\n');
  assertStringIncludes(registry.text(), "\nconsul_memberlist_health_score 1\n");
  assertStringIncludes(new PrometheusRegistry("").text(), "\nserf_member_failed 0\n");
});

Deno.test("datagrams are counted beside their bytes", () => {
  const registry = new PrometheusRegistry("serf_agent");
  registry.count("memberlist.udp.sent", 100);
  registry.count("memberlist.udp.sent", 50);
  assertStringIncludes(registry.text(), "\nserf_agent_memberlist_udp_sent 150\n");
  assertStringIncludes(registry.text(), "\nserf_agent_memberlist_udp_sent_datagrams 2\n");
});

Deno.test("labels are escaped, and each has its own value", () => {
  const registry = new PrometheusRegistry("serf_agent");
  registry.gauge("memberlist.node.instances", 3, { node_state: "alive" });
  registry.gauge("memberlist.node.instances", 4, { node_state: "alive" });
  registry.count("memberlist.udp.dropped", 1, { reason: 'a"b\\c\nd' });
  assertStringIncludes(
    registry.text(),
    '\nserf_agent_memberlist_node_instances{node_state="alive"} 4\n',
  );
  assertStringIncludes(
    registry.text(),
    '\nserf_agent_memberlist_udp_dropped{reason="a\\"b\\\\c\\nd"} 1\n',
  );
});

Deno.test("names of events that become the same are one metric", () => {
  const registry = new PrometheusRegistry("serf_agent");
  registry.count("serf.events.a-b", 1);
  registry.count("serf.events.a b", 2);
  registry.count("serf.events.a\n# TYPE x", 1);
  assertEquals(linesOf(registry, "serf_agent_serf_events_a_b"), [
    "# HELP serf_agent_serf_events_a_b The same, by the name of the event (events)",
    "# TYPE serf_agent_serf_events_a_b counter",
    "serf_agent_serf_events_a_b 3",
  ]);
  assertStringIncludes(registry.text(), "\nserf_agent_serf_events_a___TYPE_x 1\n");
});

Deno.test("scripts whose names become the same are one metric, because Prometheus takes each but once", () => {
  const registry = new PrometheusRegistry("serf_agent");
  registry.sample("agent.invoke./bin/a b", 1);
  registry.sample("agent.invoke./bin/a-b", 2);
  const lines = linesOf(registry, "serf_agent_agent_invoke__bin_a_b");
  assertEquals(lines.filter((line) => line.startsWith("# TYPE")).length, 1);
  assertEquals(lines.slice(-2), [
    "serf_agent_agent_invoke__bin_a_b_sum 3",
    "serf_agent_agent_invoke__bin_a_b_count 2",
  ]);
});

Deno.test("the number of names is bounded", () => {
  const registry = new PrometheusRegistry("serf_agent");
  for (let i = 0; i < 5_000; i++) {
    registry.count(`serf.events.e${i}`, 1);
    registry.sample(`agent.invoke.s${i}`, 1);
  }
  const counters = registry.text().match(/^# TYPE \S+ counter$/gm)!.length;
  const summaries = registry.text().match(/^# TYPE \S+ summary$/gm)!.length;
  assertEquals([counters, summaries], [1_024, 1_024]);
  registry.count("memberlist.udp.dropped", 1, { reason: "address" });
  registry.sample("memberlist.gossip", 1);
  assertStringIncludes(
    registry.text(),
    '\nserf_agent_memberlist_udp_dropped{reason="address"} 1\n',
  );
  assertStringIncludes(registry.text(), "\nserf_agent_memberlist_gossip_count 1\n");
});

Deno.test("samples are summaries", () => {
  const registry = new PrometheusRegistry("serf_agent");
  for (let i = 1; i <= 100; i++) registry.sample("memberlist.gossip", i);
  assertEquals(linesOf(registry, "serf_agent_memberlist_gossip").slice(1), [
    "# TYPE serf_agent_memberlist_gossip summary",
    'serf_agent_memberlist_gossip{quantile="0.5"} 50',
    'serf_agent_memberlist_gossip{quantile="0.9"} 90',
    'serf_agent_memberlist_gossip{quantile="0.99"} 99',
    "serf_agent_memberlist_gossip_sum 5050",
    "serf_agent_memberlist_gossip_count 100",
  ]);
});

Deno.test("what is observed is read when it is asked for", () => {
  const registry = new PrometheusRegistry("serf_agent");
  let clients = 1;
  registry.observe("agent.ipc.clients", "RPC connections", () => clients);
  clients = 2;
  assertEquals(linesOf(registry, "serf_agent_agent_ipc_clients"), [
    "# HELP serf_agent_agent_ipc_clients RPC connections",
    "# TYPE serf_agent_agent_ipc_clients gauge",
    "serf_agent_agent_ipc_clients 2",
  ]);
});
