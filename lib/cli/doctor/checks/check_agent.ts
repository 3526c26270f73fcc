/**
 * The agent itself and its machine: load, queues, limits, keys, tags.
 *
 * @module
 */

import { countOf, type Finding } from "../finding.ts";
import type { AgentFacts, HostFacts } from "../facts.ts";

/** Tags have at most so many bytes in encoded form (memberlist's `MetaMaxSize`). */
export const MAX_TAG_BYTES = 512;
/** Beyond this share of a limit there is a warning. */
const NEAR = 0.85;
/** An agent that answers later than this is overloaded, milliseconds. */
const SLOW_ANSWER_MS = 1_000;
/** Serf's agents warn of queues of this length. */
const QUEUE_WARNING = 128;
/** An agent of a large cluster has a connection for each state exchange and client. */
const FEW_DESCRIPTORS = 1_024;

/** Whether the agent has the time for what it does. */
export function checkLoad({ stats: [, stats], answerMs }: AgentFacts): Finding[] {
  const score = Number(stats.health_score ?? 0);
  const findings: Finding[] = [];
  if (score > 0) {
    findings.push({
      status: "warn",
      seen: `the agent's own health score is ${score} (0 is best)`,
      advice:
        "Its timers were late or its probes were not answered: is the machine short of processor time, or its network bad?",
    });
  }
  if (answerMs > SLOW_ANSWER_MS) {
    findings.push({
      status: "warn",
      seen: `the agent took ${(answerMs / 1000).toFixed(1)} s to answer`,
      advice: "Its event loop is late: the machine is short of processor time, or swaps.",
    });
  }
  if (findings.length > 0) return findings;
  return [{ status: "ok", seen: `health score 0, answers in ${answerMs.toFixed(0)} ms` }];
}

/** Whether messages pile up. */
export function checkQueues({ stats: [before, after] }: AgentFacts): Finding[] {
  const findings = ["intent", "event", "query"].flatMap((kind): Finding[] => {
    const [first, last] = [before, after].map((stats) => Number(stats[`${kind}_queue`] ?? 0));
    if (last < QUEUE_WARNING) return [];
    const grows = last > first ? ", and grows" : "";
    return [{
      status: grows === "" ? "warn" : "fail",
      seen: `${last} messages wait in the ${kind} queue${grows}`,
      advice: kind === "intent"
        ? "Many members come and go, or gossip does not get out."
        : `Somebody sends more ${kind === "query" ? "queries" : "events"} than gossip carries.`,
    }];
  });
  return findings.length > 0 ? findings : [{ status: "ok", seen: "queues are short" }];
}

/** The tags of the agent and of others. */
export function checkTags({ tagBytes }: { readonly tagBytes: number }): Finding[] {
  const seen = `tags take ${tagBytes} of ${MAX_TAG_BYTES} bytes`;
  if (tagBytes > MAX_TAG_BYTES) {
    return [{ status: "fail", seen, advice: "The agent refuses them: shorten names or values." }];
  }
  if (tagBytes > NEAR * MAX_TAG_BYTES) {
    return [{ status: "warn", seen, advice: "The next tag may be refused: shorten some." }];
  }
  return [{ status: "ok", seen }];
}

/** Whether all members have the same keys. */
export function checkKeys({ keys, stats: [stats] }: AgentFacts): Finding[] {
  if (keys === undefined) {
    return stats.encrypted === "false" ? [{ status: "ok", seen: "gossip is not encrypted" }] : [];
  }
  const { members, counts, complaints } = keys;
  const findings: Finding[] = Array.from(complaints, ([member, reason]) => ({
    status: "fail",
    seen: `${member} cannot list its keys: ${reason}`,
    advice: "See its log and its keyring file.",
  }));
  for (const [key, count] of counts) {
    if (count === members) continue;
    findings.push({
      status: "fail",
      // A key is a secret: its first letters are enough to tell which one.
      seen: `the key ${key.slice(0, 6)}… is installed on ${count} of ${countOf(members, "member")}`,
      advice:
        "Install it everywhere (serf keys -install), or, if it is an old one, remove it everywhere (serf keys -remove).",
    });
  }
  if (findings.length > 0) return findings;
  return [{
    status: "ok",
    seen: `${countOf(counts.size, "key")} on all of ${countOf(members, "member")}`,
  }];
}

/** Handlers that cannot run. */
export function checkHandlers(handlers: ReadonlyMap<string, string> = new Map()): Finding[] {
  return Array.from(handlers, ([script, problem]) => ({
    status: "fail",
    seen: `the event handler \`${script}\` cannot run: ${problem}`,
    advice: "Correct its path, or make it executable.",
  }));
}

/** What the agent's process may use, and what its machine has dropped. */
export function checkMachine({ process, receiveBufferErrors = 0 }: HostFacts): Finding[] {
  if (process === undefined) return [];
  const { pid, udpDrops, openDescriptors, descriptorLimit = Infinity } = process;
  const findings: Finding[] = [];
  if (udpDrops > 0) {
    findings.push({
      status: "warn",
      seen: `the agent's socket has dropped ${countOf(udpDrops, "datagram")}`,
      advice:
        "Its receive buffer was full: raise net.core.rmem_default, or give the agent more processor time.",
    });
  } else if (receiveBufferErrors > 0) {
    findings.push({
      status: "ok",
      seen:
        `the agent's socket has dropped nothing (others on this machine: ${receiveBufferErrors} datagrams)`,
    });
  }
  const limits = `${openDescriptors} descriptors open, ${
    descriptorLimit === Infinity ? "no limit" : `limit ${descriptorLimit}`
  } (pid ${pid})`;
  if (openDescriptors > NEAR * descriptorLimit) {
    findings.push({ status: "fail", seen: limits, advice: RAISE });
  } else if (descriptorLimit < FEW_DESCRIPTORS) {
    findings.push({ status: "warn", seen: limits, advice: RAISE });
  } else findings.push({ status: "ok", seen: limits });
  return findings;
}

const RAISE = "Raise the limit (ulimit -n, or LimitNOFILE of its unit).";
