/** Agents as processes with a flight recorder, among members of Serf, until they are killed. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { recordingsIn } from "../../lib/recording/recording_folder.ts";
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
