/**
 * Tries what an agent would do first with a configuration, without keeping anything: bind its sockets, open its files.
 *
 * @module
 */

import { loadConfig } from "../../../agent/config/load_config.ts";
import type { AgentConfig } from "../../../agent/config/config.ts";
import { resolveNetworkSettings } from "../../../agent/config/network_settings.ts";
import { StartupError } from "../../../agent/config/startup_error.ts";
import {
  isReadableByAll,
  readKeyringFile,
  readTagsFile,
} from "../../../agent/config/state_files.ts";
import { scriptProblems } from "../../../agent/handlers/check_scripts.ts";
import { type Address, formatHostPort, isLoopback } from "../../../base/address.ts";
import { errorText } from "../../../base/errors.ts";
import { osErrorText } from "../../../go/os_error.ts";
import { advertisedAddress } from "../../../host/advertise.ts";
import { parseEndpoint } from "../../../rpc/endpoint.ts";
import { encodeTags } from "../../../wire/messages/tags.ts";
import { parseAgentFlags } from "../../agent/parse_agent_flags.ts";
import type { ConfigFacts, FileFacts, PortFacts } from "../facts.ts";
import { holderOf, type ProcSections, readProcess, readSockets, socketsIn } from "./proc_files.ts";

const UNKNOWN: ConfigFacts = {
  notices: [],
  ports: [],
  joins: [],
  tagBytes: 0,
  files: [],
  handlers: new Map(),
  openRpc: false,
};

/** What came of a configuration. */
export interface GatheredConfig {
  readonly facts: ConfigFacts;
  /** Absent if it cannot be used. */
  readonly config?: AgentConfig;
}

/** Looks at the configuration that these arguments of `serf agent` give. */
export async function gatherConfigFacts(args: readonly string[]): Promise<GatheredConfig> {
  try {
    const { config, notices, handlers } = loadConfig(parseAgentFlags(args));
    const { bind, advertise } = await resolveNetworkSettings(config);
    const facts = {
      notices,
      ports: await tryPorts(config, bind),
      advertise: futureAddress(bind, advertise),
      joins: [...config.startJoin, ...config.retryJoin],
      tagBytes: encodeTags(config.tags, config.protocol).length,
      files: await tryFiles(config),
      handlers: await scriptProblems(handlers.map(({ script }) => script)),
      openRpc: isOpen(config),
    };
    return { facts, config };
  } catch (error) {
    if (error instanceof StartupError) return { facts: { ...UNKNOWN, error: error.message } };
    throw error;
  }
}

function futureAddress(bound: Address, advertise: Address | undefined): string | undefined {
  try {
    const interfaces = () => Deno.networkInterfaces();
    return advertisedAddress({ bound, advertise, interfaces }).text;
  } catch {
    // A machine without a private address.
    return undefined;
  }
}

/** An address that an agent would listen on. */
interface Port {
  readonly purpose: string;
  readonly transport: "tcp" | "udp";
  readonly hostname: string;
  readonly port: number;
}

async function tryPorts(config: AgentConfig, bind: Address): Promise<PortFacts[]> {
  const gossip = { hostname: bind.host, port: bind.port };
  const ports: Port[] = [
    { purpose: "gossip TCP", transport: "tcp", ...gossip },
    { purpose: "gossip UDP", transport: "udp", ...gossip },
    ...tcpPort("RPC", config.rpcAddr),
    ...tcpPort("HTTP", config.httpAddr),
  ];
  const tried = ports.map((port) => ({ port, error: tryPort(port) }));
  const found = tried.some(({ error }) => error === "in use") ? await readSockets() : new Map();
  return await Promise.all(tried.map(async ({ port, error }) => ({
    purpose: port.purpose,
    address: formatHostPort(port.hostname, port.port),
    error,
    holder: error === "in use" ? await holderOfPort(port, found) : undefined,
  })));
}

function tcpPort(purpose: string, address: string): Port[] {
  if (address === "") return [];
  const endpoint = parseEndpoint(address, "listen");
  if ("path" in endpoint) return [];
  const { hostname, port } = endpoint;
  return [{ purpose, transport: "tcp", hostname: hostname || "0.0.0.0", port }];
}

function tryPort({ transport, hostname, port }: Port): PortFacts["error"] {
  try {
    if (transport === "tcp") Deno.listen({ hostname, port }).close();
    else Deno.listenDatagram({ transport, hostname, port }).close();
    return undefined;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return "in use";
    return error instanceof Deno.errors.PermissionDenied
      ? "not allowed"
      : "not an address of this machine";
  }
}

async function holderOfPort(
  { transport, hostname, port }: Port,
  found: ProcSections,
): Promise<PortFacts["holder"]> {
  const anywhere = ["0.0.0.0", "::"];
  const socket = socketsIn(found).find((socket) =>
    socket.protocol === transport && socket.port === port &&
    (socket.host === hostname || anywhere.includes(socket.host) || anywhere.includes(hostname))
  );
  const pid = socket && holderOf(socket.inode, found);
  if (pid === undefined) return undefined;
  const command = (await readProcess(pid)).get("command")?.trim() ?? "";
  return { pid, command: command.slice(0, MAX_COMMAND) };
}

/** So much of a command line tells which program it is. */
const MAX_COMMAND = 200;

async function tryFiles(config: AgentConfig): Promise<FileFacts[]> {
  const files: FileFacts[] = [];
  const add = async (purpose: FileFacts["purpose"], path: string, read: () => unknown) => {
    if (path !== "") files.push(await tryFile(purpose, path, read));
  };
  const { snapshotPath, keyringFile, tagsFile } = config;
  await add("snapshot", snapshotPath, () => Deno.openSync(snapshotPath, { append: true }).close());
  await add("keyring", keyringFile, () => readKeyringFile(keyringFile));
  await add("tags", tagsFile, () => readTagsFile(tagsFile));
  return files;
}

/** Opens a file if it is there; one that is not can be made if its folder is there. */
async function tryFile(
  purpose: FileFacts["purpose"],
  path: string,
  read: () => unknown,
): Promise<FileFacts> {
  const known = { purpose, path };
  try {
    const { mtime } = Deno.statSync(path);
    const ageMs = mtime === null ? undefined : Date.now() - mtime.getTime();
    const facts = { ...known, exists: true, ageMs, readableByAll: isReadableByAll(path) };
    try {
      await read();
      return facts;
    } catch (error) {
      const isSystem = error instanceof Error && "code" in error;
      return { ...facts, error: isSystem ? osErrorText(error) : errorText(error) };
    }
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound;
    const reason = isMissing ? missingError(purpose, path) : osErrorText(error);
    return { ...known, exists: false, readableByAll: false, error: reason };
  }
}

/** Why it is bad that a file is not there. */
function missingError(purpose: FileFacts["purpose"], path: string): string | undefined {
  if (purpose === "keyring") return "no such file";
  const folder = path.includes("/") ? path.replace(/\/[^/]*$/, "") || "/" : ".";
  try {
    return Deno.statSync(folder).isDirectory ? undefined : `${folder} is not a directory`;
  } catch {
    return `there is no directory ${folder}`;
  }
}

/** Whether others may connect to RPC and need no token or certificate. */
function isOpen({ rpcAddr, rpcAuth, rpcAuthFile, rpcTlsCa }: AgentConfig): boolean {
  const endpoint = parseEndpoint(rpcAddr, "listen");
  if ("path" in endpoint) return false;
  return !isLoopback(endpoint.hostname) &&
    [rpcAuth, rpcAuthFile, rpcTlsCa].every((setting) => setting === "");
}
