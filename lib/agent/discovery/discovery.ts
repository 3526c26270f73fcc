/**
 * Finding the other members of a cluster by multicast DNS, and joining them.
 *
 * @module
 */

import type { Log } from "../../base/log.ts";
import type { Answer } from "multicast-dns";
import type { Address } from "../../base/address.ts";
import { errorText } from "../../base/errors.ts";
import { after, type Timer } from "../../base/timer.ts";
import { failureText } from "../../rpc/failure_text.ts";
import type { RpcAgent } from "../../rpc/server/rpc_agent.ts";
import type { AgentConfig } from "../config/config.ts";
import { type MdnsNetwork, type MdnsNetworkOptions, openMdnsNetwork } from "./mdns_network.ts";
import { MdnsScan } from "./mdns_scan.ts";
import { MdnsService, mdnsServiceName } from "./mdns_service.ts";

/** The settings that matter here. */
export type DiscoveryConfig = Pick<
  AgentConfig,
  | "discover"
  | "interface"
  | "mdnsDisableIpv4"
  | "mdnsDisableIpv6"
  | "mdnsInterface"
  | "nodeName"
  | "replayOnJoin"
>;

/** What discovery needs. */
export interface DiscoveryOptions {
  readonly agent: Pick<RpcAgent, "join"> & { readonly address: Address };
  readonly log: Log;
  /** By default the real one. */
  readonly openNetwork?: (options: MdnsNetworkOptions) => Promise<MdnsNetwork>;
  /** How often it is asked who is there. Milliseconds, by default 60,000. */
  readonly pollMs?: number;
}

/** How long nobody new must turn up before those who did are joined, all at once. */
const QUIET_MS = 100;
/** Addresses that wait to be joined. */
const MAX_WAITING = 64;
/** Addresses that are remembered; anybody on the link can make some up. */
const MAX_SEEN = 4_096;

/** Makes this agent known to the members of its cluster on the same network, and joins those that it finds, once each. */
export class Discovery implements AsyncDisposable {
  readonly #config: DiscoveryConfig;
  readonly #agent: Pick<RpcAgent, "join">;
  readonly #log: Log;
  readonly #service: string;
  readonly #seen = new Set<string>();
  readonly #waiting: string[] = [];
  #network: MdnsNetwork | undefined;
  #scan: MdnsScan;
  #poll: Timer | undefined;
  #quiet: Timer | undefined;
  #joining = false;

  private constructor(config: DiscoveryConfig, { agent, log }: DiscoveryOptions) {
    this.#config = config;
    this.#agent = agent;
    this.#log = log;
    this.#service = mdnsServiceName(config.discover);
    this.#scan = new MdnsScan(this.#service);
  }

  /** Starts. Rejects with an `Error` if there is no way to listen, or this node's name cannot be announced. */
  static async start(config: DiscoveryConfig, options: DiscoveryOptions): Promise<Discovery> {
    const { agent, log, openNetwork = openMdnsNetwork, pollMs = 60_000 } = options;
    const service = new MdnsService({
      cluster: config.discover,
      node: config.nodeName,
      host: Deno.hostname(),
      address: agent.address,
    });
    const name = config.mdnsInterface || config.interface;
    if (name !== "") log("INFO", `agent: Starting mDNS listener on interface ${name}`);
    const discovery = new Discovery(config, options);
    const network = await openNetwork({
      interface: name || undefined,
      ipv4: !config.mdnsDisableIpv4,
      ipv6: !config.mdnsDisableIpv6,
      answers: (question) => service.answers(question),
      hear: (records) => discovery.#hear(records),
      log,
    });
    discovery.#begin(network, pollMs);
    return discovery;
  }

  /** Looks for nobody any more, and cannot be found; resolves when all sockets are closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#poll?.cancel();
    this.#quiet?.cancel();
    const network = this.#network;
    this.#network = undefined;
    await network?.close();
  }

  #begin(network: MdnsNetwork, pollMs: number): void {
    this.#network = network;
    const poll = () => {
      this.#poll = after(pollMs, poll);
      this.#look();
    };
    poll();
  }

  async #look(): Promise<void> {
    this.#scan = new MdnsScan(this.#service);
    try {
      await this.#network?.ask({ name: this.#service, type: "PTR" });
    } catch (error) {
      this.#log("ERR", `agent.mdns: Failed to poll for new hosts: ${errorText(error)}`);
    }
  }

  #hear(records: readonly Answer[]): void {
    const { found, incomplete } = this.#scan.take(records);
    for (const host of found) this.#take(host);
    for (const name of incomplete) this.#askAbout(name);
  }

  /** The reference asks for a pointer, which no instance has. */
  #askAbout(name: string): void {
    this.#network?.ask({ name, type: "ANY" }).catch((error) => {
      this.#log("ERR", `agent.mdns: Failed to query instance ${name}: ${errorText(error)}`);
    });
  }

  #take(host: string): void {
    if (this.#seen.has(host) || this.#waiting.length >= MAX_WAITING) return;
    for (const oldest of this.#seen) {
      if (this.#seen.size < MAX_SEEN) break;
      this.#seen.delete(oldest);
    }
    this.#seen.add(host);
    this.#waiting.push(host);
    this.#awaitQuiet();
  }

  #awaitQuiet(): void {
    if (this.#joining || this.#network === undefined) return;
    this.#quiet?.cancel();
    this.#quiet = after(QUIET_MS, () => this.#join());
  }

  async #join(): Promise<void> {
    this.#joining = true;
    try {
      const hosts = this.#waiting.splice(0);
      const count = await this.#agent.join(hosts, { replay: this.#config.replayOnJoin });
      if (count > 0) this.#log("INFO", `agent.mdns: Joined ${count} hosts`);
    } catch (error) {
      this.#log("ERR", `agent.mdns: Failed to join: ${failureText(error)}`);
    }
    this.#joining = false;
    if (this.#waiting.length > 0) this.#awaitQuiet();
  }
}
