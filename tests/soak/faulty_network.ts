/**
 * Hosts in a network whose faults are set by hand, as root on Linux.
 *
 * Each host is a network namespace with one address. The namespace of this process, which must be its own, is the router
 * between them: a packet filter there loses what hosts send each other, and nothing of what this process and a host do.
 *
 * @module
 */

import { GOSSIP_PORT } from "../support/agent.ts";
import { succeedsIsolated } from "./isolated_process.ts";

/** What happens to packets between hosts. */
export interface NetworkFaults {
  /** Share of UDP packets that are lost at random, percent. */
  readonly udpLossPercent?: number;
  /** Whether all TCP packets are lost. */
  readonly noTcp?: boolean;
  /** Hosts of which nothing arrives at others, while everything arrives at them. */
  readonly muted?: readonly Host[];
  /** Hosts of which nothing arrives at others, and at which nothing arrives. */
  readonly cutOff?: readonly Host[];
  /** Hosts of which nothing arrives at another one: pairs of who sends and who should receive. */
  readonly cut?: readonly (readonly [from: Host, to: Host])[];
  /** Hosts of which no UDP packets arrive at others, and at which none arrive. */
  readonly withoutUdp?: readonly Host[];
  /** Hosts to which no UDP packets of more than 576 bytes get, headers included. */
  readonly narrow?: readonly Host[];
}

/** A place for the processes of one member. */
export interface Host {
  readonly ip: string;
  /** What a program must be run through to be there. */
  readonly through: readonly string[];
}

const SETUP = [
  "echo 1 > /proc/sys/net/ipv4/ip_forward",
  "nft add table ip faults",
  "nft add chain ip faults forward '{ type filter hook forward priority 0; }'",
].join(" && ");

const LOSE_AT_RANDOM = (percent: number) =>
  `meta l4proto udp numgen random mod 100 < ${percent} counter drop`;

/** Why there can be no such network here; `undefined` where there can. */
export const faultyNetworkMissing: string | undefined = tryOut();

function tryOut(): string | undefined {
  const parts = [
    SETUP,
    "ip link add name test0 type veth peer name test1",
    `nft add rule ip faults forward '${LOSE_AT_RANDOM(25)}'`,
  ].join(" && ");
  if (succeedsIsolated(["sh", "-c", parts])) return undefined;
  return succeedsIsolated(["true"])
    ? "packets are lost with `nft` (Debian: apt-get install nftables)"
    : "network namespaces need root on Linux";
}

/** The network of this process's namespace. Disposing of it ends its hosts. */
export class FaultyNetwork implements AsyncDisposable {
  readonly #holders: Deno.ChildProcess[] = [];

  private constructor() {}

  /** Sets up a network without hosts and faults. */
  static async create(): Promise<FaultyNetwork> {
    await shell(SETUP);
    return new FaultyNetwork();
  }

  /** Adds a host. */
  async addHost(): Promise<Host> {
    const holder = new Deno.Command("unshare", {
      args: ["--net", "sh", "-c", "ip link set lo up && echo ready && exec cat"],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const number = this.#holders.push(holder);
    const reader = holder.stdout.getReader();
    await reader.read();
    reader.releaseLock();
    const subnet = `10.9.${number}`;
    const through = ["nsenter", `--target=${holder.pid}`, "--net", "--wd=."];
    await shell([
      `ip link add name host${number} type veth peer name eth0 netns ${holder.pid}`,
      `ip addr add ${subnet}.1/24 dev host${number}`,
      `ip link set host${number} up`,
      `${through.join(" ")} ip addr add ${subnet}.2/24 dev eth0`,
      `${through.join(" ")} ip link set eth0 up`,
      `${through.join(" ")} ip route add default via ${subnet}.1`,
    ].join(" && "));
    return { ip: `${subnet}.2`, through };
  }

  /** Replaces all faults by these. */
  async setFaults({ udpLossPercent, noTcp = false, ...faults }: NetworkFaults): Promise<void> {
    const { muted = [], cutOff = [], cut = [], withoutUdp = [], narrow = [] } = faults;
    const rules = [
      ...muted.map(({ ip }) => `ip saddr ${ip} drop`),
      ...cutOff.flatMap(({ ip }) => [`ip saddr ${ip} drop`, `ip daddr ${ip} drop`]),
      ...cut.map(([from, to]) => `ip saddr ${from.ip} ip daddr ${to.ip} drop`),
      ...withoutUdp.flatMap(({ ip }) => [
        `meta l4proto udp ip saddr ${ip} drop`,
        `meta l4proto udp ip daddr ${ip} drop`,
      ]),
      ...narrow.map(({ ip }) => `ip daddr ${ip} meta l4proto udp ip length > 576 drop`),
    ];
    if (noTcp) rules.push(`tcp dport ${GOSSIP_PORT} drop`, `tcp sport ${GOSSIP_PORT} drop`);
    rules.push("meta l4proto udp counter");
    if (udpLossPercent !== undefined) rules.push(LOSE_AT_RANDOM(udpLossPercent));
    const lines = rules.map((rule) => `add rule ip faults forward ${rule}`);
    await shell(`nft -f - <<'END'\n${["flush chain ip faults forward", ...lines].join("\n")}\nEND`);
  }

  /** The share of UDP packets that were lost at random since these faults were set, percent. */
  async lostPercent(): Promise<number> {
    const text = await shell("nft list chain ip faults forward");
    const [sent, lost = 0] = [...text.matchAll(/counter packets (\d+)/g)].map(([, n]) => Number(n));
    return 100 * lost / sent;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#holders.map(async (holder) => {
      await holder.stdin.close();
      await holder.stdout.cancel();
      await holder.status;
    }));
  }
}

/** Runs a script and returns what it prints. */
async function shell(script: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("sh", { args: ["-c", script] })
    .output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`Cannot set up a network: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}
