import { bindNodeUdp } from "../../../lib/host/transport/node_udp.ts";
import { RealNetwork } from "./real_network.ts";
import { SimNetwork } from "./sim_network.ts";
import { testTransport } from "./transport_contract.ts";

testTransport("simulated network", () => Promise.resolve(new SimNetwork()));

testTransport("real network", () => Promise.resolve(new RealNetwork()));

testTransport(
  "real network with node:dgram",
  () => Promise.resolve(new RealNetwork({ bindUdp: bindNodeUdp })),
);

testTransport(
  "real network over IPv6",
  () => Promise.resolve(new RealNetwork({ host: "::1" })),
);
