/**
 * What an agent says of itself once it runs.
 *
 * @module
 */

import type { Address } from "../../base/address.ts";
import type { AgentConfig } from "../../agent/config/config.ts";

/** What the banner says beside the configuration. */
export interface BannerFacts {
  /** As configured: port 0 is not replaced by the real one. */
  readonly bind: Address;
  readonly advertise: Address | undefined;
  readonly encrypted: boolean;
}

/** Where the labels end. The label of the announced address is not aligned; scripts have got used to that. */
const LABEL_WIDTH = 27;

/** The lines of the banner, without the margin that all details have. */
export function formatBanner(config: AgentConfig, facts: BannerFacts): string[] {
  const line = (label: string, value: unknown) => `${label.padStart(LABEL_WIDTH)}: ${value}`;
  const { bind, advertise, encrypted } = facts;
  return [
    line("Node name", `'${config.nodeName}'`),
    line("Bind addr", `'${bind.text}'`),
    ...advertise === undefined ? [] : [`Advertise addr: '${advertise.text}'`],
    line("RPC addr", `'${config.rpcAddr}'`),
    line("Encrypted", encrypted),
    line("Snapshot", config.snapshotPath !== ""),
    line("Profile", config.profile),
    line("Message Compression Enabled", !config.disableCompression),
    ...config.discover === "" ? [] : [line("mDNS cluster", config.discover)],
  ];
}
