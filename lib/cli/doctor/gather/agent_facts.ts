/**
 * Asks an agent over RPC, and tries to reach the members that it knows.
 *
 * @module
 */

import { CHECKUP_QUERY } from "../../../api/internal_names.ts";
import { KeyError, type KeyResult } from "../../../api/keys.ts";
import type { Explanation } from "../../../api/why/story.ts";
import { RpcError } from "../../../base/errors.ts";
import { after } from "../../../base/timer.ts";
import { decodeText } from "../../../base/text.ts";
import { decodeBase64 } from "../../../go/base64.ts";
import type { RpcClient } from "../../../rpc/client/client.ts";
import { Keyring } from "../../../wire/framing/keyring.ts";
import type { WireOptions } from "../../../wire/framing/wire_options.ts";
import { encodeTags } from "../../../wire/messages/tags.ts";
import {
  type AgentFacts,
  type Checkup,
  isReached,
  type KeyFacts,
  type MemberProbe,
} from "../facts.ts";
import { MemberProber } from "./member_prober.ts";

/** How long the recent log may take to arrive: it comes at once. */
const LOG_MS = 500;
/** How long members may take to answer the query for a checkup, milliseconds. */
const CHECKUP_MS = 2_000;
/** About so many members the agent is asked why they are in their state, which bounds the requests. */
const MAX_EXPLAINED = 20;

/** What the doctor knows beforehand. */
export interface AgentFactsOptions {
  /** The label of the cluster, which agents do not tell. */
  readonly label?: string;
  /** Looks at the event handlers, by their scripts; absent if the agent is on another machine. */
  readonly handlerProblems?: (scripts: Iterable<string>) => Promise<ReadonlyMap<string, string>>;
}

/** Gathers all that an agent can tell. Rejects with an `RpcError` if it cannot be asked. */
export async function gatherAgentFacts(
  client: RpcClient,
  { label, handlerProblems }: AgentFactsOptions,
): Promise<AgentFacts> {
  const begun = performance.now();
  const info = await client.info();
  const answerMs = performance.now() - begun;
  const stats = info.serf ?? {};
  const members = await client.members();
  const log = await recentLog(client);
  const keys = stats.encrypted === "true" ? await listKeys(client) : undefined;
  const wire: WireOptions = { compress: false, label, cipher: await cipherOf(keys) };
  const ipv6 = members.some(({ address }) => address.host.includes(":"));
  await using prober = await MemberProber.open(wire, { ipv6 });
  const [probes, checkups] = await Promise.all([prober.probeAll(members), askForCheckups(client)]);
  const later = await client.info();
  const name = info.agent?.name ?? "";
  // Serf's agents refuse the checkup. They do not know `why` either, and would end the connection.
  const explanations = checkups === undefined ? undefined : await askWhy(client, name, probes);
  const scripts = Object.values(info.event_handlers ?? {});
  return {
    name,
    members,
    stats: [stats, later.serf ?? {}],
    answerMs,
    tagBytes: encodeTags(info.tags ?? {}, NEWEST_PROTOCOL).length,
    log,
    keys,
    checkups,
    probes,
    explanations,
    handlers: await handlerProblems?.(scripts),
  };
}

/** Tags are a map since protocol 3. */
const NEWEST_PROTOCOL = 5;

async function recentLog(client: RpcClient): Promise<string[]> {
  const monitor = await client.monitor("DEBUG");
  using _timer = after(LOG_MS, () => monitor.close());
  const lines: string[] = [];
  for await (const line of monitor) lines.push(line);
  return lines;
}

async function listKeys(client: RpcClient): Promise<KeyFacts> {
  const result = await client.keys.list().catch((error): KeyResult => {
    if (error instanceof KeyError) return error.result;
    throw error;
  });
  return { members: result.nodes, counts: result.keys, complaints: result.messages };
}

/** The keys of the cluster, the one that most members have first: it encrypts, and all decrypt. */
async function cipherOf(keys: KeyFacts | undefined): Promise<WireOptions["cipher"]> {
  if (keys === undefined || keys.counts.size === 0) return undefined;
  const { KeyringCipher } = await import("../../../wire/framing/cipher.ts");
  const byCount = [...keys.counts].sort(([, a], [, b]) => b - a);
  return new KeyringCipher(new Keyring(byCount.map(([key]) => decodeBase64(key))));
}

/** `undefined` if the agent does not know the query. */
async function askForCheckups(client: RpcClient): Promise<Checkup[] | undefined> {
  const checkups: Checkup[] = [];
  const sentAt = Date.now();
  try {
    const query = await client.query(CHECKUP_QUERY, null, { timeoutMs: CHECKUP_MS });
    for await (const record of query) {
      if (record.type !== "response") continue;
      const receivedAt = Date.now();
      const answer = readAnswer(record.payload);
      if (answer === undefined) continue;
      checkups.push({
        member: record.from,
        skewMs: answer.timeMs - (sentAt + receivedAt) / 2,
        uncertaintyMs: (receivedAt - sentAt) / 2,
        seesAgentAt: answer.address,
      });
    }
  } catch (error) {
    if (error instanceof RpcError) return undefined;
    throw error;
  }
  return checkups;
}

/** About the agent itself and those of its members that may be in trouble; `undefined` if it does not know the command. */
async function askWhy(
  client: RpcClient,
  name: string,
  probes: readonly MemberProbe[],
): Promise<Explanation[] | undefined> {
  const others = probes.filter(({ member }) => member !== name);
  const explanations: Explanation[] = [];
  for (const node of [name, ...membersToExplain(others, MAX_EXPLAINED)]) {
    try {
      explanations.push(await client.why(node));
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      // Another member may have been forgotten meanwhile.
      if (node === name) return undefined;
    }
  }
  return explanations;
}

/** The members to ask about, so many at most: those that failed first, then those that were not reached. */
export function membersToExplain(probes: readonly MemberProbe[], max: number): string[] {
  const rank = (probe: MemberProbe) => probe.status === "failed" ? 0 : isReached(probe) ? 2 : 1;
  return probes
    .filter(({ status }) => status === "failed" || status === "alive")
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, max)
    .map(({ member }) => member);
}

/** What a member answered; `undefined` if that makes no sense. */
export function readAnswer(
  payload: Uint8Array | null,
): { readonly timeMs: number; readonly address?: string } | undefined {
  try {
    const { time_ms: timeMs, asker_address: address } = JSON.parse(decodeText(payload)) ?? {};
    if (typeof timeMs !== "number") return undefined;
    return { timeMs, address: typeof address === "string" ? address : undefined };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
