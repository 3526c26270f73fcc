/** Agents as processes with a flight recorder, among members of Serf, until they are killed. */

import {
  assert,
  assertEquals,
  assertLessOrEqual,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { openRecordings, recordingsIn } from "../../lib/recording/recording_folder.ts";
import { serf } from "../cli/recorded_io.ts";
import { AgentCluster, allSee } from "../interop/agent_cluster.ts";
import { interopTest } from "../support/program.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";
import { until } from "../support/until.ts";

const KEY = "T9jncgl9mbLus+baTTa7q7nPSUrXwbDi2dhbtqir37s=";

interopTest("an agent that was recorded and killed replays exactly", async (version) => {
  using directory = new TemporaryDirectory();
  const folder = directory.file("recordings");
  const keyring = directory.file("keyring");
  directory.write({ keyring: JSON.stringify([KEY]) });
  await using cluster = new AgentCluster();
  const [ours, peer] = await cluster.startJoined([
    { kind: "ours", name: "ours", args: [`-keyring-file=${keyring}`, `-record=${folder}`] },
    { kind: version, name: "peer", args: [`-encrypt=${KEY}`] },
  ]);
  await peer.cli(version, "event", "deploy", "v1.2.3");
  await ours.cli("ours", "query", "-timeout=500ms", "uptime", "now");
  await peer.cli(version, "keys", `-install=${"A".repeat(22)}==`);
  await ours.cli("ours", "keys", "-list");
  peer.signal("SIGKILL");
  await allSee([ours], { ours: "alive", peer: "failed" });
  const [{ segments }] = recordingsIn(folder);
  const size = () => Deno.statSync(segments[0]).size;
  const before = size();
  await until(() => size() > before, { what: "what has happened so far is written" });
  ours.signal("SIGKILL");
  await ours.exit;

  const { stdout, exit } = await serf(["replay", folder]);
  assertEquals(exit, 0, stdout);
  assertMatch(stdout, /ours from .*: the same run .*End: the process was killed, or has not ended/);
  for (
    const told of [
      "ours sees that peer has joined",
      'ours delivers the user event deploy ("v1.2.3")',
      'ours is told to send the query uptime ("now")',
      "ours is told to list keys",
      "ours declares peer failed",
    ]
  ) assertStringIncludes(stdout, told);

  const bytes = segments.map((path) => Deno.readFileSync(path));
  const text = bytes.map((part) => new TextDecoder("latin1").decode(part)).join("");
  for (const key of [KEY, "A".repeat(22)]) assert(!text.includes(key), `${key} was recorded`);
  const raw = new TextDecoder("latin1").decode(Uint8Array.fromBase64(KEY));
  assert(!text.includes(raw), "the raw key was recorded");
});

Deno.test("an agent goes past the limit of its recording again and again, and what is left replays", async () => {
  using directory = new TemporaryDirectory();
  const folder = directory.file("recordings");
  const maxBytes = 400_000;
  await using cluster = new AgentCluster();
  const [ours, peer] = await cluster.startJoined([
    { kind: "ours", name: "ours", args: [`-record=${folder}`, `-record-bytes=${maxBytes}`] },
    { kind: "ours", name: "peer", args: [] },
  ]);
  await using client = await peer.rpc();
  let sent = 0;
  const firstPart = () => openRecordings(folder)[0].part;
  await until(
    async () => {
      for (let i = 0; i < 50; i++) await client.userEvent(`e${sent++ % 7}`, "x".repeat(100));
      await (await client.query("q", null, { timeoutMs: 200 })).collect();
      const sizes = recordingsIn(folder).flatMap(({ segments }) => segments)
        .map((path) => Deno.statSync(path).size);
      assertLessOrEqual(sizes.reduce((sum, size) => sum + size, 0), maxBytes);
      return firstPart() > 3;
    },
    { what: "the first parts are removed", timeoutMs: 60_000 },
  );
  await client.userEvent("last");
  await until(async () => {
    const { stdout } = await serf(["replay", folder]);
    return stdout.includes("ours delivers the user event last");
  }, { what: "the last event is recorded" });
  ours.signal("SIGKILL");
  await ours.exit;
  const { stdout, exit } = await serf(["replay", folder]);
  assertEquals(exit, 0, stdout);
  assertMatch(stdout, /ours goes on with 2 members: what was before is not in the recording$/m);
  assertMatch(stdout, /^ours from .*: the same run .*End: the process was killed/m);
});
