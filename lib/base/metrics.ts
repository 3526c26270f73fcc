/**
 * What the program measures about itself: all metrics by name, and the interface that takes their values. The names are
 * those of Serf and memberlist, which dashboards know; the agent puts `serf-agent.` before them.
 *
 * @module
 */

/**
 * Every metric by kind and name, where `<…>` stands for a part that is known only at run time. Counters are added up, a
 * gauge replaces its last value, and of samples the distribution is of interest (statsd calls them timers).
 */
export const METRICS = {
  counter: {
    "agent.ipc.accept": { unit: "connections", help: "RPC connections accepted" },
    "agent.http.requests": { unit: "requests", help: "HTTP requests by operation and status" },
    "agent.invoke_failures": { unit: "runs", help: "Runs of event handlers that failed" },
    "agent.ipc.command": { unit: "commands", help: "RPC commands received" },
    "memberlist.degraded.probe": { unit: "probes", help: "Probes begun in bad local health" },
    "memberlist.degraded.timeout": {
      unit: "suspicions",
      help: "Suspicions that ran out unconfirmed",
    },
    "memberlist.msg.alive": { unit: "messages", help: "Alive messages that were news" },
    "memberlist.msg.dead": { unit: "messages", help: "Dead messages that were news" },
    "memberlist.msg.suspect": { unit: "messages", help: "Suspect messages that were news" },
    "memberlist.tcp.accept": { unit: "connections", help: "TCP connections accepted" },
    "memberlist.tcp.connect": { unit: "connections", help: "TCP connections opened" },
    "memberlist.tcp.sent": { unit: "bytes", help: "Bytes written to TCP connections" },
    "memberlist.udp.dropped": { unit: "datagrams", help: "Datagrams ignored, by reason" },
    "memberlist.udp.received": { unit: "bytes", help: "Bytes received in datagrams" },
    "memberlist.udp.sent": { unit: "bytes", help: "Bytes sent in datagrams" },
    "serf.coordinate.rejected": { unit: "probes", help: "Acks whose coordinate was not usable" },
    "serf.coordinate.zero-rtt": { unit: "probes", help: "Acks that took no measurable time" },
    "serf.events": { unit: "events", help: "User events seen for the first time" },
    "serf.events.<name>": { unit: "events", help: "The same, by the name of the event" },
    "serf.member.failed": { unit: "members", help: "Members that failed" },
    "serf.member.flap": { unit: "members", help: "Members back within a minute of failing" },
    "serf.member.join": { unit: "members", help: "Members that joined or came back" },
    "serf.member.left": { unit: "members", help: "Members that left" },
    "serf.member.update": { unit: "members", help: "Members that changed their tags" },
    "serf.queries": { unit: "queries", help: "Queries seen for the first time" },
    "serf.queries.<name>": { unit: "queries", help: "The same, by the name of the query" },
    "serf.query_acks": { unit: "messages", help: "Acks to our queries" },
    "serf.query_duplicate_acks": { unit: "messages", help: "Acks received a second time" },
    "serf.query_duplicate_responses": {
      unit: "messages",
      help: "Responses received a second time",
    },
    "serf.query_responses": { unit: "messages", help: "Responses to our queries" },
  },
  sample: {
    "agent.invoke.<script>": { unit: "ms", help: "Run of an event handler" },
    "memberlist.gossip": { unit: "ms", help: "One gossip round" },
    "memberlist.probeNode": { unit: "ms", help: "One probe, from its ping to its end" },
    "memberlist.queue.broadcasts": {
      unit: "messages",
      help: "Length of the queue of membership messages, every 30 s",
    },
    "memberlist.size.remote": { unit: "bytes", help: "Size of an encrypted state received" },
    "memberlist.pushPullNode": { unit: "ms", help: "One push/pull that this node began" },
    "runtime.event_loop_lag": { unit: "ms", help: "How late a timer is, twice a second" },
    "serf.coordinate.adjustment-ms": { unit: "ms", help: "How far an ack moved the coordinate" },
    "serf.msgs.received": { unit: "bytes", help: "Size of a Serf message received" },
    "serf.msgs.sent": { unit: "bytes", help: "Size of a Serf message sent by gossip" },
    "serf.queue.Event": { unit: "messages", help: "Length of the event queue, every 30 s" },
    "serf.queue.Intent": { unit: "messages", help: "Length of the intent queue, every 30 s" },
    "serf.queue.Query": { unit: "messages", help: "Length of the query queue, every 30 s" },
    "serf.snapshot.appendLine": { unit: "ms", help: "Appending to the snapshot file" },
    "serf.snapshot.compact": { unit: "ms", help: "Rewriting the snapshot file" },
  },
  gauge: {
    "memberlist.health.score": { unit: "score", help: "Local health (Lifeguard); 0 is healthy" },
    "memberlist.node.instances": { unit: "nodes", help: "Nodes by state, at the last push/pull" },
    "memberlist.size.local": { unit: "bytes", help: "Size of our state, at the last push/pull" },
    "runtime.alloc_bytes": { unit: "bytes", help: "JavaScript heap in use" },
    "runtime.sys_bytes": { unit: "bytes", help: "Resident memory of the process" },
  },
} as const;

/** The kinds of metrics. */
export type MetricKind = keyof typeof METRICS;

/** The names of all metrics of a kind, with any text in the place of `<…>`. */
export type MetricName<Kind extends MetricKind> = {
  [Name in keyof typeof METRICS[Kind]]: Name extends `${infer Head}<${string}>` ? `${Head}${string}`
    : Name;
}[keyof typeof METRICS[Kind]];

/** What tells apart the values of one metric. */
export type MetricLabels = Readonly<Record<string, string>>;

/**
 * Takes the values of metrics. Where nobody wants them there is no such object: callers write `metrics?.count(…)`, so
 * that no work is done and no name is built. Implementations must not throw.
 */
export interface Metrics {
  /** Adds `value`, 1 by default, to a counter. */
  count(name: MetricName<"counter">, value?: number, labels?: MetricLabels): void;
  /** Takes one of many values: a duration in milliseconds, or a size. */
  sample(name: MetricName<"sample">, value: number): void;
  /** Sets the present value of something that always has one. */
  gauge(name: MetricName<"gauge">, value: number, labels?: MetricLabels): void;
}
