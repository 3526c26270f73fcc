import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { joinBytes } from "../../lib/base/bytes.ts";
import { BlockType, encodeBlock, PREAMBLE, readBlocks } from "../../lib/recording/format.ts";
import { partPath, recordingsIn } from "../../lib/recording/recording_folder.ts";
import { simulate } from "../../lib/sim/mod.ts";
import { SimulationRecording } from "../recording/simulation_recording.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";
import { serf } from "./recorded_io.ts";

/** Records a cluster of three of which one is killed after 10 s; returns the folder of each node. */
function recordCluster(directory: TemporaryDirectory): string[] {
  const recording = new SimulationRecording({ version: "1.2.3" });
  const cluster = simulate({ nodes: 3, makeCore: recording.makeCore });
  cluster.run({ seconds: 10 - cluster.now / 1_000 });
  cluster.node(2).kill();
  cluster.run({ seconds: 10 });
  cluster.node(0).userEvent("deploy", "v1\u001b[31m");
  cluster.run({ seconds: 10 });
  return recording.recordings().map(({ node, bytes }) => {
    const folder = directory.file(node);
    Deno.mkdirSync(folder);
    Deno.writeFileSync(`${folder}/000001.rec`, bytes);
    return folder;
  });
}

Deno.test("replay tells what happened, and that it was the same run", async () => {
  using directory = new TemporaryDirectory();
  const [first] = recordCluster(directory);
  const { stdout, stderr, exit } = await serf(["replay", first]);
  const lines = stdout.split("\n");
  assertEquals(lines[0], "2020-01-01 00:00:00.000 n0 starts");
  for (
    const told of [
      "n0 sees that n2 has joined",
      /^2020-01-01 00:00:1\d\.\d+ n0 suspects n2( itself|, as n1 says); \d\.\d s are left to refute it$/m,
      /^2020-01-01 00:00:1\d\.\d+ n0 declares n2 failed$/m,
      "2020-01-01 00:00:20.000 n0 is told to send the user event deploy",
      /^n0 from 2020-01-01 00:00:00\.000, 30s, \d+ inputs: the same run \(digest [0-9a-f]{16}\)/m,
      /^Replayed in \d+\.\d s\.$/m,
    ]
  ) {
    if (typeof told === "string") assertStringIncludes(stdout, told);
    else assertMatch(stdout, told);
  }
  assertEquals([stdout.includes("\u001b"), stderr, exit], [false, "", 0]);
});

/** Records a cluster of three in parts, of which the first two are gone; returns the folder of each node. */
function recordParts(directory: TemporaryDirectory): string[] {
  const recording = new SimulationRecording({
    version: "1.2.3",
    partBytes: () => 2_000,
    blockBytes: 500,
  });
  const cluster = simulate({ nodes: 3, makeCore: recording.makeCore });
  cluster.run({ seconds: 30 - cluster.now / 1_000 });
  cluster.node(2).kill();
  cluster.run({ seconds: 30 });
  return recording.recordings().map(({ node, parts }) => {
    const folder = directory.file(node);
    for (const [i, bytes] of parts.entries()) {
      if (i < 2) continue;
      const path = partPath(`${folder}/20200101T000000.000Z`, i + 1);
      Deno.mkdirSync(path, { recursive: true });
      Deno.writeFileSync(`${path}/000001.rec`, bytes);
    }
    return folder;
  });
}

Deno.test("replay tells a run of which the first parts are gone as one, and that it is the same", async () => {
  using directory = new TemporaryDirectory();
  const [folder] = recordParts(directory);
  const { stdout, stderr, exit } = await serf(["replay", folder]);
  const [first] = stdout.split("\n");
  assertMatch(first, /^2020-01-01 \S+ n0 goes on with 3 members: what was before is not in the/);
  assertMatch(stdout, /n0 declares n2 failed$/m);
  assertMatch(
    stdout,
    /^n0 from .*, \d+ inputs in [3-9] parts: the same run \(digest [0-9a-f]{16}\)/m,
  );
  assertEquals([stdout.match(/goes on/g)?.length, stderr, exit], [1, "", 0]);

  const until = await serf(["replay", "-until=00:00:29", "-why=n2", folder]);
  assertMatch(until.stdout, /^n2 is alive at/m);
  const why = await serf(["replay", "-why=n2", folder]);
  assertMatch(why.stdout, /^n2 is failed at/m);
  const follow = await serf(["replay", "-follow=n2", folder]);
  assertMatch(follow.stdout, /n0 sends n2 ping \d+/);
  const json = await serf(["replay", "-format=json", folder]);
  const { recordings: [{ first_part, parts, same }], timeline } = JSON.parse(json.stdout);
  assertEquals([first_part, same, parts > 2, timeline[0].type], [3, true, true, "start"]);
  const whatIf = await serf(["replay", "-until=00:00:32", "-what-if=suspicion_mult=10", folder]);
  assertMatch(whatIf.stdout, /^n2 does not answer: /m);
  assertEquals(whatIf.exit, 0);
});

Deno.test("replay tells the parts of several runs as one story", async () => {
  using directory = new TemporaryDirectory();
  const { stdout, exit } = await serf(["replay", ...recordParts(directory)]);
  const times = [...stdout.matchAll(/^(2020-\S+ \S+) n/gm)].map(([, time]) => time);
  assertEquals(times, times.toSorted());
  assertMatch(
    stdout,
    /^Clocks: that of n1 is 0\.\d ms .* that of n0, estimated from \d+ probes\.$/m,
  );
  assertEquals(stdout.match(/ inputs in \d+ parts: the same run/g)?.length, 3);
  assertEquals(exit, 0);
});

Deno.test("replay leaves out a part whose beginning was cut off, and names it", async () => {
  using directory = new TemporaryDirectory();
  const [folder] = recordParts(directory);
  const [last] = recordingsIn(folder).at(-1)!.segments;
  Deno.truncateSync(last, 500);
  const { stdout, stderr, exit } = await serf(["replay", folder]);
  assertEquals(stderr, `Left out: ${last}: its beginning cannot be read\n`);
  assertMatch(stdout, /the same run .* End: the process was killed, or has not ended\.$/m);
  assertEquals(exit, 0);
});

Deno.test("replay stops at a time, and shows the members as they were seen then", async () => {
  using directory = new TemporaryDirectory();
  const [first] = recordCluster(directory);
  for (const until of ["9s", "00:00:09", "2020-01-01T00:00:09Z"]) {
    const { stdout } = await serf(["replay", `-until=${until}`, first]);
    assertMatch(stdout, /^Members as n0 saw them at 2020-01-01 00:00:0[89]\.\d+:$/m);
    assertMatch(stdout, /^ {2}n2 {2}\d+\.\d+\.\d+\.\d+:7946 {2}alive$/m);
    assertEquals(stdout.includes("suspects"), false);
  }
  const { stdout } = await serf(["replay", "-from=12s", first]);
  assertEquals(stdout.includes("starts"), false);
});

Deno.test("replay follows a member, message by message", async () => {
  using directory = new TemporaryDirectory();
  const [first] = recordCluster(directory);
  const { stdout } = await serf(["replay", "-follow=n2", first]);
  assertMatch(stdout, /n0 sends n2 ping \d+/);
  assertMatch(stdout, /n0 gets from n2 ack \d+/);
  assertMatch(stdout, /n0 declares n2 failed/);
  assertEquals(stdout.includes("is told to"), false);
});

Deno.test("replay tells several recordings as one story, and how far their clocks are apart", async () => {
  using directory = new TemporaryDirectory();
  const { stdout, exit } = await serf(["replay", ...recordCluster(directory)]);
  const times = [...stdout.matchAll(/^(2020-\S+ \S+) n/gm)].map(([, time]) => time);
  assertEquals(times, times.toSorted());
  for (const node of ["n0", "n1", "n2"]) assertStringIncludes(stdout, ` ${node} starts`);
  assertMatch(
    stdout,
    /^Clocks: that of n1 is 0\.\d ms (ahead of|behind) that of n0, estimated from \d+ probes\.$/m,
  );
  assertEquals(stdout.match(/the same run/g)?.length, 3);
  assertEquals(exit, 0);
});

Deno.test("replay tells why a member is in its state, at any time", async () => {
  using directory = new TemporaryDirectory();
  const [first] = recordCluster(directory);
  const { stdout } = await serf(["replay", "-why=n2", first]);
  assertMatch(stdout, /^n2 is failed at \S+, incarnation 1, as seen by n0$/m);
  assertMatch(stdout, /^Last answer to a ping: 2020-01-01 00:00:0\d\.\d+, /m);
  assertMatch(stdout, /^Conclusion: \S.*n2/m);
  assertEquals(stdout.includes("is told to"), false);
  const before = await serf(["replay", "-why=n2", "-until=9s", first]);
  assertMatch(before.stdout, /^n2 is alive at/m);
  const json = await serf(["replay", "-why=n2", "-format=json", first]);
  const { recordings: [{ why }], timeline } = JSON.parse(json.stdout);
  assertEquals([why.node, why.status, timeline], ["n2", "failed", null]);
  const nobody = await serf(["replay", "-why=nobody", first]);
  assertMatch(nobody.stdout, /^n0 knows nothing of nobody$/m);
});

Deno.test("replay says where a run is not the same, and which version it takes", async () => {
  using directory = new TemporaryDirectory();
  const [first] = recordCluster(directory);
  const path = `${first}/000001.rec`;
  const bytes = Deno.readFileSync(path);
  const blocks = [...readBlocks(bytes)];
  const text = new TextDecoder().decode(blocks[0].contents);
  // As if that version gossiped to nobody at once.
  const header = new TextEncoder().encode(
    text.replace('"eagerGossip":true', '"eagerGossip":false'),
  );
  const changed = [PREAMBLE, encodeBlock(BlockType.header, header)].concat(
    blocks.slice(1).map(({ type, contents }) => encodeBlock(type, contents)),
  );
  Deno.writeFileSync(path, joinBytes(...changed));
  const { stdout, exit } = await serf(["replay", first]);
  assertMatch(
    stdout,
    /^n0 from .*: NOT the same run, it differs at input \d+ \(a .*\) at 2020-\S+ \S+\. It takes version 1\.2\.3, which has recorded it; this is /m,
  );
  assertEquals(exit, 1);
  const json = JSON.parse((await serf(["replay", "-format=json", first])).stdout);
  assertEquals(json.recordings[0].same, false);
  assertEquals(json.recordings[0].divergence.input, json.recordings[0].inputs);
});

Deno.test("replay prints JSON", async () => {
  using directory = new TemporaryDirectory();
  const [first] = recordCluster(directory);
  const { stdout } = await serf(["replay", "-format=json", "-until=20s", first]);
  const { recordings: [recording], timeline, clocks } = JSON.parse(stdout);
  assertEquals(recording.node, "n0");
  assertEquals(recording.version, "1.2.3");
  assertEquals([recording.same, recording.divergence], [true, null]);
  assertEquals(
    recording.members.map(({ name, status }: Record<string, string>) => [name, status]).sort(),
    [["n0", "alive"], ["n1", "alive"], ["n2", "failed"]],
  );
  assertEquals(
    timeline[0],
    { time: "2020-01-01T00:00:00.000Z", node: "n0", type: "start", text: "starts", member: null },
  );
  assertEquals(clocks, []);
});

Deno.test("replay says what is wrong with a recording or a time", async () => {
  using directory = new TemporaryDirectory();
  const [first, other] = recordCluster(directory);
  const failure = async (...args: string[]) => {
    const { stdout, exit } = await serf(["replay", ...args]);
    assertEquals(exit, 1);
    return stdout;
  };
  assertEquals(
    (await serf(["replay"])).stderr.split("\n").at(-2),
    "must specify a directory with recordings",
  );
  assertEquals(
    await failure(directory.file("none")),
    `Cannot replay: ${directory.file("none")}: no such directory\n`,
  );
  assertStringIncludes(
    (await serf(["replay", "-until=noon", first])).stderr,
    'Invalid -until: got "noon", expected a time as in',
  );
  // Its first segment goes on with blocks of another node.
  const bytes = Deno.readFileSync(`${first}/000001.rec`);
  Deno.writeFileSync(`${other}/000002.rec`, bytes);
  const { stdout } = await serf(["replay", other]);
  assertStringIncludes(stdout, "End: " + other + "/000002.rec is of another run.");
});

Deno.test("replay simulates how it might have gone on with other settings, and says so in every line", async () => {
  using directory = new TemporaryDirectory();
  const [first] = recordCluster(directory);
  const whatIf = async (settings: string) =>
    (await serf(["replay", "-until=11s", `-what-if=${settings}`, first])).stdout;
  const stdout = await whatIf("suspicion_mult=10");
  const [title, peers, absent, , ...lines] = stdout.trim().split("\n");
  assertMatch(title, /^SIMULATED from 2020-01-01 00:00:1\d\.\d+ on: this is no replay, and never/);
  assertMatch(
    peers,
    /^n0 begins anew .* 1 of 2 answer, after 1\.\d to 1\.\d ms, and 0\.0 % of dat/,
  );
  assertEquals(absent, "n2 does not answer: its host refuses connections.");
  assertEquals(lines.filter((line) => line !== "" && !/simulated|^With /.test(line)), []);
  const [asItWas, changed] = stdout.split("With suspicion_mult=10 on all nodes:").map((part) =>
    Number(/\+(\d+\.\d) s {2}n0 declares n2 failed/.exec(part)?.[1])
  );
  assert(asItWas < 7 && changed > 9, `${asItWas} s, ${changed} s`);
  assertMatch(await whatIf("profile=wan"), /^With profile=wan on all nodes:$/m);

  const json = await serf(["replay", "-format=json", "-until=9s", "-what-if=profile=wan", first]);
  const { simulated, same_until_then, peers: all, changed: entries } = JSON.parse(json.stdout);
  assertEquals([simulated, same_until_then, entries], [true, true, []]);
  assertEquals(all.map(({ name, state }: Record<string, string>) => [name, state]).sort(), [
    ["n1", "answering"],
    ["n2", "answering"],
  ]);
  const wrong = await serf(["replay", "-what-if=probe_timeot=2s", first]);
  assertStringIncludes(
    wrong.stderr,
    '-what-if: unknown setting "probe_timeot", expected perhaps "probe_timeout"',
  );
});
