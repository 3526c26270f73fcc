/** Agents that find each other, as processes in a network of their own. */

import { assertStringIncludes } from "@std/assert";
import { Agent } from "../../support/agent.ts";
import { eachBuildTest, type OurBuild } from "../../support/our_builds.ts";
import { interopTest, type Kind } from "../../support/program.ts";
import { PrivateNetwork, privateNetworkMissing } from "../../support/private_network.ts";

const missing = privateNetworkMissing;

/** Registers a test for each form of our program; where there can be no private network it is skipped. */
function networkTest(
  name: string,
  fn: (ours: OurBuild, network: PrivateNetwork) => Promise<void>,
): void {
  eachBuildTest(name, async (ours) => {
    await using network = await PrivateNetwork.create();
    await fn(ours, network);
  }, { missing });
}

/** Starts agent `n1`, `n2` or `n3` and waits until it has found at least itself. */
async function start(
  kind: Kind,
  { number, network, args = [] }: {
    number: number;
    network: PrivateNetwork;
    args?: readonly string[];
  },
): Promise<Agent> {
  const agent = Agent.spawn(kind, {
    name: `n${number}`,
    ip: `10.9.0.${number}`,
    args: ["-discover=lab", ...args],
    through: network.through,
  });
  await agent.printed(/agent\.mdns: Joined \d hosts/);
  return agent;
}

/** Starts two agents, and waits until both know that they are two. The second one must have found the first. */
async function findEachOther(
  kinds: readonly [Kind, Kind],
  network: PrivateNetwork,
  args: readonly string[] = [],
): Promise<void> {
  await using first = await start(kinds[0], { number: 1, network, args });
  await using second = await start(kinds[1], { number: 2, network, args });
  await first.printed("EventMemberJoin: n2 10.9.0.2");
  await second.printed("EventMemberJoin: n1 10.9.0.1");
  await second.printed(/agent: joining: \[.*10\.9\.0\.1:17946/);
  for (const agent of [first, second]) {
    assertStringIncludes(agent.output, "\n                   mDNS cluster: lab\n");
  }
}

networkTest("agents find each other", async (ours, network) => {
  await findEachOther([ours, ours], network);
});

networkTest("agents find each other on a chosen interface", async (ours, network) => {
  await findEachOther([ours, ours], network, ["-mdns-iface=net0"]);
});

networkTest("agents find each other by IPv4 alone", async (ours, network) => {
  await findEachOther([ours, ours], network, ["-iface=net0", "-mdns-disable-ipv6"]);
});

networkTest("agents find each other by IPv6 alone", async (ours, network) => {
  const args = ["-mdns-iface=net0", "-mdns-disable-ipv4"];
  await findEachOther([ours, ours], network, args);
});

interopTest("an agent finds one of Serf, and the other way round", async (serf) => {
  for (const kinds of [[serf, "ours"], ["ours", serf]] as const) {
    await using network = await PrivateNetwork.create();
    await findEachOther(kinds, network);
  }
}, { missing });

networkTest("agents of another cluster are not found", async (ours, network) => {
  await using stranger = await start(ours, { number: 1, network, args: ["-discover=other"] });
  await using agent = await start(ours, { number: 2, network });
  assertStringIncludes(agent.output, "joining: [10.9.0.2:17946] replay: false");
  assertStringIncludes(stranger.output, "joining: [10.9.0.1:17946] replay: false");
});
