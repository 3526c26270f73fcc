/** An agent that copies its log to a daemon, which is there for this agent only. */

import { assertEquals } from "@std/assert";
import { TemporaryDirectory } from "../../support/temporary_directory.ts";
import { eachBuildTest } from "../../support/our_builds.ts";
import { Agent } from "../../support/agent.ts";
import { DatagramServer } from "../../support/datagram_server.ts";

/** Puts a directory in the place of `/run` for the program that it runs. */
const withRun = (path: string) => [
  "unshare",
  "--mount",
  "sh",
  "-c",
  'mount --bind "$0" /run && exec "$@"',
  path,
];

/** Why that cannot be done here, if so. */
function missing(): string | undefined {
  try {
    Deno.statSync("/dev/log");
    return "this machine's own log daemon would get the lines";
  } catch {
    // There is none, which is what we want.
  }
  using directory = new TemporaryDirectory();
  const [program, ...args] = [...withRun(directory.path), "test", "/var/run", "-ef", "/run"];
  try {
    const { success } = new Deno.Command(program, { args, stderr: "null" }).outputSync();
    return success ? undefined : "mounting needs root on Linux";
  } catch {
    return "there is no `unshare` program here";
  }
}

eachBuildTest("the log of an agent, up to its last line, is copied to syslog", async (ours) => {
  using directory = new TemporaryDirectory();
  using daemon = new DatagramServer(directory.file("syslog"));
  await using agent = await Agent.start(ours, {
    name: "alpha",
    args: ["-syslog", "-log-level=info"],
    through: withRun(directory.path),
  });
  await agent.printed("Received event: member-join");
  agent.signal("SIGTERM");
  await agent.exit;
  const lines: string[] = [];
  while (!lines.at(-1)?.endsWith("shutdown complete")) {
    const text = await daemon.receive();
    lines.push(text.replace(/^(<\d+>).{15} serf\[\d+\]: (.*)\n$/, "$1 $2"));
  }
  // A busy machine makes timers late.
  assertEquals(lines.filter((line) => !/agent\.ipc|Timers fired/.test(line)), [
    "<133> agent: Serf agent starting",
    `<133> serf: EventMemberJoin: alpha ${agent.ip}`,
    "<133> agent: Received event: member-join",
    "<133> agent: requesting serf shutdown",
    "<132> serf: Shutdown without a Leave",
    "<133> agent: shutdown complete",
  ]);
}, { missing: missing() });
