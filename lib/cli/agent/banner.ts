/**
 * The summary that an agent prints when it has started.
 *
 * @module
 */

import type { Address } from "../../base/address.ts";
import type { AgentConfig } from "../../agent/config/config.ts";

/** What the banner shows beside the configuration. */
interface BannerFacts {
  /** As configured: a port 0 is shown as it is. */
  readonly bind: Address;
  readonly advertise: Address | undefined;
  readonly encrypted: boolean;
}

/** The width of the labels. As in Serf, the label of the advertised address is not aligned. */
const LABEL_WIDTH = 27;

function describeTls({ rpcTlsCert, rpcTlsCa }: AgentConfig): string {
  if (rpcTlsCert === "") return "";
  return rpcTlsCa === "" ? " (TLS)" : " (TLS, clients need certificates)";
}

/** The lines of the banner, without the four spaces before each. */
export function formatBanner(config: AgentConfig, facts: BannerFacts): string[] {
  const line = (label: string, value: unknown) => `${label.padStart(LABEL_WIDTH)}: ${value}`;
  const { bind, advertise, encrypted } = facts;
  return [
    line("Node name", `'${config.nodeName}'`),
    line("Bind addr", `'${bind.text}'`),
    ...advertise === undefined ? [] : [`Advertise addr: '${advertise.text}'`],
    line("RPC addr", `'${config.rpcAddr}'${describeTls(config)}`),
    ...config.httpAddr === "" ? [] : [line("HTTP addr", `'${config.httpAddr}'`)],
    line("Encrypted", encrypted),
    line("Snapshot", config.snapshotPath !== ""),
    line("Profile", config.profile),
    line("Message Compression Enabled", !config.disableCompression),
    ...config.discover === "" ? [] : [line("mDNS cluster", config.discover)],
  ];
}
