/**
 * Finding the other members of a cluster by multicast DNS, and joining them: every agent announces itself as an instance of
 * the service that stands for its cluster, and browses for the other instances.
 *
 * @module
 */

import type { Log } from "../../base/log.ts";
import type { Answer } from "multicast-dns";
import type { Address } from "../../base/address.ts";
import { errorText } from "../../base/errors.ts";
import { after, type Timer } from "../../base/timer.ts";
import { escapeControls } from "../../go/escape_controls.ts";
import { failureText } from "../../rpc/failure_text.ts";
import type { RpcAgent } from "../../rpc/server/rpc_agent.ts";
import type { AgentConfig } from "../config/config.ts";
import { type MdnsNetwork, type MdnsNetworkOptions, openMdnsNetwork } from "./mdns_network.ts";
import { MdnsBrowser } from "./mdns_browser.ts";
import { MdnsService, mdnsServiceName } from "./mdns_service.ts";

/** The settings of discovery. */
type DiscoveryConfig = Pick<
  AgentConfig,
  | "discover"
  | "interface"
  | "mdnsDisableIpv4"
  | "mdnsDisableIpv6"
  | "mdnsInterface"
  | "nodeName"
  | "replayOnJoin"
>;

/** The agent that is announced and joins others, and how the network is reached. */
export interface DiscoveryOptions {
  readonly agent: Pick<RpcAgent, "join"> & { readonly address: Address };
  readonly log: Log;
  /** Opens the network. Default: {@link openMdnsNetwork}. */
  readonly openNetwork?: (options: MdnsNetworkOptions) => Promise<MdnsNetwork>;
  /** The time between two queries for instances, milliseconds. Default 60,000, as in Serf (`mdnsPollInterval`). */
  readonly pollMs?: number;
}

/** When no new address has been found for this long, all that were found are joined. Serf's `mdnsQuietInterval`. */
const QUIET_MS = 100;
/** The most addresses that wait to be joined; further ones are found again by a later query. */
const MAX_WAITING = 64;
/** The most addresses that are remembered: anybody on the network can announce any number. */
const MAX_SEEN = 4_096;

/** Announces this agent to its cluster on the same network, and joins each member that it finds once. */
export class Discovery implements AsyncDisposable {
  readonly #config: DiscoveryConfig;
  readonly #agent: Pick<RpcAgent, "join">;
  readonly #log: Log;
  readonly #service: string;
  readonly #seen = new Set<string>();
  readonly #waiting: string[] = [];
  #network: MdnsNetwork | undefined;
  #browser: MdnsBrowser;
  #pollTimer: Timer | undefined;
  #quietTimer: Timer | undefined;
  #joining = false;

  private constructor(config: DiscoveryConfig, { agent, log }: DiscoveryOptions) {
    this.#config = config;
    this.#agent = agent;
    this.#log = log;
    this.#service = mdnsServiceName(config.discover);
    this.#browser = new MdnsBrowser(this.#service);
  }

  /** Starts. Rejects with an `Error` if no socket can be opened, or this node's name cannot be announced. */
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
      receive: (records) => discovery.#receive(records),
      log,
    });
    discovery.#begin(network, pollMs);
    return discovery;
  }

  /** Ends queries and announcements; resolves when all sockets are closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#pollTimer?.cancel();
    this.#quietTimer?.cancel();
    const network = this.#network;
    this.#network = undefined;
    await network?.close();
  }

  #begin(network: MdnsNetwork, pollMs: number): void {
    this.#network = network;
    const poll = () => {
      this.#pollTimer = after(pollMs, poll);
      this.#queryInstances();
    };
    poll();
    // Hosts that were heard while the network was being opened.
    if (this.#waiting.length > 0) this.#joinWhenQuiet();
  }

  async #queryInstances(): Promise<void> {
    this.#browser = new MdnsBrowser(this.#service);
    try {
      await this.#network?.query({ name: this.#service, type: "PTR" });
    } catch (error) {
      this.#log("ERR", `agent.mdns: Failed to poll for new hosts: ${errorText(error)}`);
    }
  }

  #receive(records: readonly Answer[]): void {
    const { found, incomplete } = this.#browser.take(records);
    for (const host of found) this.#add(host);
    for (const name of incomplete) this.#queryInstance(name);
  }

  /** Asks for the missing records of an instance. Serf asks for a PTR record, which an instance does not have. */
  #queryInstance(name: string): void {
    this.#network?.query({ name, type: "ANY" }).catch((error) => {
      const instance = escapeControls(name);
      this.#log("ERR", `agent.mdns: Failed to query instance ${instance}: ${errorText(error)}`);
    });
  }

  #add(host: string): void {
    if (this.#seen.has(host) || this.#waiting.length >= MAX_WAITING) return;
    for (const oldest of this.#seen) {
      if (this.#seen.size < MAX_SEEN) break;
      this.#seen.delete(oldest);
    }
    this.#seen.add(host);
    this.#waiting.push(host);
    this.#joinWhenQuiet();
  }

  #joinWhenQuiet(): void {
    if (this.#joining || this.#network === undefined) return;
    this.#quietTimer?.cancel();
    this.#quietTimer = after(QUIET_MS, () => this.#join());
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
    if (this.#waiting.length > 0) this.#joinWhenQuiet();
  }
}
