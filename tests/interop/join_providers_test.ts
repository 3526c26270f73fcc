/** Agents of ours that find one of Serf by each provider of addresses. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { startNameServer } from "../agent/join_providers/dns_server.ts";
import { Agent, GOSSIP_PORT } from "../support/agent.ts";
import { PrivateNetwork, privateNetworkMissing } from "../support/private_network.ts";
import { interopTest } from "../support/program.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";

const joined = /Join completed\. Synced with 1 initial agents/;

interopTest("agents find Serf by a file and by a command", async (serf) => {
  using directory = new TemporaryDirectory();
  directory.write({ peers: "# nobody yet\n" });
  const file = `file:${directory.file("peers")}`;
  await using seed = await Agent.start(serf, { name: "seed" });
  const retrying = ["-retry-interval=1s", `-retry-join=${file}`];
  await using patient = Agent.spawn("ours", { name: "patient", args: retrying });
  const target = `exec:echo ${seed.address}`;
  await using direct = Agent.spawn("ours", { name: "direct", args: [`-join=${target}`] });
  await using hopeless = Agent.spawn("ours", { name: "hopeless", args: [`-join=${file}`] });
  const reason = `failed to resolve ${file}: there are no addresses`;
  await patient.printed(`Join failed: 1 error occurred:\n\t* ${reason}\n\n, retrying in 1s`);
  assertEquals(await hopeless.exit, 1);
  assertStringIncludes(hopeless.output, reason);
  directory.write({ peers: `${seed.address} # the seed` });
  await patient.printed(joined);
  await direct.printed(joined);
  await seed.printed("EventMemberJoin: patient");
  await seed.printed("EventMemberJoin: direct");
});

interopTest("agents find Serf by name, and by the name of a service", async (serf) => {
  using directory = new TemporaryDirectory();
  directory.write({
    "resolv.conf": "nameserver 127.0.0.1\nsearch lab.example\n",
    zone: JSON.stringify({
      "seed.lab.example": { A: ["10.9.0.1"] },
      "_serf._tcp.lab.example": { SRV: [`1 1 ${GOSSIP_PORT} seed.lab.example.`] },
    }),
  });
  await using network = await PrivateNetwork.create({
    resolvConf: directory.file("resolv.conf"),
  });
  const { through } = network;
  await using _dns = await startNameServer(directory.file("zone"), { through });
  await using seed = Agent.spawn(serf, { name: "seed", ip: "10.9.0.1", through });
  await seed.printed("Serf agent running!");
  const start = (name: string, ip: string, target: string) => {
    const args = ["-retry-interval=1s", `-retry-join=${target}`];
    return Agent.spawn("ours", { name, ip, args, through });
  };
  await using named = start("named", "10.9.0.2", `dns+seed:${GOSSIP_PORT}`);
  await using served = start("served", "10.9.0.3", "srv+_serf._tcp.lab.example");
  await named.printed(joined);
  await served.printed(joined);
  await seed.printed("EventMemberJoin: named");
  await seed.printed("EventMemberJoin: served");
}, { missing: privateNetworkMissing });
