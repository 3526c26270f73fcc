/** An agent of ours under fire, in one cluster with one of Serf. */

import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { Random } from "../../lib/sim/random.ts";
import { KeyringCipher } from "../../lib/wire/framing/cipher.ts";
import { Keyring } from "../../lib/wire/framing/keyring.ts";
import { AgentCluster, allSee } from "./agent_cluster.ts";
import { type Agent, GOSSIP_PORT, RPC_PORT } from "../support/agent.ts";
import { interopTest } from "../support/program.ts";
import type { SerfVersion } from "../support/serf_versions.ts";
import { until } from "../support/until.ts";
import { converse, damagedPackets, damagedRequests, damagedStreams, flood } from "./garbage.ts";

const SEED = 7946;
const PACKETS = 100_000;
const STREAMS = 2_000;
const REQUESTS = 2_000;
/** More than the garbage collector lets lie around. */
const MOST_GROWTH_KB = 64 * 1024;

/** What a process holds. */
interface Holdings {
  readonly memoryKb: number;
  readonly files: number;
}

async function holdings({ pid }: Agent): Promise<Holdings> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const files = await Array.fromAsync(Deno.readDir(`/proc/${pid}/fd`));
  return { memoryKb: Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]), files: files.length };
}

/** How many datagrams the system has thrown away because an agent was too slow. */
async function lostDatagrams({ ip }: Agent): Promise<number> {
  const address = ip.split(".").toReversed().map((byte) => (+byte).toString(16).padStart(2, "0"));
  const table = await Deno.readTextFile("/proc/net/udp");
  const line = table.split("\n").find((line) =>
    line.includes(`${address.join("").toUpperCase()}:${GOSSIP_PORT.toString(16).toUpperCase()}`)
  );
  return Number(line?.trim().split(/\s+/).at(-1));
}

/** An event of each reaches the other, and queries are answered by both. */
async function talk(serf: SerfVersion, agents: readonly Agent[]): Promise<void> {
  for (const agent of agents) {
    const event = `afterwards-${agent.name}`;
    assertEquals((await agent.cli(serf, "event", "-coalesce=false", event)).code, 0);
    await Promise.all(agents.map((agent) => agent.printed(`Received event: user-event: ${event}`)));
    await until(async () => {
      const { stdout } = await agent.cli(serf, "query", "-timeout=1s", "anybody");
      return stdout.includes("Total Acks: 2");
    }, { what: `all answer to ${agent.name}` });
  }
}

interopTest(`damaged packets, streams and requests do no harm (seed ${SEED})`, async (serf) => {
  const key = new Uint8Array(32).fill(7);
  const cipher = new KeyringCipher(new Keyring([key]));
  const random = new Random(SEED);
  await using cluster = new AgentCluster();
  // The recorded packets speak of agents of these names.
  const agents = await cluster.startJoined(
    (["ours", serf] as const).map((kind, i) => ({
      kind,
      name: ["alpha", "bravo"][i],
      args: [`-encrypt=${key.toBase64()}`],
    })),
  );
  const [target] = agents;
  const { ip: hostname } = target;
  const packets = damagedPackets(cipher, random);
  const streams = damagedStreams(cipher, random);
  const requests = damagedRequests(random);
  const attack = async (share: number) => {
    await flood(hostname, { bytes: packets, count: PACKETS * share, cipher });
    await converse({ hostname, port: GOSSIP_PORT }, { bytes: streams, count: STREAMS * share });
    await converse({ hostname, port: RPC_PORT }, { bytes: requests, count: REQUESTS * share });
  };
  await attack(0.2); // until everything has been compiled, and buffers have their size
  const before = await holdings(target);
  await attack(0.8);
  const after = await holdings(target);
  assertLess(after.memoryKb - before.memoryKb, MOST_GROWTH_KB);
  assertLess(after.files - before.files, 5);
  assertEquals(await lostDatagrams(target), 0);

  await allSee(agents, { alpha: "alive", bravo: "alive" });
  await talk(serf, agents);
  assertMatch(target.output, /\[ERR\] memberlist: .*from=127\.\d+\.\d+\.\d+:\d+/);
  assertMatch(target.output, /\[ERR\] agent\.ipc: failed to decode request header/);
  assert(!target.output.includes("Unexpected error"), "a fault of ours was logged");
});
