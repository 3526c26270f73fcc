import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ShapeError } from "../../../lib/cli/simulate/json_shape.ts";
import { readScenario } from "../../../lib/cli/simulate/scenario_file.ts";
import { calmScenario } from "../../../lib/sim/scenario/scenario.ts";
import { TemporaryDirectory } from "../../support/temporary_directory.ts";
import { serf } from "../recorded_io.ts";

const examples = new URL("../../../lib/cli/simulate/scenarios/", import.meta.url);

Deno.test("an empty file is the calm scenario", () => {
  assertEquals(readScenario({}), calmScenario);
});

Deno.test("everything in a file is read", () => {
  const scenario = readScenario({
    seconds: 10,
    profile: "wan",
    tune: { probe_interval: "500ms", gossip_nodes: 5, eager_gossip: false },
    latency: "2ms",
    zones: [{ name: "a", nodes: 3, loss: 0.5 }, { name: "b", nodes: 2, latency: ["1ms", "5ms"] }],
    links: [{ between: ["a", "b"], latency: "20ms", loss: 0.1 }],
    kills: [{ zone: "a", at: "1m", for: "2s" }],
    slow: [{ nodes: 2, delay: "300ms" }],
    partitions: [{ zones: ["b"], at: "1s" }],
    events: [{ per_second: 2, payload_bytes: 0, for: "5s" }],
  });
  assertEquals(scenario.nodes, 5);
  assertEquals(scenario.tune, { probeIntervalMs: 500, gossipNodes: 5, eagerGossip: false });
  assertEquals(scenario.latencyMs, [2, 2]);
  assertEquals(scenario.zones[1].latencyMs, [1, 5]);
  assertEquals(scenario.links[0].latencyMs, [20, 20]);
  assertEquals(scenario.kills, [{ nodes: 1, zone: "a", atMs: 60_000, forMs: 2_000 }]);
  assertEquals(scenario.slow[0].delayMs, 300);
  assertEquals(scenario.partitions[0].zones, ["b"]);
  assertEquals(scenario.events[0].perSecond, 2);
});

const zones = [{ name: "a", nodes: 3 }, { name: "b", nodes: 2 }];

/** What is wrong with files, and what is said of it. */
const mistakes: readonly (readonly [unknown, string])[] = [
  [[], "got [], expected an object"],
  [{ node: 3 }, 'unknown key "node", expected perhaps "nodes"'],
  [{ colour: 3 }, 'unknown key "colour", expected one of nodes, seconds, '],
  [{ nodes: 2.5 }, "nodes: got 2.5, expected a whole number from 1 to 10000"],
  [{ loss: 1.5 }, "loss: got 1.5, expected a number from 0 to 1"],
  [{ formed: 1 }, "formed: got 1, expected true or false"],
  [{ profile: "man" }, 'profile: got "man", expected one of lan, wan, local'],
  [{ tune: { probe: "1s" } }, 'tune: unknown setting "probe", expected one of tcp_timeout, '],
  [{ tune: { probe_timeout: 3 } }, "tune.probe_timeout: got 3, expected a duration such as "],
  [{ tune: { probe_timeout: "0s" } }, 'tune.probe_timeout: got "0s", expected at least 1ms'],
  [{ latency: ["5ms", "1ms"] }, 'latency: got ["5ms","1ms"], expected two durations, the shorter'],
  [{ kills: {} }, "kills: got {}, expected a list"],
  [{ kills: [{ at: "soon" }] }, 'kills[0].at: got "soon", expected a duration such as "250ms"'],
  [{ kills: [{ zone: "a" }] }, 'kills[0].zone: got "a", expected zones to be listed'],
  [{ zones, kills: [{ zone: "c" }] }, 'kills[0].zone: got "c", expected one of a, b'],
  [{ zones, nodes: 6 }, "nodes: got 6, expected the 5 of all zones"],
  [{ zones: [zones[0], zones[0]] }, 'zones: got "a" twice'],
  [{ zones: [{ nodes: 1 }] }, "zones[0].name: is missing"],
  [
    { zones, links: [{ between: ["a"] }] },
    'links[0].between: got ["a"], expected the names of two',
  ],
  [{ zones, links: [{ between: ["a", "a"] }] }, 'links[0].between: got ["a","a"], expected two'],
  [{ slow: [{}] }, "slow[0].delay: is missing"],
  [{ partitions: [{}] }, "partitions[0]: expected either zones or nodes"],
  [
    { partitions: [{ nodes: 2, at: "5s", for: "9s" }, { nodes: 1, at: "10s" }] },
    "partitions: one begins at 10s, before another has ended",
  ],
  [{ events: [{ per_second: 0 }] }, "events[0].per_second: got 0, expected a number from 0.001"],
  [
    { seconds: 3600, events: [{ per_second: 100 }] },
    "events: got 360000 in all, expected at most 100000",
  ],
  [{ kills: Array(101).fill({}) }, "kills: got 101 entries, expected at most 100"],
];

Deno.test("a mistake in a file is named with its key, what was got, and what was expected", () => {
  for (const [json, message] of mistakes) {
    const error = assertThrows(() => readScenario(json), ShapeError);
    assertStringIncludes(error.message, message);
  }
});

Deno.test("complaints name the file", async () => {
  using directory = new TemporaryDirectory();
  directory.write({ "bad.json": '{ "nodes": "many" }', "broken.json": '{ "nodes": 3' });
  const complaint = async (...args: string[]) => {
    const { stdout, stderr } = await serf(["simulate", ...args]);
    return (stderr === "" ? stdout : stderr).trim();
  };
  const [bad, broken] = [directory.file("bad.json"), directory.file("broken.json")];
  assertEquals(
    await complaint("-scenario", bad),
    `Cannot use the scenario ${bad}: nodes: got "many", expected a whole number from 1 to 10000`,
  );
  assertEquals(
    await complaint("-scenario", broken),
    `Cannot use the scenario ${broken}: unexpected end of JSON input`,
  );
  const none = directory.file("none.json");
  assertEquals(
    await complaint("-scenario", none),
    `Cannot use the scenario ${none}: no such file or directory`,
  );
  assertEquals(
    await complaint("-scenario", bad, "-nodes=3"),
    `Cannot use -nodes with -scenario: ${bad} says it`,
  );
});

Deno.test("the examples run, and show what they are about", async () => {
  const run = async (name: string) => {
    const args = ["simulate", "-format=json", "-scenario", new URL(name, examples).pathname];
    const { stdout, exit } = await serf(args);
    assertEquals(exit, 0, stdout);
    return JSON.parse(stdout).variants[0];
  };
  const files = [...Deno.readDirSync(examples)].map(({ name }) => name).sort();
  assertEquals(files, ["flood_of_events.json", "overloaded_nodes.json", "two_data_centres.json"]);
  const [flood, overloaded, centres] = await Promise.all(files.map(run));
  assert(flood.events.sent > 500 && flood.events.delivery_ms.missed < 0.01 * 500 * 29);
  assertEquals(overloaded.false_failures.healthy.incidents, 0);
  assertEquals(overloaded.detection.each_ms.missed, 0);
  assertEquals(centres.detection.each_ms.missed, 0);
  assertEquals(centres.false_failures.healthy.incidents, 0);
  assert(centres.healed_ms[0] < 90_000);
});
