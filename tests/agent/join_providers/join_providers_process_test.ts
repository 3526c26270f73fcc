/** Agents that find each other by one name, which has the addresses of all of them, as in containers. */

import { Agent } from "../../support/agent.ts";
import { eachBuildTest } from "../../support/our_builds.ts";
import { PrivateNetwork, privateNetworkMissing as missing } from "../../support/private_network.ts";
import { TemporaryDirectory } from "../../support/temporary_directory.ts";
import { startNameServer } from "./dns_server.ts";

eachBuildTest("who finds only itself by a name goes on until there are others", async (ours) => {
  using directory = new TemporaryDirectory();
  const publish = (...ips: string[]) => {
    directory.write({ new: JSON.stringify({ "serf.lab.example": { A: ips } }) });
    Deno.renameSync(directory.file("new"), directory.file("zone"));
  };
  publish("10.9.0.1");
  directory.write({ "resolv.conf": "nameserver 127.0.0.1\nsearch lab.example\n" });
  const resolvConf = directory.file("resolv.conf");
  await using network = await PrivateNetwork.create({ resolvConf });
  const { through } = network;
  await using _dns = await startNameServer(directory.file("zone"), { through });
  await using agents = new AsyncDisposableStack();
  const start = (number: number) =>
    agents.use(Agent.spawn(ours, {
      name: `n${number}`,
      ip: `10.9.0.${number}`,
      args: ["-retry-join=dns+serf", "-retry-interval=1s"],
      through,
    }));
  const first = start(1);
  await first.printed("there is no address but that of this agent\n\n, retrying in 1s");
  publish("10.9.0.1", "10.9.0.2", "10.9.0.3");
  const all = [first, start(2), start(3)];
  for (const agent of all) {
    await agent.printed(/Join completed\. Synced with \d initial agents/);
    for (const { name, ip } of all) await agent.printed(`EventMemberJoin: ${name} ${ip}`);
  }
}, { missing });
