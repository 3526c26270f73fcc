import { assertEquals } from "@std/assert";
import { type MetricType, Telemetry } from "../../../lib/agent/telemetry/telemetry.ts";

/** Figures under a host's name or none, and what a sink got of them. */
function telemetry(host?: string) {
  const got: string[] = [];
  const record = (type: MetricType, name: string, value: number) => {
    got.push(`${type} ${name} ${value}`);
  };
  return { metrics: new Telemetry([{ record }], { host }), got };
}

Deno.test("all metrics have one prefix", () => {
  const { metrics, got } = telemetry();
  metrics.count("serf.events");
  metrics.count("memberlist.udp.sent", 158);
  metrics.sample("memberlist.gossip", 0.5);
  metrics.gauge("memberlist.health.score", 0);
  assertEquals(got, [
    "c serf-agent.serf.events 1",
    "c serf-agent.memberlist.udp.sent 158",
    "ms serf-agent.memberlist.gossip 0.5",
    "g serf-agent.memberlist.health.score 0",
  ]);
});

Deno.test("only gauges have the host's name", () => {
  const { metrics, got } = telemetry("web-1");
  metrics.count("a");
  metrics.sample("b", 2);
  metrics.gauge("c", 3);
  assertEquals(got, ["c serf-agent.a 1", "ms serf-agent.b 2", "g serf-agent.web-1.c 3"]);
});

Deno.test("separators in names are replaced", () => {
  const { metrics, got } = telemetry();
  metrics.sample("agent.invoke.echo 1", 1);
  metrics.count("serf.events.x:1|c\ny");
  assertEquals(got, ["ms serf-agent.agent.invoke.echo_1 1", "c serf-agent.serf.events.x_1_c_y 1"]);
});

Deno.test("the values of labels are the end of the name, but not for a registry", () => {
  const got: unknown[] = [];
  const registry = {
    count: (...args: unknown[]) => void got.push(args),
    sample: () => {},
    gauge: (...args: unknown[]) => void got.push(args),
  };
  const sink = { record: (_: MetricType, name: string) => void got.push(name) };
  const metrics = new Telemetry([sink], { registry });
  metrics.gauge("memberlist.node.instances", 3, { node_state: "alive" });
  metrics.count("memberlist.udp.dropped", undefined, { reason: "address" });
  assertEquals(got, [
    "serf-agent.memberlist.node.instances.alive",
    ["memberlist.node.instances", 3, { node_state: "alive" }],
    "serf-agent.memberlist.udp.dropped.address",
    ["memberlist.udp.dropped", 1, { reason: "address" }],
  ]);
});

Deno.test("every sink gets every value", () => {
  const got: number[] = [];
  const metrics = new Telemetry([1, 2].map((sink) => ({ record: () => got.push(sink) })));
  metrics.count("a");
  assertEquals(got, [1, 2]);
});
