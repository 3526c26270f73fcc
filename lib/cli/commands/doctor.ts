/**
 * `serf doctor`, which the original Serf does not have: what is wrong with an agent, its machine and its cluster, or with a
 * configuration before an agent is started with it.
 *
 * @module
 */

import { isLoopback } from "../../base/address.ts";
import { missingPermissions } from "../../base/permissions.ts";
import type { FlagSpecs, FlagValues } from "../../go/flags.ts";
import { RpcClient } from "../../rpc/client/client.ts";
import { DEFAULT_RPC_ADDRESS } from "../../rpc/default_address.ts";
import { parseEndpoint } from "../../rpc/endpoint.ts";
import { agentFlags } from "../agent/agent_flags.ts";
import { CommandFailure, type CommandIo } from "../command.ts";
import type { AgentFacts, ConfigFacts, Facts } from "../doctor/facts.ts";
import { exitCodeOf, findingsAsJson, formatFindings } from "../doctor/finding.ts";
import { rpcCommand } from "../rpc_command.ts";
import { connectToAgent, rpcFlags } from "../rpc_connection.ts";

/** The flags of `serf agent` that say what there is to look at before a start. */
const configFlags = {
  "config-file": agentFlags["config-file"],
  "config-dir": agentFlags["config-dir"],
  "bind": agentFlags.bind,
  "advertise": agentFlags.advertise,
  "join": agentFlags.join,
  "tag": agentFlags.tag,
  "tags-file": agentFlags["tags-file"],
  "snapshot": agentFlags.snapshot,
  "keyring-file": agentFlags["keyring-file"],
  "event-handler": agentFlags["event-handler"],
} as const satisfies FlagSpecs;

const doctorFlags = {
  ...configFlags,
  label: {
    kind: "string",
    value: "text",
    help: "Label of the cluster, if it has one and no configuration says so.",
  },
  ...rpcFlags,
} as const satisfies FlagSpecs;

type Flags = FlagValues<typeof doctorFlags>;

/** To reach members, to know the addresses of this machine, and to read what Linux tells of sockets. */
const NEEDED = [
  { name: "net" },
  { name: "sys", kind: "networkInterfaces" },
  { name: "run", command: "/bin/sh" },
] as const satisfies Deno.PermissionDescriptor[];

/** Looks for what is wrong. */
export const doctor = rpcCommand({
  line: "serf doctor [options]",
  description:
    "Looks for what is wrong with the agent, this machine and the cluster: load, queues, keys, names, versions, clocks, tags, handlers, limits, what the agent's log has of known problems, why members are failed or suspected, and whether every member answers from here by UDP, with packets of 60, 600 and 1,400 bytes, and by TCP.\n\n" +
    "With flags of the agent, such as -config-file, it looks at that configuration instead: ports, addresses, files and handlers; and at the agent too, if one answers at its RPC address.\n\n" +
    "Each finding says what was seen and what to do. The exit code is 0 if all is well, 1 with warnings, and 2 with failures.",
  flags: doctorFlags,
  async run({ flags, io, print }) {
    const facts = await gather(flags, io);
    const { runChecks } = await import("../doctor/checks/all_checks.ts");
    const findings = runChecks(facts);
    print({ text: () => formatFindings(findings), json: () => findingsAsJson(findings) });
    return exitCodeOf(findings);
  },
});

async function gather(flags: Flags, io: CommandIo): Promise<Facts> {
  const missing = missingPermissions(NEEDED);
  if (missing !== undefined) throw new CommandFailure(missing);
  const args = configArguments(flags);
  if (args.length === 0) return await gatherFromAgent(flags, io);
  const { gatherConfigFacts } = await import("../doctor/gather/config_facts.ts");
  const { facts: config, config: settings } = await gatherConfigFacts(args);
  if (settings === undefined) return { config, host: await hostFacts() };
  const ofConfig = {
    "rpc-addr": settings.rpcAddr,
    "rpc-auth": settings.rpcAuth || undefined,
    "rpc-auth-file": settings.rpcAuthFile || undefined,
    label: settings.label,
  };
  const given = Object.fromEntries(
    Object.entries(flags).filter(([, value]) => value !== undefined),
  );
  const facts = await gatherFromAgent({ ...flags, ...ofConfig, ...given }, io);
  // Before the first start, no agent answers.
  if (facts.agent === undefined || "error" in facts.agent) return { config, host: facts.host };
  return { ...facts, config: withAgent(config, facts.host.process?.pid) };
}

/** The arguments of `serf agent` among ours; none if there are only those that every command has. */
function configArguments(flags: Flags): string[] {
  const args = (Object.keys(configFlags) as (keyof typeof configFlags)[]).flatMap((name) => {
    const value = flags[name] ?? [];
    return [value].flat().map((text) => `-${name}=${text}`);
  });
  const rpcAddress = flags["rpc-addr"];
  return args.length === 0 || rpcAddress === undefined
    ? args
    : [...args, `-rpc-addr=${rpcAddress}`];
}

/** Tells which ports are used by the agent itself. */
function withAgent(config: ConfigFacts, agentPid: number | undefined): ConfigFacts {
  return {
    ...config,
    ports: config.ports.map((port) => ({
      ...port,
      isTheAgent: agentPid !== undefined && port.holder?.pid === agentPid,
    })),
  };
}

async function gatherFromAgent(flags: Flags, io: CommandIo): Promise<Facts> {
  const agent = await agentFacts(flags, io);
  const own = "error" in agent ? undefined : agent.members.find(({ name }) => name === agent.name);
  return { agent, host: await hostFacts(isHere(flags, io) ? own?.address : undefined) };
}

async function hostFacts(
  ...args: Parameters<typeof import("../doctor/gather/host_facts.ts").gatherHostFacts>
) {
  const { gatherHostFacts } = await import("../doctor/gather/host_facts.ts");
  return await gatherHostFacts(...args);
}

async function agentFacts(flags: Flags, io: CommandIo): Promise<AgentFacts | { error: string }> {
  try {
    await using client = await connectToAgent(flags, io, (options) => RpcClient.connect(options));
    const { gatherAgentFacts } = await import("../doctor/gather/agent_facts.ts");
    const handlerProblems = isHere(flags, io)
      ? (await import("../../agent/handlers/check_scripts.ts")).scriptProblems
      : undefined;
    return await gatherAgentFacts(client, { label: flags.label, handlerProblems });
  } catch (error) {
    if (error instanceof CommandFailure) return { error: error.message };
    throw error;
  }
}

/** Whether the agent is on this machine, by its RPC address. */
function isHere(flags: Flags, io: CommandIo): boolean {
  const address = flags["rpc-addr"] ?? (io.env("SERF_RPC_ADDR") || DEFAULT_RPC_ADDRESS);
  const endpoint = parseEndpoint(address, "dial");
  if ("path" in endpoint) return true;
  const { hostname } = endpoint;
  return hostname === "" || isLoopback(hostname) ||
    Deno.networkInterfaces().some(({ address }) => address === hostname);
}
