/** Agents that find each other by one name, which has the addresses of all of them, as in containers and in Kubernetes. */

import { Agent, GOSSIP_PORT } from "../../support/agent.ts";
import { eachBuildTest } from "../../support/our_builds.ts";
import { PrivateNetwork, privateNetworkMissing as missing } from "../../support/private_network.ts";
import { TemporaryDirectory } from "../../support/temporary_directory.ts";
import { startNameServer } from "./dns_server.ts";

const service = "serf.default.svc.cluster.local";

/** `/etc/resolv.conf` of a pod, whose names are completed unless they have five dots. */
const resolverOfPods = `nameserver 127.0.0.1
search default.svc.cluster.local svc.cluster.local cluster.local
options ndots:5
`;

eachBuildTest("who finds only itself by a name goes on until there are others", async (ours) => {
  using directory = new TemporaryDirectory();
  const publish = (...ips: string[]) => {
    const pods = ips.map((ip, i) => [`pod-${i}.${service}`, { A: [ip] }] as const);
    const targets = pods.map(([name]) => `0 33 ${GOSSIP_PORT} ${name}.`);
    const zone = { [service]: { A: ips }, [`_serf._tcp.${service}`]: { SRV: targets } };
    directory.write({ new: JSON.stringify({ ...zone, ...Object.fromEntries(pods) }) });
    Deno.renameSync(directory.file("new"), directory.file("zone"));
  };
  publish("10.9.0.1");
  directory.write({ "resolv.conf": resolverOfPods });
  const resolvConf = directory.file("resolv.conf");
  await using network = await PrivateNetwork.create({ resolvConf });
  const { through } = network;
  await using _dns = await startNameServer(directory.file("zone"), { through });
  await using agents = new AsyncDisposableStack();
  const start = (number: number, target: string) =>
    agents.use(Agent.spawn(ours, {
      name: `n${number}`,
      ip: `10.9.0.${number}`,
      args: [`-retry-join=${target}`, "-retry-interval=1s"],
      through,
    }));
  const first = start(1, "dns+serf");
  await first.printed("there is no address but that of this agent\n\n, retrying in 1s");
  publish("10.9.0.1", "10.9.0.2", "10.9.0.3");
  const all = [first, start(2, "dns+serf"), start(3, "srv+_serf._tcp.serf")];
  for (const agent of all) {
    await agent.printed(/Join completed\. Synced with \d initial agents/);
    for (const { name, ip } of all) await agent.printed(`EventMemberJoin: ${name} ${ip}`);
  }
}, { missing });
