import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Agent } from "../../support/agent.ts";
import { localAddress } from "../../support/local_addresses.ts";
import { anySerf } from "../../support/serf_versions.ts";
import { until } from "../../support/until.ts";
import { serf } from "../recorded_io.ts";

interface Report {
  readonly findings: readonly { readonly check: string; status: string; seen: string }[];
}

Deno.test(`an encrypted cluster of ours ${anySerf ? "and Serf " : ""}has no failures`, async () => {
  const encrypt = `-encrypt=${new Uint8Array(16).fill(3).toBase64()}`;
  await using one = await Agent.start("ours", { name: "one", args: [encrypt] });
  const joining = [encrypt, `-join=${one.address}`];
  await using two = await Agent.start("ours", { name: "two", args: joining });
  await using three = await Agent.start(anySerf ?? "ours", { name: "three", args: joining });
  // Who is still about to join takes a query for one from before its time.
  for (const agent of [one, two, three]) {
    await until(async () => (await agent.members()).length === 3, { what: "each knows all" });
  }
  const ask = async (agent: Agent) => {
    const { stdout } = await serf(["doctor", `-rpc-addr=${agent.rpcAddress}`, "-format=json"]);
    const { findings }: Report = JSON.parse(stdout);
    // A busy machine is worth a warning.
    assertEquals(findings.filter(({ status }) => status === "fail"), []);
    return (check: string) => findings.find((finding) => finding.check === check)?.seen ?? "";
  };
  const [seenByOurs, seenBySerf] = await Promise.all([ask(one), ask(three)]);
  for (const seen of [seenByOurs, seenBySerf]) {
    assertStringIncludes(seen("reachability"), "2 other members answered by UDP, up to 1400 bytes");
    assertEquals(seen("keys"), "1 key on all of 3 members");
    if (Deno.build.os === "linux") assertMatch(seen("machine"), /descriptors open|dropped/);
  }
  // Serf's agents do not know the query for a checkup, neither as the one that sends it nor as one that answers.
  assertEquals(
    seenByOurs("clocks"),
    `the clocks of ${anySerf ? 2 : 3} members and of this machine agree`,
  );
  assertEquals(seenBySerf("clocks"), anySerf ? "" : seenByOurs("clocks"));
  assertMatch(seenByOurs("address"), /^this agent advertises 127\./);
});

Deno.test("an agent that does not answer is a failure", async () => {
  const { stdout, exit } = await serf(["doctor", "-rpc-addr=127.0.0.1:1"]);
  assertMatch(stdout, /^fail +agent +Error connecting to Serf agent: dial tcp 127\.0\.0\.1:1: /);
  assertEquals(exit, 2);
});

Deno.test("a configuration is looked at before the first start", async () => {
  const ip = localAddress();
  const flags = [`-bind=${ip}:17946`, `-rpc-addr=${ip}:17373`, "-tag=role=web"];
  const { stdout, exit } = await serf(["doctor", ...flags]);
  assertStringIncludes(stdout, `gossip UDP ${ip}:17946 is free`);
  assertStringIncludes(stdout, `RPC ${ip}:17373 is free`);
  assertStringIncludes(stdout, "tags take 11 of 512 bytes");
  assert(!stdout.includes("Error connecting"), stdout);
  assertEquals(exit, 0, stdout);
});

Deno.test("a wrong format is refused before anything is done", async () => {
  const { stdout, exit } = await serf(["doctor", "-format=xml"]);
  assertStringIncludes(stdout, 'Invalid output format "xml"');
  assertEquals(exit, 1);
});
