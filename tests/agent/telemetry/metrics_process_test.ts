/** The figures of a running agent, compared with those of Serf. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { TemporaryDirectory } from "../../support/temporary_directory.ts";
import { eachBuildTest, type OurBuild } from "../../support/our_builds.ts";
import { Agent } from "../../support/agent.ts";
import { until } from "../../support/until.ts";
import { DatagramServer } from "../../support/datagram_server.ts";

/** Names that are about Go, and those that come every half minute only. */
const NOT_EXPECTED =
  /runtime\.(free_count|gc_pause_ns|heap_objects|malloc_count|num_goroutines|total_gc_)|serf\.queue\./;

/** What memberlist sends since it has labels. */
const LATER = [
  ...["alive", "dead", "left", "suspect"]
    .map((state) => `serf-agent.HOSTNAME.memberlist.node.instances.${state}|g`),
  "serf-agent.HOSTNAME.memberlist.size.local|g",
];

/** `NAME|TYPE` of every figure that Serf was seen to send, with this host's name. */
function serfNames(): string[] {
  const url = new URL("../../transcripts/agent/metrics.json", import.meta.url);
  const runs: { name: string; lines: string[] }[] = JSON.parse(Deno.readTextFileSync(url));
  const lines = runs.find(({ name }) => name === "statsd-names")?.lines ?? [];
  const names = lines.map((line) => line.split(" ")[0]);
  return [...names, ...LATER].map((name) => name.replace("HOSTNAME", Deno.hostname()))
    .filter((name) => !NOT_EXPECTED.test(name));
}

/** What arrives at a metrics server, by `NAME|TYPE`; it ends with the server. */
async function collect(server: DatagramServer, names: Set<string>): Promise<void> {
  try {
    for (;;) {
      for (const line of (await server.receive()).trimEnd().split("\n")) {
        assertMatch(line, /^[^:|\s]+:-?\d+\.\d{6}\|(c|g|ms)$/);
        names.add(line.replace(/:.*\|/, "|"));
      }
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.Interrupted)) throw error;
  }
}

/** Waits until all that is expected was collected. */
async function allHaveCome(expected: readonly string[], names: Set<string>): Promise<void> {
  const missing = () => expected.filter((name) => !names.has(name));
  const done = () => Promise.resolve(missing().length === 0);
  await until(done, {
    what: "all figures have come",
    detail: () => `missing: ${missing().join(" ")}`,
  });
}

/** Starts an agent with these settings. */
async function startWith(
  ours: OurBuild,
  directory: TemporaryDirectory,
  { name, settings }: { name: string; settings: Record<string, unknown> },
): Promise<Agent> {
  directory.write({ [`${name}.json`]: JSON.stringify(settings) });
  const args = [`-config-file=${directory.file(`${name}.json`)}`];
  return await Agent.start(ours, { name, args });
}

eachBuildTest(
  "an agent sends the metrics that Serf sends, and reports them on SIGUSR1 and by RPC",
  async (ours) => {
    using directory = new TemporaryDirectory();
    const server = new DatagramServer();
    const names = new Set<string>();
    const collecting = collect(server, names);
    await using agent = await startWith(ours, directory, {
      name: "counted",
      settings: {
        statsd_addr: `127.0.0.1:${server.port}`,
        snapshot_path: directory.file("snapshot"),
        event_handlers: ["query:load=echo 1"],
      },
    });
    {
      await using other = await startWith(ours, directory, {
        name: "other",
        settings: { start_join: [agent.ip] },
      });
      await using own = await agent.rpc();
      await own.join([other.ip]);
      await using client = await other.rpc();
      await client.userEvent("deploy", "", { coalesce: false });
      await client.updateTags({ set: { role: "web" } });
      const records = [];
      using query = await own.query("load", "", { requestAck: true });
      for await (const record of query) records.push(record);
      assert(records.length > 0);
      await allHaveCome(
        serfNames().filter((name) => !/member\.left|msg\.dead/.test(name)),
        names,
      );
      await client.leave();
      assertEquals(await other.exit, 0);
    }
    await allHaveCome(serfNames(), names);
    const time = "\\[\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d0 \\+0000 UTC\\]";
    const report = [
      new RegExp(
        `\\n${time}\\[C\\] 'serf-agent\\.serf\\.member\\.join': Count: \\d Sum: \\d\\.000 Last`,
      ),
      new RegExp(`\\n${time}\\[G\\] '[^']+\\.runtime\\.sys_bytes': \\d+\\.000\\n`),
    ];
    await until(() => {
      agent.signal("SIGUSR1");
      return Promise.resolve(report.every((line) => line.test(agent.output)));
    }, { what: "the report has come", detail: () => agent.output });
    await using client = await agent.rpc();
    const lines = (await client.metrics()).map((line) => `\n${line}\n`);
    assert(report.every((pattern) => lines.some((line) => pattern.test(line))), lines.join(""));
    server[Symbol.dispose]();
    await collecting;
  },
);

eachBuildTest(
  "an address of a metrics server without a port keeps an agent from starting",
  async (ours) => {
    for (const server of ["statsite", "statsd"]) {
      using directory = new TemporaryDirectory();
      directory.write({ "a.json": JSON.stringify({ [`${server}_addr`]: "metrics" }) });
      await using agent = Agent.spawn(ours, {
        name: "a",
        args: [`-config-file=${directory.file("a.json")}`],
      });
      assertEquals(await agent.exit, 1);
      assertEquals(
        agent.output,
        `==> Failed to start ${server} sink. Got: address metrics: missing port in address\n`,
      );
    }
  },
);
