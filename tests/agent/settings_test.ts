/** Settings as they take effect in a whole agent. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { runAgent } from "../../lib/cli/agent/run_agent.ts";
import { RecordedIo } from "../cli/recorded_io.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";
import { eachBuildTest } from "../support/our_builds.ts";
import { Agent } from "../support/agent.ts";

/** What an agent prints that cannot start. */
async function refusal(
  settings: Readonly<Record<string, unknown>>,
  ...args: string[]
): Promise<string> {
  using directory = new TemporaryDirectory();
  directory.write({ "a.json": JSON.stringify(settings) });
  const file = `-config-file=${directory.file("a.json")}`;
  const io = new RecordedIo({});
  const code = await runAgent([file, "-bind=127.0.0.1:0", "-rpc-addr=127.0.0.1:0", ...args], io);
  assertEquals([code, io.stderr], [1, ""]);
  return new TextDecoder().decode(io.stdoutBytes);
}

Deno.test("node names are validated if configured", async () => {
  assertEquals(
    await refusal({ validate_node_names: true }, "-node=a b"),
    "==> Starting Serf agent...\n" +
      "==> Failed to start the Serf agent: Error creating Serf: " +
      "Node name contains invalid characters a b , " +
      "Valid characters include all alpha-numerics and dashes and '.' \n",
  );
});

Deno.test("a wrong syslog facility keeps an agent from starting", async () => {
  assertEquals(
    await refusal({ syslog_facility: "local9" }, "-syslog"),
    "==> Syslog setup failed: invalid syslog facility: LOCAL9\n",
  );
});

Deno.test("a name that cannot be announced keeps an agent from starting", async () => {
  assertEquals(
    await refusal({}, "-node=a..b", "-discover=lab"),
    "==> Starting Serf agent...\n" +
      '==> Error starting mDNS listener: Cannot announce "a..b._serf_lab._tcp.local": ' +
      "expected parts of 1 to 63 bytes\n",
  );
});

eachBuildTest(
  "background processes of a handler delay the next one no longer than configured",
  async (ours) => {
    using directory = new TemporaryDirectory();
    const lingering = (time: string) =>
      directory.write({ "a.json": `{"handler_linger": "${time}"}` });
    lingering("1h");
    await using agent = await Agent.start(ours, {
      name: "patient",
      args: [
        `-config-file=${directory.file("a.json")}`,
        "-event-handler=user=sleep 60 & echo $SERF_USER_EVENT",
        "-log-level=debug",
      ],
    });
    lingering("100ms");
    agent.signal("SIGHUP");
    await agent.printed("Reloading configuration");
    await using client = await agent.rpc();
    await client.userEvent("first");
    await client.userEvent("second");
    await agent.printed(/script output: first[^]*script output: second/);
  },
);

eachBuildTest("an agent keeps no coordinates if they are disabled", async (ours) => {
  using directory = new TemporaryDirectory();
  directory.write({ "a.json": '{"disable_coordinates": true}' });
  const args = [`-config-file=${directory.file("a.json")}`];
  await using agent = await Agent.start(ours, { name: "placeless", args });
  await using other = await Agent.start(ours, { name: "placed" });
  await using client = await agent.rpc();
  await using control = await other.rpc();
  const serf = (await client.info()).serf;
  assertEquals("coordinate_resets" in serf, false);
  assertEquals(await client.coordinate("placeless"), undefined);
  assertStringIncludes(JSON.stringify((await control.info()).serf), '"coordinate_resets":"0"');
  assertEquals((await control.coordinate("placed"))?.vec.length, 8);
});
